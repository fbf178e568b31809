// The truth of the matrix: what bytes on a connection mean, read by RFC 9112 and by nothing of ours. Text is latin-1: one
// character is one byte.

const OWS = /^[ \t]+|[ \t]+$/g;

/**
 * A head without its blank line as `{ line, headers: [name, value][] }`, in wire order, casing and repeats kept. A folded
 * line (RFC 9112 section 5.2) belongs to the value before it, its CR and LF being spaces.
 */
export function readHead(text) {
  const [line, ...fields] = text.replace(/\r\n(?=[ \t])/g, '  ').split('\r\n');
  return {
    line,
    headers: fields.map((f) => {
      const colon = f.indexOf(':');
      return [f.slice(0, colon), f.slice(colon + 1).replace(OWS, '')];
    }),
  };
}

const valuesOf = (headers, name) => headers.filter(([n]) => n.toLowerCase() === name).map(([, v]) => v.toLowerCase());

/** The path of a target as it stands: without query; of the absolute form only the path; nothing of CONNECT's. */
export function pathOf(method, target) {
  if (method === 'CONNECT') return '';
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^]*)$/i.exec(target);
  const local = absolute ? absolute[1] || '/' : target;
  return local.split('?')[0] || '/';
}

/** Messages of one direction of a connection, as they come. `methodOf(n)` says what the n-th final response answers. */
export class MessageReader {
  messages = [];
  interim = 0;
  #text = '';
  #state = 'head';
  #left = 0;
  #current = null;
  #methodOf;
  #onMessage;

  constructor(kind, { methodOf = () => 'GET', onHead = () => {}, onEnd = () => {} } = {}) {
    this.kind = kind;
    this.#methodOf = methodOf;
    this.#onMessage = { head: onHead, end: onEnd };
  }

  /** Bytes that came behind the last message, in a tunnel all of them. */
  tunnelled = 0;

  get between() {
    return this.#state === 'head' && this.#text === '';
  }

  /** From here on the bytes are no HTTP. */
  tunnel() {
    if (this.#current) this.#end();
    this.#state = 'tunnel';
    this.tunnelled += this.#text.length;
    this.#text = '';
  }

  /** The connection ended: so does what only its end delimits. */
  close() {
    if (this.#state === 'close') this.#end();
  }

  feed(text) {
    this.#text += text;
    while (this.#step());
  }

  #step() {
    const state = this.#state;
    if (state === 'tunnel') {
      this.tunnelled += this.#text.length;
      this.#text = '';
      return false;
    }
    if (state === 'close') {
      this.#take(this.#text.length);
      return false;
    }
    if (state === 'body' || state === 'chunk') return this.#data(state);
    if (state === 'head') return this.#head();
    const end = this.#text.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#text.slice(0, end);
    this.#take(end + 2);
    if (state === 'size') {
      this.#left = Number.parseInt(line, 16) + 2;
      this.#state = this.#left === 2 ? 'trailers' : 'chunk';
    } else if (line === '') this.#end();
    else this.#current.trailers++;
    return true;
  }

  #take(n) {
    this.#current.body += n;
    this.#text = this.#text.slice(n);
  }

  #data(state) {
    const n = Math.min(this.#left, this.#text.length);
    if (n === 0) return false;
    this.#take(n);
    this.#left -= n;
    if (this.#left > 0) return false;
    if (state === 'body') this.#end();
    else this.#state = 'size';
    return true;
  }

  #head() {
    if (this.kind === 'request') while (this.#text.startsWith('\r\n')) this.#text = this.#text.slice(2);
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const { line, headers } = readHead(this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 4);
    const m = { headers, body: 0, trailers: 0, ended: false };
    const codings = valuesOf(headers, 'transfer-encoding').join(',');
    const length = valuesOf(headers, 'content-length')[0];
    let framing = codings.endsWith('chunked') ? 'size' : length !== undefined ? 'body' : 'none';
    if (this.kind === 'request') {
      const cut = line.split(' ');
      Object.assign(m, { method: cut[0], target: cut.slice(1, -1).join(' '), version: cut.at(-1).slice(5) });
      m.path = pathOf(m.method, m.target);
    } else {
      m.status = Number(line.slice(9, 12));
      m.version = line.slice(5, 8);
      if (m.status < 200 && m.status !== 101) {
        this.interim++;
        return true;
      }
      const method = this.#methodOf(this.messages.length);
      if (framing === 'none') framing = 'close';
      if (method === 'HEAD' || m.status === 101 || m.status === 204 || m.status === 304 || (method === 'CONNECT' && m.status < 300)) framing = 'none';
      m.tunnel = m.status === 101 || (method === 'CONNECT' && m.status < 300);
    }
    this.messages.push(m);
    this.#current = m;
    this.#left = Number(length ?? 0);
    this.#state = framing;
    this.#onMessage.head(m);
    if (framing === 'none' || (framing === 'body' && this.#left === 0)) this.#end();
    return this.#state !== 'tunnel' || this.#text !== '';
  }

  #end() {
    const m = this.#current;
    m.ended = true;
    this.#current = null;
    this.#state = 'head';
    this.#onMessage.end(m);
  }
}

/** Both directions of one connection, and the exchanges they make up. */
export class Conversation {
  constructor({ onRequest = () => {}, onRequestHead = () => {}, onResponse = () => {} } = {}) {
    this.requests = new MessageReader('request', { onHead: onRequestHead, onEnd: onRequest });
    this.responses = new MessageReader('response', {
      methodOf: (n) => this.requests.messages[n]?.method ?? 'GET',
      onHead: (m) => {
        if (m.tunnel) this.requests.tunnel();
      },
      onEnd: (m) => {
        if (m.tunnel) this.responses.tunnel();
        onResponse(m);
      },
    });
  }

  /** `{ method, path, status, version, request: headers, response: headers }` of each; status 0 is one without an answer. */
  exchanges() {
    return this.requests.messages.map((q, i) => {
      const s = this.responses.messages[i];
      return { method: q.method, path: q.path, status: s?.status ?? 0, version: (s ?? q).version, request: q.headers, response: s?.headers ?? [] };
    });
  }
}
