import { numberOf } from '../numbers.ts';
import { Picture, exchangesOf, type Draft } from './picture.ts';
import { THRESHOLDS as T } from './thresholds.ts';

/** What the capture itself missed: then all figures are at least. */
export function capture(p: Picture): Draft[] {
  const { quality, hosts, services } = p.input;
  const drafts = hosts.filter((h) => (h.silent_s ?? 0) >= T.silent_s && !p.told.has(h.id)).map((h) => silent(p, h.id, h.silent_s!));
  const lost = numberOf(quality.lost_exchanges);
  // Both lists may be cut, and of a host no services are told.
  const sum = (list: readonly { exchanges: number | string }[]) => list.reduce((n, e) => n + exchangesOf(e), 0);
  const seen = Math.max(sum(services), sum(hosts));
  const share = lost > 0 ? (100 * lost) / (seen + lost) : 0;
  const lossy = share >= T.lost_pct;
  const blind = quality.coverage_pct < T.coverage_pct;
  if (!lossy && !blind) return drafts;
  const worst = hosts.filter((h) => numberOf(h.lost_exchanges) > 0 || h.coverage_pct < T.coverage_pct);
  // An alert says it of these hosts already.
  if (worst.length > 0 && worst.every((h) => p.told.has(h.id))) return drafts;
  const evidence = worst.length > 0 ? worst.map((h) => h.id) : services.slice(0, 1).map((s) => s.id);
  if (evidence.length === 0) return drafts;
  const parts = [
    ...(lossy ? [`${quality.lost_exchanges} exchanges were lost, ${share.toPrecision(2)} % of all`] : []),
    ...(blind ? [`${quality.coverage_pct} % of the known exchanges could be read`] : []),
  ];
  drafts.push({
    rule: 'capture_incomplete',
    severity: lossy ? 'ticket' : 'info',
    title: 'Something of this window was not captured: its figures are at least',
    what_changed: `${parts.join('; ')}.`,
    likely_cause: null,
    check_next: ['Fleet page: what was lost and where, what could not be read (encrypted traffic counts as such)'],
    confidence: 'high',
    evidence,
    weight: lost,
  });
  return drafts;
}

function silent(p: Picture, id: string, seconds: number): Draft {
  const name = p.label(id);
  return {
    rule: 'host_silent',
    severity: 'ticket',
    title: `The agent of ${name} is silent`,
    what_changed: `Its last heartbeat is ${seconds} s old, and it did not say that it ends. What runs on ${name} is not seen meanwhile.`,
    likely_cause: null,
    check_next: [
      `Fleet page, host ${name}: its last heartbeat, then whether the host is up and its agent runs`,
      'Whether other hosts are silent, too: then the bus or the network',
    ],
    confidence: 'high',
    evidence: [id],
    weight: 0,
  };
}
