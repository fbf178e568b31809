import { SEVERITIES } from '@headwater/alert-rules';
import { INSIGHT_KEYS, type Finding, type Insight, type ModelPart } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { Job } from './job.ts';

export const instant = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

export const NO_MODEL: ModelPart = {
  state: 'off',
  reason: 'no_gateway',
  detail: 'No AI gateway is configured, so there are findings by rules only; the settings of headwater-insights name one under gateway (url, model, key.file).',
  ...{ gateway: null, model: null, input_sha256: null, sent_at: null, took_ms: null, attempts: 0, repaired: false, format: null, tokens: null, cost_usd: null },
  ...{ request_id: null, dropped: {} },
};

/** It has come to its end, unless more alerts join it. */
export function isFinal({ state, model }: Insight): boolean {
  return state === 'failed' || (state === 'done' && model.state !== 'pending');
}

/** Whether it is the answer to all that asked for this job. */
export function covers(insight: Insight, job: Job): boolean {
  return isFinal(insight) && job.alerts.every((id) => insight.alerts.includes(id));
}

/** What is made of one reading of the facts. */
export interface Made {
  findings: Finding[];
  alerts: string[];
  complete: boolean;
  comparedWith: { startMs: number; endMs: number } | null;
}

/** Somebody else has changed it since it was read: what was made of that reading is not written. */
class Overtaken extends Error {
  override name = 'Overtaken';
  readonly retryable = true;
}

/** Insights in the state store: each change is one step further and one revision more. @throws whatever the store throws */
export class Records {
  private readonly state: StateStore;
  private readonly keepMs: number;
  private readonly now: () => number;

  constructor(state: StateStore, keepMs: number, now: () => number) {
    this.state = state;
    this.keepMs = keepMs;
    this.now = now;
  }

  async get(id: string): Promise<Insight | null> {
    const entry = await this.state.get(INSIGHT_KEYS.insight(id));
    return entry ? parse(entry.value) : null;
  }

  /** There is something to see of it at once. What is there stays. */
  async queued(job: Job): Promise<void> {
    await this.state.compareAndSet(INSIGHT_KEYS.insight(job.id), null, JSON.stringify(this.blank(job)), { ttlMs: this.keepMs });
  }

  /** What is shown already stays to be seen while it is revised. */
  begun(job: Job): Promise<Insight> {
    return this.change(job, 'any', (insight) => (insight.state === 'queued' || insight.state === 'failed' ? { ...insight, state: 'running', failure: null } : insight));
  }

  /**
   * The findings by rules are there; the model is asked next, or not at all. `from`: the revision it follows, so that who was away for long
   * does not write over what came after; null: there was none.
   */
  ruled(job: Job, from: number | null, made: Made, model: ModelPart): Promise<Insight> {
    return this.change(job, from, (insight) => ({
      ...insight,
      state: 'done',
      failure: null,
      alerts: union(job.alerts, made.alerts),
      complete: made.complete,
      compared_with: made.comparedWith && { start: instant(made.comparedWith.startMs), end: instant(made.comparedWith.endMs) },
      findings: bySeverity(made.findings),
      model,
    }));
  }

  /** The model's part, whatever became of it. */
  answered(job: Job, from: number, findings: readonly Finding[], model: ModelPart): Promise<Insight> {
    return this.change(job, from, (insight) => ({ ...insight, findings: [...bySeverity(findings), ...insight.findings.filter((f) => f.source === 'rules')], model }));
  }

  /** It cannot be made. Where its findings by rules are there, only its model's part has failed. */
  failed(job: Job, sentence: string): Promise<Insight> {
    return this.change(job, 'any', (insight) => {
      const alerts = union(insight.alerts, job.alerts);
      if (insight.state === 'done' && isFinal(insight)) return covers(insight, job) ? insight : { ...insight, alerts };
      if (insight.state === 'done')
        return { ...insight, alerts, model: { ...insight.model, state: 'failed', reason: 'internal', detail: sentence.replace(/^Not made/, 'The model was not asked') } };
      return { ...insight, alerts, state: 'failed', failure: sentence, model: { ...NO_MODEL, reason: null, detail: null } };
    });
  }

  private async change(job: Job, from: number | null | 'any', step: (insight: Insight) => Insight): Promise<Insight> {
    const key = INSIGHT_KEYS.insight(job.id);
    for (;;) {
      const entry = await this.state.get(key);
      const there = entry && parse(entry.value);
      if (from !== 'any' && (there?.revision ?? null) !== from) throw new Overtaken('the insight was changed by another process; it is looked at anew');
      const before = there ?? this.blank(job);
      const after = step(before);
      if (after === before && there) return before;
      const next = { ...after, updated_at: instant(this.now()), revision: there ? before.revision + 1 : before.revision };
      if (await this.state.compareAndSet(key, entry?.version ?? null, JSON.stringify(next), { ttlMs: this.keepMs })) return next;
    }
  }

  private blank(job: Job): Insight {
    const at = instant(job.created_ms);
    return {
      schema: 1,
      id: job.id,
      trigger: job.trigger,
      subject: job.subject,
      state: 'queued',
      failure: null,
      window: job.window,
      compared_with: null,
      created_at: at,
      updated_at: at,
      alerts: job.alerts,
      complete: false,
      findings: [],
      model: { ...NO_MODEL, state: 'pending', reason: null, detail: null },
      requested_by: job.requested_by,
      revision: 1,
    };
  }
}

function parse(value: string): Insight | null {
  try {
    const insight = JSON.parse(value) as Partial<Insight> | null;
    return insight?.schema === 1 && Array.isArray(insight.findings) && Array.isArray(insight.alerts) && insight.model ? (insight as Insight) : null;
  } catch {
    return null;
  }
}

function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
