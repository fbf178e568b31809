import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

/** One HTTP/1.1 request as it came, to the byte. */
export interface Call {
  /** everything from the request line to the end of the body */
  raw: Buffer;
  method: string;
  path: string;
  /** in their order and spelling */
  headers: [name: string, value: string][];
  body: string;
  /** body as JSON; undefined: it is none */
  json: unknown;
  atMs: number;
  /** the connection ended before it was answered */
  gone: boolean;
}

export interface Reply {
  status: number;
  /** of the status line; some gateways write `400 OK` */
  reason?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** bytes of the body after which the connection is cut; `content-length` promises all of them */
  cutAt?: number;
  /** before the answer begins */
  delayMs?: number;
}

/** `cut`: the connection ends without an answer; `hang`: nothing more is said until the other side leaves. */
export type Handler = (call: Call) => Promise<Reply | 'cut' | 'hang'> | Reply | 'cut' | 'hang';

const MOST_BYTES = 32 * 1024 * 1024;

/**
 * A plain server of HTTP/1.1 on 127.0.0.1 for stubs: node:http hides how names were spelled on the wire and refuses to write what some
 * gateways write. Requests on one connection are answered one after the other; bodies come by content-length or chunked.
 */
export class WireServer {
  readonly calls: Call[] = [];
  port = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  #handler: Handler;

  constructor(handler: Handler, pair?: { key: string; cert: string }) {
    this.#handler = handler;
    this.#scheme = pair ? 'https' : 'http';
    const take = (socket: Socket): void => this.#take(socket);
    this.#server = pair ? tls.createServer(pair, take) : net.createServer(take);
    // Of a client that does not trust the certificate.
    this.#server.on('tlsClientError', () => undefined);
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  set handler(handler: Handler) {
    this.#handler = handler;
  }

  /** @param port 0: a free one */
  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await new Promise<void>((ok, bad) => this.#server.once('listening', ok).once('error', bad));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((ok) => this.#server.close(ok));
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    let busy = false;
    let current: Call | null = null;
    const next = async (): Promise<void> => {
      if (busy) return;
      const request = readRequest(bytes);
      if (request === null) return;
      busy = true;
      bytes = bytes.subarray(request.length);
      current = request.call;
      this.calls.push(request.call);
      await this.#answer(socket, request.call);
      current = null;
      busy = false;
      if (!socket.destroyed) await next();
    };
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length > MOST_BYTES) socket.destroy();
      else next().catch(() => socket.destroy());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (current) current.gone = true;
      this.#sockets.delete(socket);
    });
  }

  async #answer(socket: Socket, call: Call): Promise<void> {
    const reply = await this.#handler(call);
    if (reply === 'hang') {
      await new Promise((ok) => (socket.destroyed ? ok(undefined) : socket.once('close', ok)));
      return;
    }
    if (reply === 'cut') {
      socket.destroy();
      return;
    }
    if (reply.delayMs !== undefined) await sleep(reply.delayMs);
    if (socket.destroyed) return;
    const body = Buffer.from(reply.body ?? '');
    const head = [`HTTP/1.1 ${reply.status} ${reply.reason ?? REASONS[reply.status] ?? 'Status'}`];
    for (const [name, value] of Object.entries({ ...reply.headers, 'content-length': String(body.length) })) head.push(`${name}: ${value}`);
    const part = reply.cutAt === undefined ? body : body.subarray(0, reply.cutAt);
    await new Promise<void>((ok) => {
      socket.once('close', ok);
      socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), part]), () => ok());
    });
    if (reply.cutAt !== undefined) socket.destroy();
  }
}

const REASONS: Record<number, string> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** The first whole request in `bytes`; null: it is not whole yet. */
function readRequest(bytes: Buffer): { call: Call; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const from = end + 4;
  const chunked = headerOf(headers, 'transfer-encoding')?.includes('chunked') === true;
  const body = chunked ? readChunks(bytes, from) : readLength(bytes, from, Number(headerOf(headers, 'content-length') ?? 0));
  if (body === null) return null;
  const text = body.content.toString('utf8');
  return {
    call: { raw: Buffer.from(bytes.subarray(0, body.end)), method, path, headers, body: text, json: parsed(text), atMs: Date.now(), gone: false },
    length: body.end,
  };
}

function readLength(bytes: Buffer, from: number, length: number): { content: Buffer; end: number } | null {
  return bytes.length < from + length ? null : { content: bytes.subarray(from, from + length), end: from + length };
}

function readChunks(bytes: Buffer, from: number): { content: Buffer; end: number } | null {
  const parts: Buffer[] = [];
  for (let at = from; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (bytes.length < line + 2 + size + 2) return null;
    if (size === 0) return { content: Buffer.concat(parts), end: line + 4 };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** First value of a field, whatever its spelling. */
export function headerOf(headers: readonly [string, string][], name: string): string | undefined {
  return headers.find(([n]) => n.toLowerCase() === name)?.[1];
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
