import type { Severity } from '@headwater/alert-rules';
import type { Aliases, InputEndpoint, InputFailure, InputHeader, InputService, InsightInput } from '../input.ts';
import type { Confidence, Evidence } from '../insight.ts';
import { numberOf } from '../numbers.ts';
import { evidenceOf } from '../resolve.ts';
import { THRESHOLDS as T } from './thresholds.ts';

/** A finding before it has an id; `evidence` are ids of the input, the most telling first. */
export interface Draft {
  rule: string;
  severity: Severity;
  title: string;
  what_changed: string;
  likely_cause: string | null;
  check_next: string[];
  confidence: Confidence;
  evidence: string[];
  /** exchanges that it is about, for the order among equals */
  weight: number;
}

/** An input with what belongs together found quickly. Rules see what a model sees, to the digit. */
export class Picture {
  readonly input: InsightInput;
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly seconds: number;
  /** endpoints whose failing or slowness an alert's finding tells of */
  readonly told = new Set<string>();

  constructor(input: InsightInput, aliases: Aliases) {
    this.input = input;
    this.evidence = evidenceOf(input, aliases);
    this.seconds = (Date.parse(input.window.end) - Date.parse(input.window.start)) / 1000;
  }

  label(id: string): string {
    return this.evidence.get(id)?.label ?? id;
  }

  service(id: string): InputService | undefined {
    return this.input.services.find((s) => s.id === id);
  }

  endpoint(id: string): InputEndpoint | undefined {
    return this.input.endpoints.find((e) => e.id === id);
  }

  endpoints(service: string): InputEndpoint[] {
    return this.input.endpoints.filter((e) => e.service === service);
  }

  failures(endpoint: string): InputFailure[] {
    return this.input.failures.filter((f) => f.endpoint === endpoint);
  }

  headers(service: string, ...kinds: InputHeader['kind'][]): InputHeader[] {
    return this.input.headers.filter((h) => h.service === service && kinds.includes(h.kind));
  }

  /** Exchanges in the time before; 0: none, or nothing to compare with. */
  before(of: { before: { exchanges_per_s: number } | null }): number {
    return (of.before?.exchanges_per_s ?? 0) * this.seconds;
  }

  /** Both windows have enough for shares and medians. */
  comparable(of: InputService | InputEndpoint, least: number = T.least_exchanges): boolean {
    return numberOf(of.exchanges) >= least && this.before(of) >= least;
  }

  /** By how many exchanges it rests on; a step less where some are missing. */
  confidence(exchanges: number): Confidence {
    const level = (exchanges >= 1000 ? 2 : exchanges >= 200 ? 1 : 0) - (this.input.quality.complete ? 0 : 1);
    return level >= 2 ? 'high' : level === 1 ? 'medium' : 'low';
  }
}

export function exchangesOf(of: { exchanges: number | string }): number {
  return numberOf(of.exchanges);
}

export function failedOf(of: InputService | InputEndpoint): number {
  return Math.round((exchangesOf(of) * of.error_pct) / 100);
}

/** `12.5 % (0.1 % before)` */
export function against(now: number, before: number | null | undefined, unit: string): string {
  return `${now} ${unit}${before === null || before === undefined ? '' : ` (${before} ${unit} before)`}`;
}

export function listed(parts: readonly string[], most = 4): string {
  const shown = parts.slice(0, most);
  return parts.length > most ? `${shown.join(', ')} and ${parts.length - most} more` : shown.join(', ');
}

/** What the failure is called: `503`, `connection_reset`. */
export function nameOf({ status, error_type }: InputFailure): string {
  return [status, error_type].filter((x) => x !== null).join(' ');
}
