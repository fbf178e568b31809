import { useState } from 'react';
import { tell } from '../api/problem.ts';
import { Popover } from '../components/Popover.tsx';
import { instantText } from '../time/range.ts';
import { useUpdateSearch } from '../url/use-search.ts';
import { subjectText, type Alert } from './alert.ts';
import { matchOf, matchParameter, matchText, untilChoices } from './mute.ts';
import { useMute } from './use-alerts.ts';
import './alerts.css';

/** Mutes what an alert is about: the second click says for how long. Other times and wider matches are the form's. */
export function MuteButton({ alert }: { alert: Alert }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover text="Mute" label={`Mute ${subjectText(alert.subject)}`} panelClass="popover-panel mute-panel" open={open} onOpen={setOpen}>
      {(done) => <Choices alert={alert} onDone={done} />}
    </Popover>
  );
}

function Choices({ alert, onDone }: { alert: Alert; onDone: () => void }) {
  const [untils] = useState(() => untilChoices(Date.now()));
  const [onlyRule, setOnlyRule] = useState(false);
  const mute = useMute();
  const update = useUpdateSearch();
  const match = matchOf(alert.subject, onlyRule ? alert.rule : null);
  const muteUntil = (at: number) => mute.mutate({ match, ends_at: instantText(at), comment: `Muted from its alert: ${alert.title}` }, { onSuccess: onDone });
  return (
    <>
      <p className="small quiet-text">Alerts of {matchText(match)} are still recorded and shown here, but no longer sent.</p>
      <div className="mute-choices" role="group" aria-label="For how long">
        {untils.map(({ label, at }) => (
          <button key={label} type="button" disabled={mute.isPending} onClick={() => muteUntil(at)}>
            {label}
          </button>
        ))}
        <button
          type="button"
          onClick={() => {
            onDone();
            update({ plan: matchParameter(match) });
          }}
        >
          Other…
        </button>
      </div>
      <label className="mute-rule">
        <input type="checkbox" checked={onlyRule} onChange={(e) => setOnlyRule(e.target.checked)} /> Only alerts of the rule <code>{alert.rule}</code>
      </label>
      {mute.error === null ? null : (
        <p role="alert" className="field-problem small">
          {tell(mute.error, 'the mute').text}
        </p>
      )}
    </>
  );
}
