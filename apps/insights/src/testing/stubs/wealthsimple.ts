import { scrub } from './scrubber.ts';
import { askUpstream, type Upstream } from './upstream.ts';
import { parsed, WireServer, type Call, type Reply } from './wire.ts';

/** Calls of its client library that it makes again, three times more, without a pause; a 400 of the provider is final. */
const CALLS = 4;

/** Wealthsimple llm-gateway before a provider: its own path and shape, no authentication, a scrubber, and 500 for whatever fails. */
export class StubWealthsimple {
  readonly server: WireServer;
  readonly #upstream: string;

  /** @param upstream of the provider, without a path */
  constructor(upstream: string) {
    this.#upstream = `${upstream}/v1/chat/completions`;
    this.server = new WireServer((call) => this.#answer(call));
  }

  get url(): string {
    return this.server.url;
  }

  get calls(): readonly Call[] {
    return this.server.calls;
  }

  async listen(port = 0): Promise<this> {
    await this.server.listen(port);
    return this;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  async #answer(call: Call): Promise<Reply> {
    if (call.path === '/api/healthcheck') return plain(200, { message: 'llm-gateway is healthy' });
    if (call.path !== '/api/openai/chat_completion') return plain(404, { detail: 'Not Found' });
    if (call.method !== 'POST') return plain(405, { detail: 'Method Not Allowed' });
    const asked = call.json;
    if (typeof asked !== 'object' || asked === null)
      return plain(422, { detail: [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx: { error: 'Expecting value' } }] });
    const { model = 'gpt-3.5-turbo', messages = [], temperature = 0, model_kwargs: more = {} } = asked as Record<string, unknown>;
    if (!Array.isArray(messages)) return plain(422, { detail: [{ loc: ['body', 'messages'], msg: 'value is not a valid list', type: 'type_error.list' }] });
    if (typeof more !== 'object' || more === null) return plain(422, { detail: [{ loc: ['body', 'model_kwargs'], msg: 'value is not a valid dict', type: 'type_error.dict' }] });
    for (const name of ['model', 'messages', 'temperature'])
      if (name in more) return broken(`llm_gateway.providers.openai.OpenAIWrapper.send_openai_request() got multiple values for keyword argument '${name}'`);
    const scrubbed = [];
    for (const message of messages as Record<string, unknown>[]) {
      if (!('content' in message)) return broken("'content'");
      if (typeof message['content'] !== 'string') return broken("Expected str/dict, got type(text)=<class 'list'>");
      scrubbed.push({ ...message, content: scrub(message['content']) });
    }
    // max_tokens, at the top or among the arguments, is a parameter of its function that chat does not use.
    const { max_tokens: _dropped, ...passed } = more as Record<string, unknown>;
    return this.#ask(JSON.stringify({ model, messages: scrubbed, temperature, stream: false, ...passed }));
  }

  async #ask(body: string): Promise<Reply> {
    let why = '';
    for (let call = 1; call <= CALLS; call++) {
      // No header of the caller goes on; the key is the gateway's own.
      const said = await askUpstream(this.#upstream, body, { authorization: 'Bearer sk-of-the-gateway', 'user-agent': 'OpenAI/v1 PythonBindings/0.27.8' });
      if (!('failed' in said) && said.status === 200 && parsed(said.body) !== undefined)
        return { status: 200, headers: { date: new Date().toUTCString(), server: 'uvicorn', 'content-type': 'application/json' }, body: said.body };
      why = pythonic(said);
      if (!('failed' in said) && (said.status === 400 || said.status === 404)) break;
    }
    return broken(why);
  }
}

/** Texts of the errors of openai 0.27. */
function pythonic(said: Upstream): string {
  if ('failed' in said)
    return said.failed === 'dropped'
      ? "Error communicating with OpenAI: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))"
      : "Error communicating with OpenAI: ('Connection broken: IncompleteRead(60 bytes read, 300 more expected)', IncompleteRead(60 bytes read, 300 more expected))";
  const { status, body, headers } = said;
  const error = (parsed(body) as { error?: { message?: string } } | undefined)?.error;
  if (error === undefined) return status === 503 ? 'The server is overloaded or not ready yet.' : `HTTP code ${status} from API (${body})`;
  if ([400, 401, 403, 404, 409, 415, 429].includes(status)) return String(error.message);
  return `${error.message} ${body} ${status} ${python(parsed(body))} ${python(headers)}`;
}

function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([k, v]) => `'${k}': ${python(v)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function broken(text: string): Reply {
  return plain(500, { detail: `Internal error due to: ${text}` });
}

function plain(status: number, body: object): Reply {
  return { status, headers: { date: new Date().toUTCString(), server: 'uvicorn', 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
