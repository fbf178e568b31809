import { SEVERITY, type Severity } from './alert.ts';
import './alerts.css';

/** How bad, as a word and a mark: never by colour alone. */
export function SeverityMark({ severity, muted = false }: { severity: Severity; muted?: boolean }) {
  const { word, mark, hint } = SEVERITY[severity];
  return (
    <span className="severity" data-severity={severity} data-muted={muted || undefined} title={`${word}: ${hint}`}>
      <span aria-hidden="true">{mark}</span> {word}
    </span>
  );
}
