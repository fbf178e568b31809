import tls from 'node:tls';
import { Agent, request } from 'undici';
import { GatewayError } from './port.ts';
import { hostOf } from './place.ts';
import { readPem } from './setting-files.ts';

export interface Letter {
  url: URL;
  /** as they are written: order and spelling are kept */
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  /** names in lower case; of repeated ones the first */
  headers: ReadonlyMap<string, string>;
  body: string;
}

export interface TransportSettings {
  /** host:port */
  allowed: ReadonlySet<string>;
  /** PEM, read again for every request */
  caFile: string | undefined;
  timeoutMs: number;
  maxAnswerBytes: number;
}

const CONNECT_MS = 10_000;

/** Codings that an answer may name though nothing is coded (`utf-8` is APIPark's). */
const NOT_CODED = /^(identity|utf-?8|)$/i;

/**
 * One POST at a time over connections that are kept: HTTP/1.1, as names are spelled (HTTP/2 would lower them), no proxy from the environment,
 * no redirect, certificates always checked. Every failure is a GatewayError; an abort by the caller's signal is the signal's reason.
 */
export class Transport {
  readonly #settings: TransportSettings;
  #agent: { ca: string | undefined; dispatcher: Agent } | null = null;

  constructor(settings: TransportSettings) {
    this.#settings = settings;
    if (settings.caFile !== undefined) readPem(settings.caFile, 'gateway.ca_file');
  }

  async post({ url, headers, body, signal }: Letter): Promise<Answer> {
    const { allowed, timeoutMs } = this.#settings;
    if (!allowed.has(hostOf(url)))
      throw new GatewayError('not_allowed', `${hostOf(url)} is not among the hosts that may be talked to (gateway.allowed_hosts)`, { retryable: false });
    const dispatcher = this.#dispatcher();
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await request(url, {
        dispatcher,
        method: 'POST',
        headers: headers.flat(),
        body,
        signal: AbortSignal.any([signal, late]),
        // Ours end it.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      // A body that is destroyed says so as an error, which nobody else listens for.
      answer.body.on('error', () => undefined);
      const received = fieldsOf(answer.headers);
      if (answer.statusCode >= 300 && answer.statusCode < 400) {
        answer.body.destroy();
        throw redirected(answer.statusCode, received.get('location'), url);
      }
      return { status: answer.statusCode, headers: received, body: await this.#read(answer.body, received, answer.statusCode) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof GatewayError) throw error;
      if (late.aborted) throw new GatewayError('timeout', `${url.host} did not answer within ${timeoutMs} ms (gateway.timeout_ms)`, { retryable: true });
      throw ofConnection(error, url.host);
    }
  }

  async close(): Promise<void> {
    await this.#agent?.dispatcher.destroy();
    this.#agent = null;
  }

  /** Reads no more than is allowed; what is more ends the connection. */
  async #read(body: AsyncIterable<Buffer> & { destroy(): unknown }, headers: ReadonlyMap<string, string>, status: number): Promise<string> {
    const most = this.#settings.maxAnswerBytes;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuse = (): never => {
      body.destroy();
      throw new GatewayError('too_large', `The answer has more than ${most} bytes (gateway.max_answer_bytes)`, { retryable: false, status });
    };
    if (Number(headers.get('content-length') ?? 0) > most) refuse();
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > most) refuse();
      chunks.push(chunk);
    }
    const coding = headers.get('content-encoding') ?? '';
    if (!NOT_CODED.test(coding))
      throw new GatewayError('not_a_completion', `The answer is compressed (${coding.slice(0, 20)}) although no compression was offered`, { retryable: false, status });
    return new TextDecoder().decode(Buffer.concat(chunks));
  }

  /** A new authority's file takes effect with the next connection; what is under way on older ones goes on. */
  #dispatcher(): Agent {
    const { caFile } = this.#settings;
    let ca: string | undefined;
    try {
      ca = caFile === undefined ? undefined : readPem(caFile, 'gateway.ca_file');
    } catch (error) {
      throw new GatewayError('unreachable', (error as Error).message, { retryable: false });
    }
    if (this.#agent && this.#agent.ca === ca) return this.#agent.dispatcher;
    this.#agent?.dispatcher.close().catch(() => undefined);
    const trusted = ca === undefined ? {} : { ca: [...tls.getCACertificates('default'), ca] };
    const dispatcher = new Agent({ allowH2: false, connections: 4, connect: { ...trusted, rejectUnauthorized: true, timeout: CONNECT_MS } });
    this.#agent = { ca, dispatcher };
    return dispatcher;
  }
}

function redirected(status: number, location: string | undefined, from: URL): GatewayError {
  const to = location === undefined ? null : URL.parse(location, from.href);
  const where = to === null ? '' : to.host === from.host ? ' (to another path of the same host)' : ` (to ${to.host.slice(0, 100)})`;
  return new GatewayError('not_allowed', `${from.host} answered with a redirect${where}, which is not followed; set gateway.url and gateway.path to the address it leads to`, {
    retryable: false,
    status,
  });
}

/** Errors of sockets and TLS name addresses, never headers or the path of a URL. */
function ofConnection(error: unknown, host: string): GatewayError {
  const { code = '', message = '' } = (deepest(error) ?? {}) as { code?: string; message?: string };
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || /terminated|other side closed/.test(message))
    return new GatewayError('cut', `${host} ended the connection before its answer was whole`, { retryable: true });
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new GatewayError('too_large', `The header of the answer of ${host} is too large`, { retryable: false });
  if (code.startsWith('HPE_')) return new GatewayError('unreachable', `What answers at ${host} is no HTTP/1.1 (${code})`, { retryable: true, retryLimit: 1 });
  if (/^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_)/.test(code))
    return new GatewayError('unreachable', `The certificate of ${host} is not trusted (${code}); name the file of the authority that signed it (gateway.ca_file)`, {
      retryable: false,
    });
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return new GatewayError('unreachable', `${host} does not speak TLS as it should (${code}); is it http:// and not https://?`, { retryable: true, retryLimit: 1 });
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return new GatewayError('unreachable', `${host} does not accept connections (no answer in ${CONNECT_MS / 1000} s)`, { retryable: true });
  return new GatewayError('unreachable', `${host} cannot be reached (${code || 'the connection failed'})`, { retryable: true });
}

/** Of several addresses that were tried, one; of a chain, its cause. */
function deepest(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return deepest(error.errors[0]);
  const { code, cause } = (error ?? {}) as NodeJS.ErrnoException & { cause?: unknown };
  return code === undefined && cause !== undefined ? deepest(cause) : error;
}

function fieldsOf(headers: Record<string, string | string[] | undefined>): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) fields.set(name.toLowerCase(), first);
  }
  return fields;
}
