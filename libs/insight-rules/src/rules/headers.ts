import type { InputHeader, InputService } from '../input.ts';
import { SECURITY_HEADERS } from '../rank.ts';
import { Picture, exchangesOf, listed, type Draft } from './picture.ts';

/** What headers show by themselves: credentials that can be read, protection that is missing, and headers that came or went. */
export function headers(p: Picture, drafts: readonly Draft[]): Draft[] {
  const cited = new Set(drafts.flatMap((d) => d.evidence));
  return p.input.services.flatMap((s) => {
    const is = (h: InputHeader) => h.direction === 'response' && SECURITY_HEADERS.has(h.name);
    const clear = p.headers(s.id, 'credential_in_clear');
    const query = p.headers(s.id, 'credential_in_query');
    const lost = p.headers(s.id, 'vanished', 'less_often').filter(is);
    const missing = p.headers(s.id, 'missing_security_header');
    const drifted = p.headers(s.id, 'appeared', 'vanished').filter((h) => !cited.has(h.id) && !lost.includes(h));
    return [
      ...(clear.length > 0 ? [credentials(p, s, clear, 'credential_in_clear')] : []),
      ...(query.length > 0 ? [credentials(p, s, query, 'credential_in_query')] : []),
      ...(lost.length > 0 ? [protection(p, s, lost, 'security_header_vanished')] : []),
      ...(missing.length > 0 ? [protection(p, s, missing, 'security_header_missing')] : []),
      ...(drifted.length > 0 ? [drift(p, s, drifted)] : []),
    ];
  });
}

const shares = (list: readonly InputHeader[]) =>
  listed(list.map((h) => `${h.name} on ${h.share_pct} % of exchanges${h.before_share_pct === null ? '' : ` (${h.before_share_pct} % before)`}`));

function base(p: Picture, s: InputService, list: readonly InputHeader[]): Pick<Draft, 'confidence' | 'evidence' | 'weight'> {
  return { confidence: p.confidence(exchangesOf(s)), evidence: [...list.map((h) => h.id), s.id], weight: exchangesOf(s) };
}

function credentials(p: Picture, s: InputService, list: readonly InputHeader[], rule: 'credential_in_clear' | 'credential_in_query'): Draft {
  const name = p.label(s.id);
  const clear = rule === 'credential_in_clear';
  // What always was so is known; what is new needs somebody.
  const fresh = p.input.compared_with !== null && list.some((h) => (h.before_share_pct ?? 0) === 0);
  return {
    rule,
    severity: fresh || !clear ? 'ticket' : 'info',
    title: clear ? `${name} is sent passwords that can be read on the way` : `${name} is sent credentials in the query`,
    what_changed: clear
      ? `Basic authentication over plain HTTP: ${shares(list)}. Its value is the password itself (RFC 7617, 4).`
      : `${shares(list)}. Queries end up in logs and histories (RFC 6750, 5.3).`,
    likely_cause: null,
    check_next: [
      clear
        ? `Whether the way from the callers to ${name} is inside one host or encrypted below HTTP; else TLS, or tokens that run out`
        : `Callers of ${name}: send it in the Authorization header`,
      `Headers page, service ${name}: since when, and from whom`,
    ],
    ...base(p, s, list),
  };
}

function protection(p: Picture, s: InputService, list: readonly InputHeader[], rule: 'security_header_vanished' | 'security_header_missing'): Draft {
  const name = p.label(s.id);
  const names = listed(list.map((h) => h.name));
  const gone = rule === 'security_header_vanished';
  return {
    rule,
    severity: gone ? 'ticket' : 'info',
    title: gone ? `${name} answers without ${names}, and did not before` : `${name} answers pages without ${names}`,
    what_changed: `${shares(list)}.`,
    likely_cause: gone ? 'A release, or a proxy that used to add it and is not in between any more.' : null,
    check_next: [`Settings of ${name} and of the proxy before it: where ${names} is meant to be added`, `Headers page, service ${name}`],
    ...base(p, s, list),
  };
}

function drift(p: Picture, s: InputService, list: readonly InputHeader[]): Draft {
  const name = p.label(s.id);
  const said = list.map((h) => `${h.direction} header ${h.name} ${h.kind}`);
  return {
    rule: 'header_drift',
    severity: 'info',
    title: `Headers of ${name} changed: ${listed(said, 2)}`,
    what_changed: `${shares(list)}.`,
    likely_cause: list.some((h) => h.direction === 'response')
      ? 'Probably a release of the service or of a proxy before it; nothing else of it changed noticeably.'
      : 'Probably a release of its callers; nothing else of it changed noticeably.',
    check_next: [`Headers page, service ${name}: values and since when`],
    ...base(p, s, list),
  };
}
