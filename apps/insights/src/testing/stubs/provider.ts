import { askedOf, completion, openaiError, OPENAI_HEADERS, type Asked, type Said } from './completion.ts';
import { parsed, WireServer, type Call, type Reply } from './wire.ts';

/** What a request gets. A text is an answer of the model; a function makes one of what was asked. */
export type Behaviour = string | ((asked: Asked, call: Call) => string | Promise<string>) | Said | { reply: Reply | 'cut' | 'hang' };

/** A model provider that speaks OpenAI chat completions, on 127.0.0.1: each request takes the next behaviour, then the standing one. */
export class StubProvider {
  readonly server: WireServer;
  #queue: Behaviour[] = [];
  #standing: Behaviour;
  #refuses = new Map<string, (body: Record<string, unknown>) => Reply | null>();

  constructor(standing: Behaviour = '{"findings":[]}') {
    this.#standing = standing;
    this.server = new WireServer((call) => this.#answer(call));
  }

  /** without a path; the base URL of SDKs is `${url}/v1` */
  get url(): string {
    return this.server.url;
  }

  /** requests so far, to the byte */
  get calls(): readonly Call[] {
    return this.server.calls;
  }

  /** what the next requests get, in this order */
  next(...behaviours: Behaviour[]): this {
    this.#queue.push(...behaviours);
    return this;
  }

  /** what every request gets while nothing is queued; forgets what is */
  always(behaviour: Behaviour): this {
    this.#standing = behaviour;
    this.#queue = [];
    return this;
  }

  /** from now on: 400 to response formats of these types, as a provider that does not know them */
  refuseFormats(...types: ('json_schema' | 'json_object')[]): this {
    this.#refuses.set('response_format', (body) => {
      const type = (body['response_format'] as { type?: string } | undefined)?.type;
      return types.some((t) => t === type)
        ? openaiError(400, `Invalid parameter: 'response_format' of type '${type}' is not supported with this model.`, { param: 'response_format' })
        : null;
    });
    return this;
  }

  /** from now on: 400 to bodies with this field, as a provider that does not know it */
  refuseField(field: string, message = `Unsupported parameter: '${field}' is not supported with this model.`): this {
    this.#refuses.set(field, (body) => (field in body ? openaiError(400, message, { param: field, code: 'unsupported_parameter' }) : null));
    return this;
  }

  /** from now on: 401 unless `Authorization: Bearer <key>` */
  requireKey(key: string): this {
    this.#key = key;
    return this;
  }
  #key: string | null = null;

  async listen(port = 0): Promise<this> {
    await this.server.listen(port);
    return this;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  async #answer(call: Call): Promise<Reply | 'cut' | 'hang'> {
    if (call.method === 'GET' && call.path.endsWith('/models')) return json({ object: 'list', data: [{ id: 'stub', object: 'model' }] });
    if (call.method !== 'POST' || !call.path.endsWith('/chat/completions')) return openaiError(404, `Invalid URL (${call.method} ${call.path})`);
    if (this.#key !== null && !call.headers.some(([n, v]) => n.toLowerCase() === 'authorization' && v === `Bearer ${this.#key}`))
      return openaiError(401, 'Incorrect API key provided: sk-stub***.', { code: 'invalid_api_key' });
    const body = parsed(call.body);
    if (typeof body !== 'object' || body === null) return openaiError(400, 'We could not parse the JSON body of your request.');
    for (const refuse of this.#refuses.values()) {
      const refused = refuse(body as Record<string, unknown>);
      if (refused) return refused;
    }
    const behaviour = this.#queue.shift() ?? this.#standing;
    if (typeof behaviour === 'object' && 'reply' in behaviour) return behaviour.reply;
    const asked = askedOf(call);
    const said: Said = typeof behaviour === 'string' ? { content: behaviour } : typeof behaviour === 'function' ? { content: await behaviour(asked, call) } : behaviour;
    return json(completion(asked.model, said));
  }
}

function json(body: object): Reply {
  return { status: 200, headers: OPENAI_HEADERS, body: JSON.stringify(body) };
}

const HTML = '<html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>';

/** Faults by name: each a behaviour, or a function that makes one. */
export const FAULTS = {
  /** 429 with the headers given, by default as OpenAI's: two seconds, and 1500 ms more precisely */
  rateLimited: (headers: Record<string, string> = { 'retry-after': '2', 'retry-after-ms': '1500' }): Behaviour => ({
    reply: openaiError(429, 'Rate limit reached for stub', { type: 'requests', code: 'rate_limit_exceeded', headers }),
  }),
  quota: (): Behaviour => ({
    reply: openaiError(429, 'You exceeded your current quota, please check your plan and billing details.', { type: 'insufficient_quota', code: 'insufficient_quota' }),
  }),
  status: (status: number, message = `stub says ${status}`, headers: Record<string, string> = {}): Behaviour => ({
    reply: openaiError(status, message, { type: status >= 500 ? 'server_error' : 'invalid_request_error', headers }),
  }),
  denied: (): Behaviour => ({ reply: openaiError(401, 'Incorrect API key provided: sk-stub***.', { code: 'invalid_api_key' }) }),
  /** answers after this long */
  slow: (delayMs: number, text = '{"findings":[]}'): Behaviour => ({ reply: { ...json(completion('stub', { content: text })), delayMs } }),
  /** never answers */
  hang: { reply: 'hang' } as Behaviour,
  /** the connection ends without an answer */
  cut: { reply: 'cut' } as Behaviour,
  /** the connection ends in the middle of a good answer */
  cutBody: (): Behaviour => ({ reply: { ...json(completion('stub', { content: '{"findings":[]}' })), cutAt: 60 } }),
  /** 200 whose body ends too early, though whole by its length */
  brokenBody: { reply: { status: 200, headers: OPENAI_HEADERS, body: '{"id":"chatcmpl-stub","choices":[{"index":0,"message":{"role":"assist' } } as Behaviour,
  empty: { reply: { status: 200, headers: OPENAI_HEADERS, body: '' } } as Behaviour,
  html: { reply: { status: 200, headers: { 'content-type': 'text/html' }, body: HTML } } as Behaviour,
  /** 200, well-formed, but no completion */
  noChoices: { reply: { status: 200, headers: OPENAI_HEADERS, body: '{"ok":true}' } } as Behaviour,
  /** an answer of about this many bytes */
  huge: (bytes = 10_000_000): Behaviour => ({ content: 'x'.repeat(bytes) }),
  refusal: { content: null, refusal: "I'm sorry, I cannot help with that." } as Behaviour,
  contentFilter: { content: null, finish: 'content_filter' } as Behaviour,
  /** stopped by the most tokens allowed, in the middle of its JSON */
  length: { content: '{"findings":[{"title":"Errors on', finish: 'length' } as Behaviour,
  /** the model's text is no JSON */
  malformed: 'Sure! Here is what I found: {"findings": [' as Behaviour,
  /** the model's text is JSON of another shape */
  wrongSchema: '{"insights":[{"headline":"all is well"}]}' as Behaviour,
  redirect: (location: string): Behaviour => ({ reply: { status: 307, headers: { location }, body: '' } }),
} as const;
