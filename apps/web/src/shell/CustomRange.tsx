import { useEffect, useId, useRef, useState } from 'react';
import { Popover } from '../components/Popover.tsx';
import { ZONE } from '../format/times.ts';
import { normalised, rangeProblem } from '../time/range.ts';
import { useRange } from '../time/use-range.ts';
import { useUpdateSearch } from '../url/use-search.ts';

const STEPS = [
  ['', 'By the range'],
  ['10s', '10 s'],
  ['1m', '1 min'],
  ['5m', '5 min'],
  ['1h', '1 h'],
  ['6h', '6 h'],
] as const;

/** From and to as texts, relative or absolute, and how wide a point is. */
export function CustomRange({ text, pressed, open, onOpen }: { text: string; pressed: boolean; open: boolean; onOpen: (open: boolean) => void }) {
  return (
    <Popover className="custom" panelClass="popover-panel custom-panel" text={text} pressed={pressed} open={open} onOpen={onOpen}>
      {(done) => <CustomForm onDone={done} />}
    </Popover>
  );
}

function CustomForm({ onDone }: { onDone: () => void }) {
  const { range, step } = useRange();
  const update = useUpdateSearch();
  const [from, setFrom] = useState(range.from);
  const [to, setTo] = useState(range.to);
  const [width, setWidth] = useState(step ?? '');
  const [problem, setProblem] = useState<ReturnType<typeof rangeProblem>>(null);
  const first = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => first.current?.focus(), []);
  const field = (name: 'from' | 'to', label: string, value: string, set: (text: string) => void) => (
    <label>
      {label}
      <input
        ref={name === 'from' ? first : null}
        value={value}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={problem?.field === name}
        aria-describedby={problem?.field === name ? `${id}-problem` : `${id}-how`}
        onChange={(event) => set(event.target.value)}
      />
    </label>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const now = Date.now();
        const next = { from: normalised(from, now), to: normalised(to, now) };
        const wrong = rangeProblem(next, now);
        setProblem(wrong);
        if (wrong !== null) return;
        update({ ...next, step: width === '' ? null : width });
        onDone();
      }}
    >
      {field('from', 'From', from, setFrom)}
      {field('to', 'To', to, setTo)}
      <label>
        Width of a point
        <select value={width} onChange={(event) => setWidth(event.target.value)}>
          {STEPS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <p id={`${id}-how`} className="small quiet-text">
        <code>now-90m</code>, <code>now</code>, or <code>2026-11-22 10:00</code> in {ZONE}
      </p>
      {problem ? (
        <p id={`${id}-problem`} role="alert" className="field-problem small">
          {problem.text}
        </p>
      ) : null}
      <button type="submit" className="primary">
        Show
      </button>
    </form>
  );
}
