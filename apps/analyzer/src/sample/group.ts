import { createHash } from 'node:crypto';
import { KEPT, SAMPLES_A_GROUP, type GroupName, type Kept, type Sample } from './kept.ts';
import { SlowLine } from './slow.ts';

/** A group takes a good exchange this seldom, ms. */
const GOOD_EVERY_MS = 10_000;
/** ... and a failed or slow one, when it has its samples already. */
const OTHER_EVERY_MS = 3_000;

/** Exchanges alike in service, role, method, route and status, with the few of them that are kept. */
export class SampleGroup {
  readonly name: GroupName;
  /** key of the state store */
  readonly key: string;
  readonly durations = new SlowLine();
  /** newest first */
  samples: Sample[] = [];
  bytes = 0;
  /** counts the samples taken, so that a write knows whether one came while it was under way */
  taken = 0;
  written = 0;
  writtenMs = -Infinity;
  private readonly takenMs: Record<Kept, number> = { failed: -Infinity, slow: -Infinity, good: -Infinity };

  constructor(name: GroupName) {
    this.name = name;
    this.key = sampleKey(name);
  }

  get dirty(): boolean {
    return this.taken > this.written;
  }

  /** Why it is kept: its strongest sample's reason. */
  get kept(): Kept {
    return KEPT.find((k) => this.samples.some((s) => s.kept === k)) ?? 'good';
  }

  wants(kept: Kept, nowMs: number): boolean {
    const since = nowMs - this.takenMs[kept];
    if (kept === 'good') return since >= GOOD_EVERY_MS;
    return since >= OTHER_EVERY_MS || this.samples.filter((s) => s.kept === kept).length < SAMPLES_A_GROUP - 1;
  }

  /** Puts it first. Over the number, the oldest goes that is not the only one of its kind. */
  take(sample: Sample, nowMs: number): void {
    this.samples.unshift(sample);
    if (this.samples.length > SAMPLES_A_GROUP) {
      const at = this.samples.findLastIndex((s, i) => this.samples.some((o, j) => j !== i && o.kept === s.kept));
      this.samples.splice(at, 1);
    }
    this.bytes = this.samples.reduce((sum, s) => sum + s.exchange.length, 0);
    this.takenMs[sample.kept] = nowMs;
    this.taken++;
  }

  /** The end of one of its samples came. */
  end(sample: Sample, kept: Kept, exchange: string): void {
    sample.kept = kept;
    sample.exchange = exchange;
    sample.open = false;
    this.bytes = this.samples.reduce((sum, s) => sum + s.exchange.length, 0);
    this.taken++;
  }

  get hasOpen(): boolean {
    return this.samples.some((s) => s.open === true);
  }

  /** The newest sample of any kind, ms; for forgetting. */
  get lastTakenMs(): number {
    return Math.max(...Object.values(this.takenMs));
  }

  forgetSamples(): void {
    this.samples = [];
    this.bytes = 0;
  }

  /** The value of the state store, JSON. The exchanges are text already. */
  encode(): string {
    const { service, role, method, route, status } = this.name;
    const samples = this.samples.map((s) => `{"seen_at":"${s.seenAt}","kept":"${s.kept}","host":${JSON.stringify(s.host)},"exchange":${s.exchange}}`);
    return `${JSON.stringify({ schema: 1, service, role, method, route, status, kept: this.kept }).slice(0, -1)},"samples":[${samples.join(',')}]}`;
  }
}

/** `sample/<service>/<16 hex of sha256(role NUL method NUL route NUL status)>` */
export function sampleKey({ service, role, method, route, status }: GroupName): string {
  return `sample/${service}/${createHash('sha256').update([role, method, route, status].join('\0')).digest('hex').slice(0, 16)}`;
}
