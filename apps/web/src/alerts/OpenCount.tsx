import { useOpenAlerts } from './use-alerts.ts';
import './alerts.css';

const MOST = 99;

/** How many are open and not muted, beside the page's name in the navigation. Its room is there before the answer is. */
export function OpenCount() {
  const open = useOpenAlerts();
  const n = open.data?.data.filter((a) => !a.muted).length ?? 0;
  return (
    <span className="open-count" data-any={n > 0 || undefined}>
      {n === 0 ? null : (
        <>
          <span aria-hidden="true">{n > MOST ? `${MOST}+` : n}</span>
          <span className="hidden-visually">, {n} open</span>
        </>
      )}
    </span>
  );
}
