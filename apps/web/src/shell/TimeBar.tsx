import { useState } from 'react';
import { formatInstant, formatLength } from '../format/times.ts';
import { PRESETS, resolveRange, shift, zoomOut, type Range } from '../time/range.ts';
import { REFRESH_CHOICES, useRange, useSetRange } from '../time/use-range.ts';
import { useUpdateSearch } from '../url/use-search.ts';
import { CustomRange } from './CustomRange.tsx';

/** How the chosen range reads: `22 Nov 10:00 – 10:30`. */
function rangeText(range: Range): string {
  const preset = PRESETS.find((p) => p.from === range.from && range.to === 'now');
  if (preset) return preset.long;
  const now = Date.now();
  const resolved = resolveRange(range, now);
  if (resolved === null) return 'No such range';
  if (range.to === 'now') return `Last ${formatLength((resolved.end - resolved.start) / 1000)}`;
  return `${formatInstant(resolved.start)} – ${formatInstant(resolved.end)}`;
}

/** The time range all pages share, in the URL. */
export function TimeBar() {
  const { range, live, moving, refreshSeconds } = useRange();
  const setRange = useSetRange();
  const update = useUpdateSearch();
  const [open, setOpen] = useState(false);
  const preset = PRESETS.find((p) => p.from === range.from && range.to === 'now');
  return (
    <div className="time" role="group" aria-label="Time range">
      <div className="segments">
        {PRESETS.map((p) => (
          <button key={p.from} type="button" title={p.long} aria-pressed={preset === p} onClick={() => setRange({ from: p.from, to: 'now' })}>
            {p.label}
          </button>
        ))}
        <CustomRange text={preset ? 'Custom' : rangeText(range)} pressed={!preset} open={open} onOpen={setOpen} />
      </div>
      <div className="time-move">
        <button type="button" className="quiet" title="Earlier by the length of the range" aria-label="Earlier" onClick={() => setRange(shift(range, -1, Date.now()))}>
          ‹
        </button>
        <button type="button" className="quiet" title="Twice as long" aria-label="Zoom out" onClick={() => setRange(zoomOut(range, Date.now()))}>
          −
        </button>
        <button type="button" className="quiet" title="Later by the length of the range" aria-label="Later" disabled={moving} onClick={() => setRange(shift(range, 1, Date.now()))}>
          ›
        </button>
      </div>
      <select
        aria-label="Refresh"
        title={moving ? 'How often the figures are read again' : 'A range that has ended does not change'}
        className="quiet-select"
        disabled={!moving}
        value={live ? String(refreshSeconds) : 'off'}
        onChange={(event) => update({ refresh: event.target.value === '10' ? null : event.target.value })}
      >
        {REFRESH_CHOICES.map((seconds) => (
          <option key={seconds} value={seconds}>
            Every {seconds === '60' ? '1 min' : `${seconds} s`}
          </option>
        ))}
        <option value="off">Not live</option>
      </select>
    </div>
  );
}
