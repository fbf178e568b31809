/** Real state store in a directory of its own, input by the real builder, and a gateway that says what the test says, at the port's own seam. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BudgetConfig, GatewayConfig } from '@headwater/config';
import { buildInput, type AnswerFinding, type Facts } from '@headwater/insight-rules';
import { openStateStore, type StateStore, type StateStoreSettings } from '@headwater/state-store';
import { GatewayError, type CallOptions, type Completion, type InsightGateway, type Prompt } from '../../gateway/port.ts';
import type { Operation, SubmitEvents } from '../events.ts';
import type { Submission } from '../port.ts';
import { createSubmitter, type SubmitDesk, type SubmitDoors } from '../submitter.ts';

export const T0 = Date.parse('2026-11-23T09:00:00Z');
export const QUARTER = 900_000;

/** What the model is to do with one request. */
export type Turn = Partial<Completion> | GatewayError | ((prompt: Prompt, options: CallOptions) => Promise<Partial<Completion>>);

/** Answers by script, the last turn for ever; each request goes through `sending` and `ended` as the port wants it. */
export class ScriptedGateway implements InsightGateway {
  readonly name = 'scripted';
  readonly kind = 'openai-compatible';
  readonly host = '127.0.0.1:9';
  readonly model = 'model-a';
  readonly prompts: Prompt[] = [];
  readonly options: CallOptions[] = [];
  /** bodies that went out */
  readonly out: string[] = [];
  private readonly turns: Turn[];

  constructor(...turns: Turn[]) {
    this.turns = turns;
  }

  async complete(prompt: Prompt, options: CallOptions): Promise<Completion> {
    const turn = this.turns.length > 1 ? this.turns.shift()! : this.turns[0]!;
    this.prompts.push(prompt);
    this.options.push(options);
    const body = JSON.stringify({ model: this.model, prompt });
    await options.sending(body);
    this.out.push(body);
    try {
      if (turn instanceof GatewayError) throw turn;
      const said = typeof turn === 'function' ? await turn(prompt, options) : turn;
      const text = said.text === undefined ? '{"findings":[]}' : said.text;
      const done: Completion = {
        finish: 'stop',
        tokens: { input: 1_000, output: 100 },
        costUsd: null,
        requestId: 'req-1',
        sent: body,
        received: JSON.stringify({ choices: [{ message: { content: text } }] }),
        ...said,
        text,
      };
      await options.ended(done);
      return done;
    } catch (error) {
      await options.ended(error instanceof GatewayError ? error : 'aborted');
      throw error;
    }
  }

  async close(): Promise<void> {}
}

/** Everything that was said, in order. */
export class Told implements SubmitEvents {
  readonly all: unknown[][] = [];
  readonly operations: Operation[] = [];
  submitted(...about: Parameters<SubmitEvents['submitted']>): void {
    this.all.push(['submitted', ...about]);
  }
  operation(operation: Operation): void {
    this.operations.push(operation);
    this.all.push(['operation', operation]);
  }
  findings(...about: Parameters<SubmitEvents['findings']>): void {
    this.all.push(['findings', ...about]);
  }
  repaired(...about: Parameters<SubmitEvents['repaired']>): void {
    this.all.push(['repaired', ...about]);
  }
  formatRefused(...about: Parameters<SubmitEvents['formatRefused']>): void {
    this.all.push(['formatRefused', ...about]);
  }
  waited(...about: Parameters<SubmitEvents['waited']>): void {
    this.all.push(['waited', ...about]);
  }
  rejectedInput(...about: Parameters<SubmitEvents['rejectedInput']>): void {
    this.all.push(['rejectedInput', ...about]);
  }
  unexpected(...about: Parameters<SubmitEvents['unexpected']>): void {
    this.all.push(['unexpected', ...about]);
  }
  named(name: keyof SubmitEvents): unknown[][] {
    return this.all.filter(([n]) => n === name).map(([, ...about]) => about);
  }
}

export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'submit-'));
  told = new Told();
  state!: StateStore;
  now = T0 + QUARTER + 60_000;

  async open(settings: StateStoreSettings = { kind: 'embedded', path: join(this.dir, 'state.db') }): Promise<this> {
    this.state = await openStateStore(settings);
    return this;
  }

  desk(gateway: InsightGateway | null, more: Partial<SubmitDoors> & { gatewayConfig?: Partial<GatewayConfig>; budget?: Partial<BudgetConfig> } = {}): SubmitDesk {
    const { gatewayConfig, budget, ...doors } = more;
    const config = {
      gateway: Object.assign(new GatewayConfig(), { url: 'http://127.0.0.1:9', model: 'model-a', ...gatewayConfig }),
      budget: Object.assign(new BudgetConfig(), budget),
      keep_ms: 3_600_000,
    };
    return createSubmitter({ gateway, state: this.state, config, events: this.told, now: () => this.now, ...doors });
  }

  /** As it was in the beginning, without opening the store again. */
  async clean(): Promise<void> {
    for (const { key } of await this.state.list('insight')) await this.state.delete(key);
    this.told = new Told();
    this.now = T0 + QUARTER + 60_000;
  }

  /** Everything that the store holds on disk, as text. */
  onDisk(): string {
    return readdirSync(this.dir)
      .filter((name) => name.startsWith('state.db'))
      .map((name) => readFileSync(join(this.dir, name), 'latin1'))
      .join('\n');
  }

  async close(): Promise<void> {
    await this.state.end();
    rmSync(this.dir, { recursive: true });
  }
}

const figures = (exchanges: number, failed: number) => ({ exchanges, failed, clientErrors: 0, p50Ms: 12.3, p95Ms: 80.1, p99Ms: 99.9 });

/** A shop whose checkout fails since this quarter; `seed` makes another input of it. */
export function facts(seed = 0, more: Partial<Facts> = {}): Facts {
  const endpoint = { service: 'shop', method: 'POST', route: '/checkout', now: figures(1_000 + seed, 300), before: figures(1_000, 1) };
  const shop = {
    window: { startMs: T0, endMs: T0 + QUARTER },
    comparedWith: { startMs: T0 - QUARTER, endMs: T0 },
    quality: { complete: true, lostExchanges: 0, coverage: 1, hosts: 2 },
    services: [{ service: 'shop', pages: 0, now: figures(5_000 + seed, 300), before: figures(5_000, 1) }],
    endpoints: [
      {
        ...endpoint,
        statuses: [
          { status: 201, exchanges: 700 + seed },
          { status: 502, exchanges: 300 },
        ],
        failures: [{ status: 502, errorType: null, exchanges: 300, before: 1, firstSeenMs: T0 + 60_000 }],
      },
    ],
    headers: [],
    hosts: [],
    alerts: [],
    endpointsLeft: 0,
  };
  return { ...shop, ...more };
}

export function submission(seed = 0, more: Partial<Facts> = {}, insightId = 'a'.repeat(32)): Submission {
  return { insightId, ...buildInput(facts(seed, more)) };
}

export function finding(more: Partial<AnswerFinding> = {}): AnswerFinding {
  return {
    title: 'ep_1 fails',
    severity: 'page',
    what_changed: 'error_pct of ep_1 is 30, it was 0.1 before.',
    likely_cause: 'What it asks behind it answers 502.',
    check_next: ['Look at who answers 502.'],
    confidence: 'medium',
    evidence: ['ep_1', 'fail_1'],
    ...more,
  };
}

export const answer = (...findings: object[]): Partial<Completion> => ({ text: JSON.stringify({ findings }) });
