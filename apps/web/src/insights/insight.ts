import { SEVERITIES, subjectText, type Place, type Severity } from '../alerts/alert.ts';
import { formatClock, formatSince } from '../format/times.ts';
import type { Evidence, Finding, Insight, ModelPart } from './document.ts';
import { visible } from './text.ts';

export type { Evidence, Finding, Insight, ModelPart } from './document.ts';
export type Subject = Insight['subject'];
export type Trigger = Insight['trigger'];

export const TRIGGERS: Readonly<Record<Trigger, { word: string; hint: string }>> = {
  alert: { word: 'Alert', hint: 'alerts of its subject were open' },
  digest: { word: 'Hourly digest', hint: 'the hour was over' },
  request: { word: 'Asked for', hint: 'somebody asked' },
};

export const CONFIDENCES: Readonly<Record<Finding['confidence'], string>> = { high: 'high confidence', medium: 'medium confidence', low: 'low confidence' };

/** Nothing about it changes any more. */
export const isOver = ({ state, model }: Pick<Insight, 'state' | 'model'>): boolean => state === 'failed' || (state === 'done' && model.state !== 'pending');

/** The worst severity of its findings; null without any. */
export function severityOf({ findings }: Pick<Insight, 'findings'>): Severity | null {
  return SEVERITIES.find((s) => findings.some((f) => f.severity === s)) ?? null;
}

const rank = (insight: Pick<Insight, 'findings'>): number => {
  const severity = severityOf(insight);
  return severity === null ? SEVERITIES.length : SEVERITIES.indexOf(severity);
};

type Listed = Pick<Insight, 'findings' | 'created_at'>;
export const newestFirst = (a: Listed, b: Listed): number => Date.parse(b.created_at) - Date.parse(a.created_at);
export const worstFirst = (a: Listed, b: Listed): number => rank(a) - rank(b) || newestFirst(a, b);

/** `by rules`, `by model gpt-4o`: who says so, always beside what is said. */
export function sourceText(finding: Pick<Finding, 'source'>, { model }: Pick<ModelPart, 'model'>): string {
  if (finding.source === 'rules') return 'by rules';
  return model === null ? 'by a model' : `by model ${visible(model)}`;
}

/** `shop`, `host web-1`, `the fleet`. */
export const aboutText = (subject: Subject): string => visible(subjectText(subject));

/** `12:00 to 12:15`, with the day when that is not today. */
export function windowText({ start, end }: Insight['window'], now: number): string {
  return `${formatSince(Date.parse(start), now)} to ${formatClock(Date.parse(end))}`;
}

const DIRECTIONS = new Set(['request', 'response']);

/**
 * The page that shows what an evidence says, over the window it says it of. By its fields alone, through the router: no address
 * that somebody else wrote is ever followed. null: it names nothing that a page shows.
 */
export function placeOf(evidence: Evidence, window: Insight['window']): Place | null {
  const search = { from: window.start, to: window.end, role: null };
  const { service, method, route, host, alert, header, status, figures } = evidence;
  const has = (text: string | undefined): text is string => text !== undefined && text !== '' && text !== '.' && text !== '..';
  switch (evidence.kind) {
    case 'service':
      return has(service) ? { to: '/services/$service', params: { service }, search } : null;
    case 'endpoint':
      if (!has(service)) return null;
      return { to: '/services/$service', params: { service }, search: { ...search, ...(has(method) && has(route) ? { method, route } : {}) } };
    case 'failure':
      if (!has(service)) return null;
      return {
        to: '/failures',
        search: { ...search, ...(has(method) && has(route) ? { at: `${method} ${route} ${service}`, outcome: String(status ?? 0) } : { service }) },
      };
    case 'header': {
      if (!has(header)) return null;
      const direction = String(figures['direction'] ?? '');
      return { to: '/headers', search: { ...search, ...(has(service) ? { service } : {}), ...(DIRECTIONS.has(direction) ? { header: `${direction} ${header}` } : { q: header }) } };
    }
    case 'host':
      return has(host) ? { to: '/fleet', search: { ...search, host } } : null;
    case 'alert':
      return has(alert) ? { to: '/alerts', search: { id: alert } } : null;
  }
}

/** What a page shows: a finding is its business when an evidence cites it. */
export interface Shown {
  kinds?: readonly Evidence['kind'][];
  service?: string;
  method?: string;
  route?: string;
  header?: string;
  host?: string;
  alert?: string;
}

export function cites(finding: Finding, shown: Shown): boolean {
  const same = (key: 'service' | 'method' | 'route' | 'header' | 'host' | 'alert', e: Evidence) => shown[key] === undefined || e[key] === shown[key];
  return finding.evidence.some(
    (e) => (shown.kinds?.includes(e.kind) ?? true) && same('service', e) && same('method', e) && same('route', e) && same('header', e) && same('host', e) && same('alert', e),
  );
}

export interface Cited {
  insight: Insight;
  finding: Finding;
}

/**
 * Findings about what is shown, the worst first, then the newest. What several insights say of one subject in the same words is said once:
 * alerts that stay open are looked at again and again.
 */
export function findingsAbout(insights: readonly Insight[], shown: Shown): Cited[] {
  const all = insights.toSorted(newestFirst).flatMap((insight) => insight.findings.filter((f) => cites(f, shown)).map((finding) => ({ insight, finding })));
  const said = new Set<string>();
  return all
    .filter(({ insight, finding }) => {
      const key = JSON.stringify([insight.subject, finding.source, finding.title]);
      return !said.has(key) && said.add(key);
    })
    .toSorted((a, b) => SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity));
}
