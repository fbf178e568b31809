import { SEVERITIES, subjectText, type Severity } from '../alerts/alert.ts';
import type { components } from '../api/types.generated.ts';
import { formatClock, formatSince } from '../format/times.ts';
import { visible } from './text.ts';

export type Insight = components['schemas']['Insight'];
export type Finding = components['schemas']['InsightFinding'];
export type Evidence = components['schemas']['InsightEvidence'];
export type ModelPart = components['schemas']['InsightModel'];
export type SentAnswer = components['schemas']['InsightSent'];
export type Gateway = components['schemas']['InsightGateway'];
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

const rankOf = (c: Cited): number => SEVERITIES.indexOf(c.finding.severity);

/**
 * Findings about what is shown, the worst first, then the newest. What several insights say of one subject in the same words is said once:
 * alerts that stay open are looked at again and again.
 */
export function findingsAbout(insights: readonly Insight[], shown: Shown): Cited[] {
  const said = new Set<string>();
  return insights
    .toSorted(newestFirst)
    .flatMap((insight) => insight.findings.filter((f) => cites(f, shown)).map((finding) => ({ insight, finding })))
    .filter(({ insight, finding }) => {
      const key = JSON.stringify([insight.subject, finding.source, finding.title]);
      return !said.has(key) && said.add(key);
    })
    .toSorted((a, b) => rankOf(a) - rankOf(b));
}

/** Findings of the newest insight that looked at the alert and found something, the worst first. */
export function findingsOnAlert(insights: readonly Insight[], alert: string): Cited[] {
  const newest = insights.toSorted(newestFirst).find((i) => i.findings.length > 0 && (i.alerts.includes(alert) || i.findings.some((f) => cites(f, { alert }))));
  return newest === undefined ? [] : newest.findings.map((finding) => ({ insight: newest, finding })).toSorted((a, b) => rankOf(a) - rankOf(b));
}
