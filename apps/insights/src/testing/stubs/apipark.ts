import { askUpstream } from './upstream.ts';
import { headerOf, parsed, WireServer, type Call, type Reply } from './wire.ts';

interface ApiparkOptions {
  /** of the provider, without a path */
  upstream: string;
  /** of the application: by default a random UUID in the header `Authorization`, bare */
  key: string;
  /** of the AI service, chosen in the console */
  prefix?: string;
  /** the route's: what the caller asks for is replaced */
  model?: string;
}

/** APIPark's data plane (Apinto) before a provider. Its path is `/<prefix>/chat/completions`. */
export class StubApipark {
  readonly server: WireServer;
  readonly path: string;
  readonly #options: ApiparkOptions;
  #down = false;

  constructor(options: ApiparkOptions) {
    this.#options = options;
    this.path = `/${options.prefix ?? 'insight'}/chat/completions`;
    this.server = new WireServer((call) => this.#answer(call));
  }

  get url(): string {
    return this.server.url;
  }

  get calls(): readonly Call[] {
    return this.server.calls;
  }

  /** The provider's configuration is posted again: it is asked again. */
  restore(): void {
    this.#down = false;
  }

  async listen(port = 0): Promise<this> {
    await this.server.listen(port);
    return this;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  async #answer(call: Call): Promise<Reply | 'cut' | 'hang'> {
    if (call.method !== 'POST' || call.path !== this.path) return text(404, '404 Not Found');
    // The name is looked up as it was spelled: `authorization` and `AUTHORIZATION` are other headers, and `Bearer` is part of another key.
    if (!call.headers.some(([name, value]) => name === 'Authorization' && value === this.#options.key)) return text(401, 'missing or invalid token');
    if (typeof call.json !== 'object' || call.json === null)
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '{"code":-1,"error":"invalid character \'h\' looking for beginning of value"}' };
    // Once an answer of the provider was no completion, every call is answered like this, without asking.
    if (this.#down) return exhausted();
    const body = JSON.stringify({ ...call.json, model: this.#options.model ?? 'stub-of-the-route' });
    const agent = headerOf(call.headers, 'user-agent') ?? '';
    const said = await askUpstream(`${this.#options.upstream}/v1/chat/completions`, body, {
      Authorization: 'Bearer sk-of-the-gateway',
      'X-Forwarded-For': '127.0.0.1',
      'User-Agent': agent,
    });
    if ('failed' in said) {
      this.#down = true;
      return said.failed === 'dropped' ? text(504, 'the server closed connection before returning the first response byte') : text(504, 'unexpected EOF');
    }
    const headers = { ...said.headers, 'X-AI-Provider': 'openai', 'X-AI-Model': this.#options.model ?? 'stub-of-the-route' };
    const answer = parsed(said.body) as { choices?: unknown; error?: unknown } | undefined;
    if (said.status === 200 && answer?.choices === undefined) {
      this.#down = true;
      return exhausted();
    }
    return { status: said.status, headers: said.status === 200 ? { ...headers, 'Content-Encoding': 'utf-8' } : headers, body: said.body };
  }
}

function exhausted(): Reply {
  return text(400, 'all balances exhausted or unavailable');
}

function text(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
