import { useEffect, useId, useRef, useState } from 'react';
import { SEVERITIES, SEVERITY, type MuteMatch } from '../../alerts/alert.ts';
import { localInput, matchText, muteOf, parseMatch, type Draft } from '../../alerts/mute.ts';
import { useMute } from '../../alerts/use-alerts.ts';
import { tell } from '../../api/problem.ts';
import { ZONE } from '../../format/times.ts';

const TEXTS = [
  ['service', 'Service', 'shop, or shop-* for several'],
  ['route', 'Route', '/checkout'],
  ['host', 'Host', 'web-1, or web-*'],
  ['rule', 'Rule', 'its id'],
] as const;

const HOUR_MS = 3_600_000;

/** A mute from one time to another: of an alert when `match` says so, else a maintenance window. */
export function MuteForm({ match, onDone }: { match: string; onDone: () => void }) {
  const [draft, setDraft] = useState<Draft>(() => {
    const now = Date.now();
    return { from: localInput(now), to: localInput(now + HOUR_MS), match: parseMatch(match), comment: '' };
  });
  const [wrong, setWrong] = useState<{ field: string; text: string } | null>(null);
  const mute = useMute();
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  useEffect(() => {
    form.current?.scrollIntoView({ block: 'nearest' });
    form.current?.querySelector('input')?.focus({ preventScroll: true });
  }, []);
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const setMatch = (part: Partial<Record<keyof MuteMatch, string>>) => setDraft((before) => ({ ...before, match: { ...before.match, ...part } as MuteMatch }));
  const described = (field: string) => (wrong?.field === field ? { 'aria-invalid': true, 'aria-describedby': `${id}-problem` } : {});
  return (
    <form
      ref={form}
      className="mute-form"
      aria-label="Mute"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const checked = muteOf(draft, Date.now());
        if ('field' in checked) {
          setWrong(checked);
          return;
        }
        setWrong(null);
        mute.mutate(checked.mute, { onSuccess: onDone });
      }}
    >
      {(['from', 'to'] as const).map((name) => (
        <label key={name}>
          {name === 'from' ? 'From' : 'Until'}
          <input type="datetime-local" value={draft[name]} {...described(name)} onChange={(e) => set({ [name]: e.target.value })} />
        </label>
      ))}
      {TEXTS.map(([key, label, hint]) => (
        <label key={key}>
          {label}
          <input
            value={draft.match[key] ?? ''}
            placeholder={hint}
            autoComplete="off"
            spellCheck={false}
            {...described('match')}
            onChange={(e) => setMatch({ [key]: e.target.value })}
          />
        </label>
      ))}
      <label>
        Severity
        <select value={draft.match.severity ?? ''} onChange={(e) => setMatch({ severity: e.target.value })}>
          <option value="">Any</option>
          {SEVERITIES.map((s) => (
            <option key={s} value={s}>
              {SEVERITY[s].word}
            </option>
          ))}
        </select>
      </label>
      <label className="mute-comment">
        Why
        <input value={draft.comment} maxLength={200} {...described('comment')} onChange={(e) => set({ comment: e.target.value })} />
      </label>
      <div className="mute-submit">
        <button type="submit" className="primary" disabled={mute.isPending}>
          Mute
        </button>
        <button type="button" className="quiet" onClick={onDone}>
          Cancel
        </button>
        <span className="small quiet-text">
          {matchText(draft.match)}; all that is given must match. Times in {ZONE}.
        </span>
      </div>
      {wrong === null ? null : (
        <p id={`${id}-problem`} role="alert" className="field-problem">
          {wrong.text}
        </p>
      )}
      {mute.error === null ? null : (
        <p role="alert" className="field-problem">
          {tell(mute.error, 'the mute').text}
        </p>
      )}
    </form>
  );
}
