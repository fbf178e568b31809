import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { openBus, topicsFor, type BusRecord, type EventBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import type { Finding, Insight, ModelPart } from '@headwater/insight-rules';
import { BusRequests } from '../insights/requests.ts';

export const REQUESTS_TOPIC = topicName('headwater', 'insightRequests');

/** A bus of its own (a file), what the API hands on through it, and what arrived. */
export class RequestBus {
  readonly requests: BusRequests;
  readonly records: BusRecord[] = [];
  #bus: EventBus | null = null;

  constructor(dir: string) {
    const settings = { kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: 3_600_000, retentionBytes: 1 << 24 } as const;
    this.requests = new BusRequests(async () => (this.#bus = await openBus(settings)), REQUESTS_TOPIC);
    this.open = async () => {
      const bus = (this.#bus ??= await openBus(settings));
      await bus.applyTopics(topicsFor('embedded', 'headwater'), { dryRun: false });
      await bus.consume('spec', [REQUESTS_TOPIC], {
        assigned: async (partitions) => partitions.map((p) => ({ ...p, offset: 0 })),
        batch: async ({ records }) => {
          this.records.push(...records);
          return { kind: 'next' };
        },
        revoked: async () => undefined,
      });
    };
  }

  /** Makes the topics and listens; before it the bus refuses what it is given. */
  readonly open: () => Promise<void>;

  async close(): Promise<void> {
    await this.requests.close();
    await this.#bus?.close();
  }
}

const NOT_ASKED: ModelPart = {
  state: 'off',
  reason: 'no_gateway',
  detail: 'No AI gateway is configured.',
  gateway: null,
  model: null,
  input_sha256: null,
  sent_at: null,
  took_ms: null,
  attempts: 0,
  repaired: false,
  format: null,
  tokens: null,
  cost_usd: null,
  request_id: null,
  dropped: {},
};

export function insightOf(n: number, at: number, more: Partial<Omit<Insight, 'model'>> & { model?: Partial<ModelPart> } = {}): Insight {
  const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
  return {
    schema: 1,
    id: n.toString(16).padStart(32, '0'),
    trigger: 'alert',
    subject: { service: 'shop' },
    state: 'done',
    failure: null,
    window: { start: iso(at - 900_000), end: iso(at) },
    compared_with: { start: iso(at - 1_800_000), end: iso(at - 900_000) },
    created_at: iso(at),
    updated_at: iso(at),
    alerts: [],
    complete: true,
    findings: [],
    requested_by: null,
    revision: 1,
    ...more,
    model: { ...NOT_ASKED, ...more.model },
  };
}

export function findingOf(id: string, more: Partial<Finding> = {}): Finding {
  return {
    id,
    source: 'rules',
    rule: 'error_rate',
    severity: 'ticket',
    title: 'shop fails more often',
    what_changed: '7.5 % fail, against 0.03 %.',
    likely_cause: null,
    check_next: ['Look at the failures of shop'],
    confidence: 'high',
    evidence: [{ id: 'svc_1', kind: 'service', label: 'shop', service: 'shop', figures: { error_pct: 7.5 } }],
    ...more,
  };
}

/** One open stream: what came, event by event. */
export class Listener {
  text = '';
  ended = false;
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly #response: IncomingMessage;
  #changed: () => void = () => undefined;

  private constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    this.#response = response;
    response.setEncoding('utf8').on('data', (d: string) => this.#note(d));
    for (const over of ['end', 'close', 'error']) response.on(over, () => this.#note('', true));
  }

  static open(url: string, headers: string[]): Promise<Listener> {
    return new Promise((ok, bad) => {
      request(url, { headers: ['host', new URL(url).host, ...headers], agent: false }, (response) => ok(new Listener(response)))
        .once('error', bad)
        .end();
    });
  }

  get events(): { event: string; id: number; data: Record<string, unknown> }[] {
    return this.text.split('\n\n').flatMap((block) => {
      const fields = Object.fromEntries(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      return fields['event'] === undefined ? [] : [{ event: fields['event'], id: Number(fields['id']), data: JSON.parse(fields['data'] ?? 'null') as Record<string, unknown> }];
    });
  }

  async until(what: (listener: this) => boolean, ms = 10_000): Promise<void> {
    const deadline = Date.now() + ms;
    while (!what(this)) {
      if (Date.now() > deadline) throw new Error(`not in ${ms} ms; what came: ${this.text}`);
      await new Promise<void>((ok) => {
        const timer = setTimeout(ok, 100);
        this.#changed = () => (clearTimeout(timer), ok());
      });
    }
  }

  drop(): void {
    this.#response.destroy();
  }

  #note(text: string, ended = false): void {
    this.text += text;
    this.ended ||= ended;
    this.#changed();
  }
}
