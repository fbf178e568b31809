import type { InputEndpoint, InputService } from '../input.ts';
import { Picture, against, exchangesOf, listed, type Draft } from './picture.ts';
import { THRESHOLDS as T } from './thresholds.ts';

export function isSlower(p: Picture, of: InputService | InputEndpoint): boolean {
  const { before } = of;
  if (before === null || !p.comparable(of)) return false;
  const up = (now: number | null, was: number | null, times: number, more: number) => now !== null && was !== null && now >= times * was && now - was >= more;
  return up(of.p50_ms, before.p50_ms, T.p50_times, T.p50_ms) || (p.comparable(of, T.least_for_p99) && up(of.p99_ms, before.p99_ms, T.p99_times, T.p99_ms));
}

export function timesInWords({ p50_ms, p99_ms, before }: InputService | InputEndpoint): string {
  const parts = [
    ...(p50_ms === null ? [] : [`the median is ${against(p50_ms, before?.p50_ms, 'ms')}`]),
    ...(p99_ms === null ? [] : [`the slowest hundredth takes at least ${against(p99_ms, before?.p99_ms, 'ms')}`]),
  ];
  return parts.join(', ');
}

/** Which of a service's endpoints are slower, and whether that is all of it or a part. */
export function slowness(p: Picture, service: string): { slower: InputEndpoint[]; steady: InputEndpoint[]; whole: boolean } {
  const judged = p.endpoints(service).filter((e) => p.comparable(e));
  const slower = judged.filter((e) => isSlower(p, e));
  return { slower, steady: judged.filter((e) => !slower.includes(e)), whole: slower.length >= 2 && slower.length >= T.whole * judged.length };
}

/** What it says about where to look that all of a service is slower, or a part. */
export function slowCause({ slower, steady, whole }: ReturnType<typeof slowness>): string | null {
  if (whole) return 'Its routes are slower together, so what they share is likely: the process, its host, or something that all of them call.';
  if (slower.length === 0 || steady.length === 0) return null;
  return `Its other routes (${steady.length} with enough traffic) are as fast as before, so it is likely something that only ${slower.length === 1 ? 'this route uses' : 'these routes use'}: one dependency, not the service as a whole.`;
}

export function slow(p: Picture): Draft[] {
  return p.input.services.flatMap((s) => {
    const found = slowness(p, s.id);
    // All of it is slower while its routes are not: then others of them are asked, which is no slowness.
    const steady = found.steady.reduce((n, e) => n + exchangesOf(e), 0);
    const unseen = found.slower.length === 0 && steady < exchangesOf(s) / 2 && isSlower(p, s);
    if (found.whole || unseen) return p.told.has(`${s.id} slow`) ? [] : [service(p, s, found)];
    return found.slower.filter((e) => !p.told.has(`${e.id} slow`)).map((e) => endpoint(p, s, e, found));
  });
}

function service(p: Picture, s: InputService, found: ReturnType<typeof slowness>): Draft {
  const routes = found.slower.map((e) => `${e.method} ${e.route} ${against(e.p50_ms ?? 0, e.before?.p50_ms, 'ms')}`);
  return {
    rule: 'slow_service',
    severity: 'ticket',
    title: `${p.label(s.id)} answers more slowly: median ${against(s.p50_ms ?? 0, s.before?.p50_ms, 'ms')}`,
    what_changed: `To the first byte ${timesInWords(s)}.${routes.length > 0 ? ` Medians by route: ${listed(routes)}.` : ''}`,
    likely_cause: slowCause(found),
    check_next: [`Latency page, service ${p.label(s.id)}: when it began, by route and status`, `Hosts of ${p.label(s.id)}: load, memory, and the latency of what it calls`],
    confidence: p.confidence(exchangesOf(s)),
    evidence: [s.id, ...found.slower.map((e) => e.id)],
    weight: exchangesOf(s),
  };
}

function endpoint(p: Picture, s: InputService, e: InputEndpoint, found: ReturnType<typeof slowness>): Draft {
  return {
    rule: 'slow_endpoint',
    severity: 'ticket',
    title: `${p.label(e.id)} is slower: median ${against(e.p50_ms ?? 0, e.before?.p50_ms, 'ms')}`,
    what_changed: `To the first byte ${timesInWords(e)}, of ${e.exchanges} exchanges.`,
    likely_cause: slowCause(found),
    check_next: [
      `Latency page, service ${p.label(s.id)}, route ${p.evidence.get(e.id)?.route}: when it began`,
      `What ${p.label(e.id)} calls: a database, a cache, another service`,
    ],
    confidence: p.confidence(exchangesOf(e)),
    evidence: [e.id, s.id, ...found.steady.map((x) => x.id)],
    weight: exchangesOf(e),
  };
}
