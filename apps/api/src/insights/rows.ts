import type { Severity } from '@headwater/alert-rules';
import type { Evidence, Finding, Insight, InsightState, Trigger } from '@headwater/insight-rules';
import type { Principal } from '../auth/principal.ts';
import type { Ranked } from '../query/cursor.ts';
import { hrefOf } from './links.ts';

export type EvidenceRow = Evidence & { href: string };

export interface InsightRow extends Omit<Insight, 'findings'> {
  findings: (Omit<Finding, 'evidence'> & { evidence: EvidenceRow[] })[];
  /** `sent`: null where nothing was */
  links: { self: string; events: string; sent: string | null };
}

export interface InsightsWanted {
  /** half-open, ms; null: whenever */
  range: { start: number; end: number } | null;
  service: string | null;
  host: string | null;
  triggers: readonly Trigger[] | null;
  states: readonly InsightState[] | null;
  severity: Severity | null;
  source: Finding['source'] | null;
  alert: string | null;
}

type Sees = Pick<Principal, 'services' | 'scopes'>;

const seesHosts = ({ services, scopes }: Sees): boolean => services === null && scopes.has('fleet:read');
const seesService = ({ services }: Sees, service: string): boolean => services === null || services.includes(service);

/** Insights on hosts are for those who may see the fleet, and no token that is narrowed to services sees more than those on its own. */
export function seesInsight(who: Sees, { subject }: Pick<Insight, 'subject'>): boolean {
  if (subject.host !== undefined) return seesHosts(who);
  return subject.service === undefined ? who.services === null : seesService(who, subject.service);
}

/** What an evidence or an alias is of, whatever insight it stands in. */
export function seesPlace(who: Sees, { service, host }: Pick<Evidence, 'service' | 'host'>): boolean {
  return (host === undefined || seesHosts(who)) && (service === undefined || seesService(who, service));
}

function seenFindings({ findings }: Insight, who: Sees): Finding[] {
  // Who may ask need not be who may read.
  if (!who.scopes.has('insights:read')) return [];
  return findings.filter((f) => f.evidence.every((e) => seesPlace(who, e)));
}

export function insightRow(insight: Insight, who: Sees): InsightRow {
  const self = `/v1/insights/${insight.id}`;
  return {
    ...insight,
    findings: seenFindings(insight, who).map((f) => ({ ...f, evidence: f.evidence.map((e) => ({ ...e, href: hrefOf(e, insight) })) })),
    links: { self, events: `${self}/events`, sent: insight.model.input_sha256 === null || insight.model.sent_at === null ? null : `${self}/sent` },
  };
}

const WEIGHT: Readonly<Record<Severity, number>> = { page: 2, ticket: 1, info: 0 };

function wants(w: InsightsWanted, i: Insight, findings: readonly Finding[]): boolean {
  if (w.triggers !== null && !w.triggers.includes(i.trigger)) return false;
  if (w.states !== null && !w.states.includes(i.state)) return false;
  if (w.alert !== null && !i.alerts.includes(w.alert)) return false;
  for (const part of ['service', 'host'] as const)
    if (w[part] !== null && i.subject[part] !== w[part] && !findings.some((f) => f.evidence.some((e) => e[part] === w[part]))) return false;
  const { severity, source } = w;
  if ((severity !== null || source !== null) && !findings.some((f) => (severity === null || WEIGHT[f.severity] >= WEIGHT[severity]) && (source === null || f.source === source)))
    return false;
  return w.range === null || (Date.parse(i.window.start) < w.range.end && Date.parse(i.window.end) > w.range.start);
}

/** The newest first. */
export function insightRows(insights: readonly Insight[], wanted: InsightsWanted, who: Principal): Ranked<Insight>[] {
  return insights.filter((i) => seesInsight(who, i) && wants(wanted, i, seenFindings(i, who))).map((i) => ({ rank: Date.parse(i.created_at), key: i.id, row: i }));
}
