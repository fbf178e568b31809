import { randomBytes, randomUUID } from 'node:crypto';
import { connect as connectPlain } from 'node:net';
import tls from 'node:tls';
import type { GatewayConfig } from '@headwater/config';
import { openAdapter } from './adapter.ts';
import { Credentials } from './credentials.ts';
import { placeOf, isLoopback, type Place } from './place.ts';
import { FORMATS, GatewayError, type Completion, type Format, type InsightGateway } from './port.ts';
import { readPem } from './setting-files.ts';
import { Transport } from './transport.ts';
import { scrubbed } from './words.ts';

const CONNECT_MS = 10_000;
const DAY_MS = 86_400_000;
const EXPIRES_SOON_DAYS = 14;

type Say = (line: string) => void;

/** Thrown after what is wrong was said: what follows would only fail for the same reason. */
class Stop extends Error {}

/**
 * Tries the gateway of the settings, step by step, and says of each what works or what to do; three short requests go out that say nothing of the fleet.
 * @returns whether insights can be asked for
 */
export async function checkGateway(config: GatewayConfig, say: Say): Promise<boolean> {
  const lines = new Lines(say);
  let gateway: InsightGateway | null = null;
  try {
    const place = lines.step('address', () => placeOf(config));
    lines.ok('address', `${place.url.host} is a host that may be talked to`);
    lines.step('files', () => filesOf(config, place));
    lines.ok('files', fileWords(config));
    await reach(config, place, lines);
    gateway = openAdapter(config);
    if (place.tokenUrl) await token(config, place, lines);
    await ask(config, gateway, lines);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  } finally {
    await gateway?.close();
  }
  return !lines.failed;
}

class Lines {
  failed = false;
  readonly #say: Say;

  constructor(say: Say) {
    this.#say = say;
  }

  ok(what: string, words: string): void {
    this.#say(`ok    ${what.padEnd(12)} ${words}`);
  }

  warn(what: string, words: string, advice?: string): void {
    this.#say(`warn  ${what.padEnd(12)} ${words}`);
    this.#advise(advice);
  }

  fail(what: string, words: string, advice?: string): void {
    this.failed = true;
    this.#say(`fail  ${what.padEnd(12)} ${words}`);
    this.#advise(advice);
  }

  stop(what: string, words: string, advice?: string): never {
    this.fail(what, words, advice);
    throw new Stop(words);
  }

  /** Errors of settings name what to do themselves. */
  step<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      return this.stop(what, (error as Error).message);
    }
  }

  #advise(advice: string | undefined): void {
    if (advice !== undefined) this.#say(`      ${''.padEnd(12)} -> ${advice}`);
  }
}

/** Reads every file once. @throws Error that names the setting */
function filesOf(config: GatewayConfig, place: Place): void {
  void new Credentials(config, transportOf(config, place), Date.now);
}

function transportOf(config: GatewayConfig, place: Place): Transport {
  return new Transport({ allowed: place.allowed, caFile: config.ca_file, timeoutMs: config.timeout_ms, maxAnswerBytes: config.max_answer_bytes });
}

function fileWords(config: GatewayConfig): string {
  const read = [
    ...(config.key ? [`the key (${config.key.file})`] : []),
    ...(config.oauth ? [`the client secret (${config.oauth.client_secret_file})`] : []),
    ...(config.headers_file === undefined ? [] : [`further headers (${config.headers_file})`]),
    ...(config.ca_file === undefined ? [] : [`the authority (${config.ca_file})`]),
  ];
  return read.length === 0 ? 'none is named: the gateway is shown no key' : `can be read: ${read.join(', ')}`;
}

/** A connection, and of TLS who answers. */
async function reach(config: GatewayConfig, { url }: Place, lines: Lines): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const plain = url.protocol === 'http:';
  const ca = config.ca_file === undefined ? undefined : [...tls.getCACertificates('default'), readPem(config.ca_file, 'gateway.ca_file')];
  const servername = /^[\d.]+$|:/.test(host) ? '' : host;
  const socket = plain ? connectPlain({ host, port }) : tls.connect({ host, port, servername, rejectUnauthorized: true, ...(ca ? { ca } : {}) });
  let shown: tls.PeerCertificate | null = null;
  try {
    await new Promise<void>((ok, bad) => {
      socket.once(plain ? 'connect' : 'secureConnect', ok).once('error', bad);
      socket.setTimeout(CONNECT_MS, () => bad(new Error(`no answer in ${CONNECT_MS / 1000} s`)));
    });
    if (socket instanceof tls.TLSSocket) shown = socket.getPeerCertificate();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice = /CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? '')
      ? 'name the PEM file of the authority that signed it: gateway.ca_file'
      : code === 'EPROTO' || code?.startsWith('ERR_SSL')
        ? 'it may speak plain http; then gateway.url begins with http://'
        : 'is it running, is gateway.url right, does a firewall stand between?';
    return lines.stop(plain ? 'connection' : 'TLS', `${url.host}: ${code ?? message}`, advice);
  } finally {
    socket.destroy();
  }
  if (shown === null) {
    if (isLoopback(url)) lines.ok('connection', `${url.host} accepts connections; plain http, but on this machine`);
    else lines.warn('connection', `${url.host} accepts connections, in clear (gateway.allow_plain_http)`, 'whoever is on the way can read what is sent, and the key');
    return;
  }
  const { valid_to: end, issuer } = shown;
  const days = Math.floor((Date.parse(end) - Date.now()) / DAY_MS);
  const by = scrubbed(String(issuer?.O ?? issuer?.CN ?? 'an authority'));
  const words = `${url.host} has a certificate that is trusted, by ${by}, for ${days} more days`;
  if (days < EXPIRES_SOON_DAYS) lines.warn('TLS', words, 'it should be renewed');
  else lines.ok('TLS', words);
}

async function token(config: GatewayConfig, place: Place, lines: Lines): Promise<void> {
  const transport = transportOf(config, place);
  try {
    await new Credentials(config, transport, Date.now).show(new AbortController().signal);
    lines.ok('token', `${place.tokenUrl?.host} gives a token`);
  } catch (error) {
    lines.stop('token', scrubbed((error as Error).message));
  } finally {
    await transport.close();
  }
}

const SCHEMA = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false };

/** Plain first: what fails there fails everywhere. */
async function ask(config: GatewayConfig, gateway: InsightGateway, lines: Lines): Promise<void> {
  const plain = await one(gateway, config, 'plain');
  if (plain instanceof GatewayError) return lines.stop(plain.reason === 'denied' ? 'key' : 'model', plain.message, ADVICE[plain.reason]);
  if (config.key || config.oauth) lines.ok('key', 'is accepted');
  const { tokens, costUsd, tookMs, text, finish } = plain;
  const spent = tokens === null ? 'the gateway does not say how many tokens, so the budget counts them by length' : `${tokens.input} tokens in, ${tokens.output} out`;
  const answered = `${config.model} answered in ${(tookMs / 1000).toFixed(1)} s (${spent}${costUsd === null ? '' : `, ${costUsd} USD`})`;
  if (text === null || text.trim() === '')
    lines.fail(
      'model',
      `${answered}, but without a text (${finish})`,
      finish === 'length' ? 'it thinks longer than it may answer: raise gateway.max_output_tokens' : 'choose another model',
    );
  else lines.ok('model', answered);
  await formats(config, gateway, lines);
}

async function formats(config: GatewayConfig, gateway: InsightGateway, lines: Lines): Promise<void> {
  const wanted = config.structured;
  const taken: Format[] = [];
  for (const format of FORMATS) {
    const answer = format === 'plain' ? null : await one(gateway, config, format);
    if (answer instanceof GatewayError) {
      const advice = answer.formatRefused ? `set gateway.structured to auto, or to ${format === 'json_schema' ? 'json_object or plain' : 'plain'}` : ADVICE[answer.reason];
      if (wanted === format || !answer.formatRefused) lines.fail('format', `${format}: ${answer.message}`, advice);
      else lines.ok('format', `${format}: not taken, a plainer one is asked for in its place`);
      continue;
    }
    taken.push(format);
    if (answer !== null && !isAsked(answer.text))
      lines.warn('format', `${format}: taken, but the answer was not of that form`, 'answers are checked and repaired once; another model may keep to it better');
    else lines.ok('format', `${format}: taken`);
  }
  const used = wanted === 'auto' ? taken[0] : taken.find((f) => f === wanted);
  if (used !== undefined) lines.ok('format', `insights ask for ${used}`);
}

function isAsked(text: string | null): boolean {
  try {
    return typeof (JSON.parse(text ?? '') as { ok?: unknown } | null)?.ok === 'boolean';
  } catch {
    return false;
  }
}

async function one(gateway: InsightGateway, config: GatewayConfig, format: Format): Promise<(Completion & { tookMs: number }) | GatewayError> {
  const prompt = {
    system: 'You check a connection. Answer in JSON.',
    user: 'Answer with exactly this JSON and nothing else: {"ok":true}',
    format,
    schema: { name: 'check', schema: SCHEMA },
    maxOutputTokens: config.max_output_tokens,
  };
  for (let attempt = 1; ; attempt++) {
    const startedMs = Date.now();
    try {
      const completion = await gateway.complete(prompt, {
        signal: new AbortController().signal,
        idempotencyKey: randomUUID(),
        traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
        sending: async () => undefined,
        ended: async () => undefined,
      });
      return { ...completion, tookMs: Date.now() - startedMs };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // It has just learned which fields the model takes.
      if (error.reason !== 'rejected' || !error.retryable || attempt > 2) return error;
    }
  }
}

const ADVICE: Partial<Record<GatewayError['reason'], string>> = {
  rate_limited: 'the key works; try again later, or have its limit raised',
  overloaded: 'try again later; the logs of the gateway say what happened',
  upstream_down: 'save the settings of the provider again in the gateway',
  unreachable: 'is it running, is gateway.url right?',
  timeout: 'raise gateway.timeout_ms if the model is that slow',
  cut: 'a proxy between may end connections early; the logs of the gateway say more',
  too_large: 'raise gateway.max_answer_bytes',
  not_a_completion: 'does gateway.path lead to chat completions? In a browser the address should not show a page',
  rejected: 'gateway.kind, gateway.preset, gateway.path and gateway.model should be as the gateway documents them',
};
