import { qualityOf, type QualityFigures } from './quality.ts';
import './components.css';

export interface QualityProps {
  quality: QualityFigures | undefined;
  /** exchanges the figures beside it come from */
  exchanges?: number | undefined;
}

/** From how much a figure comes: `1.2 k exchanges, 2 hosts, 0 lost`, with a mark and the reason when something is missing, and one when it is sampled. */
export function Quality({ quality, exchanges }: QualityProps) {
  if (quality === undefined) return <p className="quality small">&nbsp;</p>;
  const { counts, state, reasons, sampled } = qualityOf(quality, exchanges);
  return (
    <p className="quality small" data-state={state}>
      <span>{counts}</span>
      {state === 'complete' ? null : (
        <span className="quality-mark">
          <span aria-hidden="true">{state === 'lossy' ? '▲' : '◌'}</span> {state === 'lossy' ? 'Incomplete' : 'Still arriving'}: {reasons.join('; ')}
        </span>
      )}
      {sampled === null ? null : (
        <span className="quality-sampled" title={sampled.meaning}>
          <span aria-hidden="true">◆</span> {sampled.text}
        </span>
      )}
    </p>
  );
}
