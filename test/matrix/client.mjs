// A raw client: it sends exactly what it is told and remembers every byte both ways.
import { once } from 'node:events';
import net from 'node:net';
import { Conversation } from './http1.mjs';

/** Opens a connection; `target` as of net.connect. */
export async function dial(target) {
  const socket = net.connect({ ...target, noDelay: true });
  await once(socket, 'connect');
  return new Wire(socket);
}

export class Wire {
  #waiting = null;
  #done = 0;
  closed = false;

  constructor(socket) {
    this.socket = socket;
    this.talk = new Conversation({ onResponse: () => this.#done++ });
    socket.on('data', (chunk) => {
      this.talk.responses.feed(chunk.toString('latin1'));
      this.#look();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.talk.responses.close();
      this.closed = true;
      this.#look();
    });
  }

  #look() {
    if (this.#waiting?.holds()) {
      this.#waiting.done();
      this.#waiting = null;
    }
  }

  /** Bytes on the wire as one write. */
  write(bytes) {
    this.talk.requests.feed(bytes);
    return new Promise((done) => this.socket.write(bytes, 'latin1', done));
  }

  /** Until `holds()` or the other side has closed; 10 s at most. */
  async until(holds, what) {
    const enough = () => this.closed || holds();
    if (enough()) return;
    const { promise, resolve, reject } = Promise.withResolvers();
    const timer = setTimeout(() => reject(new Error(`no ${what} within 10 s; ${this.#done} whole responses`)), 10_000);
    this.#waiting = { holds: enough, done: resolve };
    await promise.finally(() => clearTimeout(timer));
  }

  /** Until n final responses are whole. */
  answers(n) {
    return this.until(() => this.#done >= n, `${n} responses`);
  }

  /** Whether the last answer said that it is the last. */
  get #saidClose() {
    const fields = this.talk.responses.messages.at(-1)?.headers ?? [];
    return fields.some(([name, value]) => name.toLowerCase() === 'connection' && value.toLowerCase() === 'close');
  }

  /** Requests one after the other, each when the one before has its whole answer, until the server is done with us. */
  async ask(...requests) {
    for (const bytes of requests) {
      if (this.#saidClose) return;
      const before = this.#done;
      await this.write(bytes);
      await this.answers(before + 1);
    }
  }

  async close() {
    if (this.closed) return;
    const gone = once(this.socket, 'close');
    this.socket.destroy();
    await gone;
  }
}

let serial = 0;

/**
 * The bytes of a request. `headers` follow Host and X-N, which is different in each request and comes back in the answer of
 * every server here: so an answer given to the wrong request would show.
 */
export function request(method, target, { headers = [], body = '', version = '1.1', host = 'matrix.test' } = {}) {
  const fields = [...(host === null ? [] : [`Host: ${host}`]), `X-N: ${++serial}`, ...headers];
  return `${method} ${target} HTTP/${version}\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n${body}`;
}

export const get = (target, o) => request('GET', target, o);

export function post(target, body, { headers = [], ...o } = {}) {
  return request('POST', target, { ...o, headers: [...headers, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`], body });
}

/** A chunked body of these parts, `trailers` as lines. */
export function chunked(parts, trailers = []) {
  return `${parts.map((p) => `${p.length.toString(16)}\r\n${p}\r\n`).join('')}0\r\n${trailers.map((t) => `${t}\r\n`).join('')}\r\n`;
}
