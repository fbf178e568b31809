import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayConfig } from '@headwater/config';
import type { CallOptions, Completion, GatewayError, Prompt } from '../port.ts';

/** A folder for keys, gone at the end. */
export class Files {
  readonly dir = mkdtempSync(join(tmpdir(), 'hw-gateway-'));

  write(name: string, text: string): string {
    const file = join(this.dir, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function gatewayConfig(settings: Partial<GatewayConfig>): GatewayConfig {
  return Object.assign(new GatewayConfig(), { model: 'stub' }, settings);
}

export const SCHEMA = { type: 'object', properties: { findings: { type: 'array', items: {} } }, required: ['findings'], additionalProperties: false };

export function prompt(more: Partial<Prompt> = {}): Prompt {
  return {
    system: 'You look at figures.',
    user: 'Figures: {"ep_1":{"error_pct":12.5}}',
    format: 'plain',
    schema: { name: 'insight', schema: SCHEMA },
    maxOutputTokens: 500,
    ...more,
  };
}

/** Options that note what the adapter told. */
export class Told implements CallOptions {
  readonly sent: string[] = [];
  readonly endings: (Completion | GatewayError | 'aborted')[] = [];
  readonly signal: AbortSignal;
  readonly idempotencyKey = 'c0ffee00c0ffee00';
  readonly traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  constructor(signal: AbortSignal = new AbortController().signal) {
    this.signal = signal;
  }

  /** what telling beforehand rejects with */
  refuse: Error | null = null;

  sending = async (body: string): Promise<void> => {
    if (this.refuse) throw this.refuse;
    this.sent.push(body);
  };
  ended = async (outcome: Completion | GatewayError | 'aborted'): Promise<void> => {
    this.endings.push(outcome);
  };
}

/** The error a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<GatewayError> {
  try {
    await promise;
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error('it did not reject');
}
