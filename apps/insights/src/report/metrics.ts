import { INSIGHT_STATES, TRIGGERS } from '@headwater/insight-rules';
import type { Logger } from 'pino';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { GuardReport } from '../gateway/port.ts';
import type { SubmitEvents } from '../submit/events.ts';
import type { WorkReport } from './report.ts';

const NAME = 'headwater_insights_';
const SAY_AGAIN_MS = 60_000;
const BREAKER = { closed: 0, half_open: 1, open: 2 } as const;

/** Bounds of histograms. */
export interface Buckets {
  seconds: number[];
  tokens: number[];
}

export interface Reports {
  registry: Registry;
  work: WorkReport;
  submit: SubmitEvents;
  guard: GuardReport;
  /** what is used of the day's budget, as the store says */
  budget(used: { tokens: number; usd: number | null }): void;
}

/** Everything that insights count, as metrics and, where a person should know, log lines. Neither holds a secret, a header or what was sent. */
export function createReports(log: Logger, buckets: Buckets, now: () => number): Reports {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Counter({ name: NAME + name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Gauge({ name: NAME + name, help, labelNames, registers });
  const seconds = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Histogram({ name: NAME + name, help, labelNames, buckets: buckets.seconds, registers });
  const said = new Map<string, number>();
  const seldom = (what: string, say: () => void) => {
    if (now() - (said.get(what) ?? -Infinity) < SAY_AGAIN_MS) return;
    if (said.size > 1_000) said.clear();
    said.set(what, now());
    say();
  };
  return { registry, work: workReport(), ...modelReports(), budget: budgetReport() };

  function workReport(): WorkReport {
    const triggers = counter('triggers_total', 'Triggers that came: a new insight, part of one that waits, or one that there is already', 'trigger', 'outcome');
    const passed = counter('passed_records_total', 'Records passed over without an insight, by reason', 'topic', 'why');
    const lost = counter('lost_records_total', 'Records that the bus deleted before they were read (retention)', 'topic');
    const lag = gauge('lag_records', 'Records not read yet, as of the last batch', 'topic', 'partition');
    const overtaken = counter('overtaken_total', 'Times another process had moved a place on', 'topic');
    const dropped = counter('dropped_total', 'Insights that were not made, by reason; each says so in a sentence', 'trigger', 'why');
    const unneeded = counter('unneeded_total', 'Second looks that made no insight: the alerts ended, or nothing stood out that was not known', 'why');
    const queue = gauge('queue', 'Insights that wait, by all processes of the store', 'trigger');
    const underWay = gauge('under_way', 'Insights that are being made, by all processes of the store');
    const oldest = gauge('queue_oldest_seconds', 'How long the one that waits longest has been due');
    const read = seconds('facts_seconds', 'Reading the facts of an insight and making its findings by rules');
    const findings = counter('rule_findings_total', 'Findings by rules');
    const made = counter('made_total', 'Insights that came to their end', 'trigger', 'state');
    const duration = seconds('made_seconds', 'From the trigger to the end', 'trigger');
    const published = counter('published_total', 'Insights on insights.v1, acknowledged by the bus');
    const unpublishable = counter('unpublishable_total', 'Insights that the bus refuses for good; they are stored all the same');
    const leases = counter('leases_lost_total', 'Insights that another process took over while they were made here');
    const back = counter('given_back_total', 'Insights put back into the queue, by reason', 'why');
    const waits = counter('waits_total', 'Pauses because something did not answer, by what', 'what');
    const failures = counter('failures_total', 'Errors of our own, by where; what they cut short is tried again', 'what');
    for (const c of [findings, published, unpublishable, leases]) c.inc(0);
    for (const trigger of TRIGGERS) {
      queue.set({ trigger }, 0);
      for (const why of ['queue_full', 'poison']) dropped.inc({ trigger, why }, 0);
      for (const state of INSIGHT_STATES.filter((s) => s === 'done' || s === 'failed')) made.inc({ trigger, state }, 0);
    }
    return {
      triggered: (trigger, outcome) => triggers.inc({ trigger, outcome }),
      passed(topic, why, detail) {
        passed.inc({ topic, why });
        if (why !== 'resolved' && why !== 'repeated' && why !== 'old')
          seldom(`${topic} ${why}`, () => log.warn({ topic, why, detail }, 'a record is no trigger; it is passed over'));
      },
      lost(topic, records) {
        lost.inc({ topic }, records);
        log.error({ topic, records }, 'the bus deleted records before they were read');
      },
      behind: (topic, partition, records) => lag.set({ topic, partition }, records),
      overtaken: (topic) => overtaken.inc({ topic }),
      dropped(trigger, why) {
        dropped.inc({ trigger, why });
        seldom(`dropped ${why}`, () => log.warn({ trigger, why }, 'an insight is not made'));
      },
      unneeded: (why) => unneeded.inc({ why }),
      queue(state) {
        for (const trigger of TRIGGERS) queue.set({ trigger }, state.waiting[trigger]);
        underWay.set(state.underWay);
        oldest.set(state.oldestSeconds);
      },
      read(took, found) {
        read.observe(took);
        findings.inc(found);
      },
      ended(trigger, state, took, insight) {
        made.inc({ trigger, state });
        duration.observe({ trigger }, took);
        log.info({ insight, trigger, seconds: Math.round(took * 10) / 10 }, `insight ${state}`);
      },
      published: () => published.inc(),
      unpublishable(insight, error) {
        unpublishable.inc();
        log.error({ insight, reason: error.message }, 'the bus refuses an insight; it is stored, and not published');
      },
      leaseLost(insight) {
        leases.inc();
        log.warn({ insight }, 'another process took an insight over while it was made here');
      },
      givenBack: (_insight, why) => back.inc({ why }),
      waiting(what, error) {
        waits.inc({ what });
        seldom(`wait ${what}`, () => log.warn({ what, reason: error.message }, 'waiting'));
      },
      failed(what, error) {
        failures.inc({ what });
        seldom(`fail ${what}`, () => log.error({ what, err: error }, 'cut short by an error; it will be tried again'));
      },
    };
  }

  function modelReports(): Pick<Reports, 'submit' | 'guard'> {
    const outcomes = counter('model_total', 'What became of asking the model, by state and reason', 'state', 'reason');
    const found = counter('model_findings_total', 'Findings of the model that cite what was sent');
    const left = counter('model_findings_dropped_total', 'Findings of the model that were left out, by reason', 'why');
    const repairs = counter('repairs_total', 'Answers that could not be used and were asked for again, by how that ended', 'outcome');
    const refused = counter('formats_refused_total', 'Formats of answers that the gateway does not take', 'format');
    const waited = counter('shared_answers_total', 'Submissions that found another one asking the same, by how that ended', 'outcome');
    const rejected = counter('rejected_inputs_total', 'Inputs that are not as their schema says; nothing was sent');
    const tokens = counter('tokens_total', 'Tokens that the gateway counted', 'type');
    const cost = counter('cost_usd_total', 'US dollars, as the gateway says, else by the configured prices');
    const attempts = counter('gateway_requests_total', 'Requests that went out to the gateway, by how they ended', 'outcome');
    const took = seconds('gateway_request_seconds', 'Requests to the gateway', 'outcome');
    const retries = counter('gateway_retries_total', 'Pauses before a repeat, by why it was needed', 'reason');
    const gaveUp = counter('gateway_gave_up_total', 'Failures that might have been tried again and were not, by what held them back', 'why');
    const breaker = gauge('gateway_breaker', 'Breaker before the gateway: 0 closed, 1 half open, 2 open');
    const labels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'server_address', 'server_port'] as const;
    const genDuration = new Histogram({
      name: 'gen_ai_client_operation_duration_seconds',
      help: "One question with its repeats (OpenTelemetry's gen_ai.client.operation.duration)",
      labelNames: [...labels, 'error_type'],
      buckets: buckets.seconds,
      registers,
    });
    const genTokens = new Histogram({
      name: 'gen_ai_client_token_usage',
      help: "Tokens of one question (OpenTelemetry's gen_ai.client.token.usage)",
      labelNames: [...labels, 'gen_ai_token_type'],
      buckets: buckets.tokens,
      registers,
    });
    for (const c of [found, rejected, cost]) c.inc(0);
    for (const type of ['input', 'output']) tokens.inc({ type }, 0);
    breaker.set(0);
    return {
      submit: {
        submitted(insight, { state, reason }, { detail, request_id }) {
          outcomes.inc({ state, reason: reason ?? 'none' });
          if (state === 'failed')
            seldom(`model ${reason}`, () => log.warn({ insight, reason, detail, request_id }, 'the model was not asked, or its answer not taken; findings by rules stand'));
        },
        operation({ insight, traceId, gateway, host, model, format, step, seconds: s, error, tokens: t, costUsd }) {
          const [server_address, server_port] = splitHost(host);
          const at = { gen_ai_operation_name: 'chat', gen_ai_provider_name: gateway, gen_ai_request_model: model, server_address, server_port };
          genDuration.observe({ ...at, error_type: error ?? '' }, s);
          if (t) {
            for (const type of ['input', 'output'] as const) {
              genTokens.observe({ ...at, gen_ai_token_type: type }, t[type]);
              tokens.inc({ type }, t[type]);
            }
          }
          if (costUsd !== null) cost.inc(costUsd);
          log.debug({ insight, trace: traceId, format, step, seconds: s, error, tokens: t }, 'the gateway was asked');
        },
        findings(kept, dropped) {
          found.inc(kept);
          for (const [why, n] of Object.entries(dropped)) left.inc({ why }, n);
        },
        repaired: (outcome) => repairs.inc({ outcome }),
        formatRefused(format) {
          refused.inc({ format });
          log.info({ format }, 'the gateway does not take this format; a plainer one is asked for');
        },
        waited: (_seconds, outcome) => waited.inc({ outcome }),
        rejectedInput(insight, problem) {
          rejected.inc();
          log.error({ insight, problem }, 'what was to be sent is not as its schema says; nothing was sent');
        },
        unexpected: (error) => log.error({ err: error }, 'asking the model was cut short by an error'),
      },
      guard: {
        attempt(outcome, ms) {
          attempts.inc({ outcome });
          took.observe({ outcome }, ms / 1000);
        },
        retry: (reason) => retries.inc({ reason }),
        gaveUp: (why) => gaveUp.inc({ why }),
        breaker(state, detail) {
          breaker.set(BREAKER[state]);
          if (state === 'open') log.warn({ reason: detail }, 'the gateway fails; it is left alone for a while');
          if (state === 'closed') log.info('the gateway answers again');
        },
      },
    };
  }

  function budgetReport(): Reports['budget'] {
    const tokens = gauge('budget_tokens_used', 'Tokens of today (UTC), of all processes of the store, reservations included');
    const usd = gauge('budget_usd_used', 'US dollars of today (UTC), where an amount is configured');
    return (used) => {
      tokens.set(used.tokens);
      if (used.usd !== null) usd.set(used.usd);
    };
  }
}

/** `host:port`, `[::1]:port` */
function splitHost(host: string): [string, string] {
  const at = host.lastIndexOf(':');
  return at > host.lastIndexOf(']') ? [host.slice(0, at), host.slice(at + 1)] : [host, ''];
}
