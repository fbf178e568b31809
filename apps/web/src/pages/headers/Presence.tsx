import type { ReactNode } from 'react';
import { formatPercent } from '../../format/numbers.ts';

/** A share with a bar as long as it, so that a column of them reads at a glance. */
export function Presence({ value }: { value: number }): ReactNode {
  return (
    <span className="head-presence">
      <span className="head-bar" aria-hidden="true">
        <span style={{ width: `${Math.max(value > 0 ? 2 : 0, value * 100)}%` }} />
      </span>
      <span className="head-share">{formatPercent(value)}</span>
    </span>
  );
}
