import { createHmac } from 'node:crypto';
import type { Alert, AlertEvent } from '@headwater/alert-rules';
import type { WebhookConfig } from '@headwater/config';
import { post, type Answer } from './post.ts';
import { readLine, readPem } from './secret-files.ts';
import { targetId, type Target } from './target.ts';

const SHORTEST_SECRET = 32;

/** `t=<unix s>,v1=<hex HMAC-SHA256 of "<t>.<body>">` */
export function signature(secret: string, body: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
}

/** One receiver of `AlertEvent` as JSON. The files are read at every attempt, so that a new key needs no restart. */
export function webhook(config: WebhookConfig, field: string, nowMs: () => number): Target {
  const url = new URL(config.url);
  const secretOf = (): string => {
    const secret = readLine(config.secret_file, `${field}.secret_file`);
    if (secret.length < SHORTEST_SECRET) throw new Error(`${field}.secret_file: the key has ${secret.length} characters; give ${SHORTEST_SECRET} or more (openssl rand -hex 32)`);
    return secret;
  };
  const caOf = () => (config.ca_file === undefined ? {} : { ca: readPem(config.ca_file, `${field}.ca_file`) });
  secretOf();
  caOf();
  return {
    kind: 'webhook',
    id: targetId('webhook', config.url),
    name: url.host,
    timeoutMs: config.timeout_ms,
    giveUpMs: config.give_up_ms,
    wants: ({ severity }: Alert) => config.severities.includes(severity),
    async send(event: AlertEvent): Promise<Answer> {
      const body = JSON.stringify(event);
      try {
        const headers = { 'headwater-signature': signature(secretOf(), body, nowMs()), 'headwater-event-id': event.event_id };
        return await post({ url, body, headers, ...caOf(), timeoutMs: config.timeout_ms }, nowMs);
      } catch (error) {
        return { kind: 'later', why: (error as Error).message };
      }
    },
  };
}
