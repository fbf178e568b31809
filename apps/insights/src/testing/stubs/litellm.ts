import { askUpstream } from './upstream.ts';
import { headerOf, parsed, WireServer, type Call, type Reply } from './wire.ts';

interface LitellmOptions {
  /** of the provider, without a path */
  upstream: string;
  /** master key; without a database every other key is answered 400 */
  key: string;
  /** model groups it knows; others are 400 */
  models?: string[];
  /** said in `x-litellm-response-cost` */
  costUsd?: number;
  /** false: the package prisma is missing, and a request without a key is a bare 500 */
  prisma?: boolean;
}

/** LiteLLM's proxy (1.106) before a provider, without a database and without retries of its own. */
export class StubLitellm {
  readonly server: WireServer;
  readonly #options: LitellmOptions;
  #calls = 0;

  constructor(options: LitellmOptions) {
    this.#options = options;
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
    if (!/^(\/v1)?\/chat\/completions$/.test(call.path)) return { status: 404, headers: JSON_HEADERS, body: '{"detail":"Not Found"}' };
    const shown = headerOf(call.headers, 'authorization')?.replace(/^Bearer /, '') ?? headerOf(call.headers, 'x-api-key') ?? headerOf(call.headers, 'api-key');
    if (shown === undefined)
      return this.#options.prisma === false
        ? { status: 500, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Internal Server Error' }
        : failure(401, 'auth_error', 'Authentication Error, No api key passed in.', 'None');
    if (shown !== this.#options.key) return failure(400, 'no_db_connection', 'No connected db.', null);
    const body = parsed(call.body) as Record<string, unknown> | undefined;
    if (typeof body !== 'object' || body === null) return failure(400, 'None', 'Invalid JSON payload', null);
    const { models } = this.#options;
    if (models && !models.includes(String(body['model'])))
      return failure(
        400,
        'invalid_request_error',
        `/chat/completions: Invalid model name passed in model=${String(body['model'])}. Call \`/v1/models\` to view available models for your key.`,
        null,
      );
    if (!('messages' in body)) return failure(400, 'invalid_request_error', "/chat/completions: 'messages' is a required property", 'messages');
    return this.#ask(body);
  }

  async #ask(body: Record<string, unknown>): Promise<Reply> {
    const group = String(body['model']);
    // No header of the caller goes on.
    const said = await askUpstream(`${this.#options.upstream}/v1/chat/completions`, JSON.stringify(body), {
      authorization: 'Bearer sk-of-the-gateway',
      'user-agent': 'OpenAI/Python 1.99',
    });
    const tail = `\n\nLiteLLM: model group '${group}' failed with 0 retries. Available Model Group Fallbacks=None. No fallback was attempted.`;
    if ('failed' in said) return failure(500, 'None', `litellm.InternalServerError: InternalServerError: OpenAIException - Connection error..${tail}`, null);
    const answer = parsed(said.body) as { choices?: { message: Record<string, unknown> }[]; error?: { message?: string } } | undefined;
    const moved = { ...this.#own(group), ...movedHeaders(said.headers) };
    if (said.status !== 200) {
      const [kind, type] = KINDS[said.status] ?? ['InternalServerError', 'internal_server_error'];
      return failure(said.status, type, `litellm.${kind}: ${kind}: OpenAIException - ${answer?.error?.message ?? said.body}${tail}`, null, moved);
    }
    if (!answer?.choices)
      return failure(
        500,
        'None',
        `litellm.InternalServerError: InternalServerError: OpenAIException - Empty or invalid response from LLM endpoint. Received: '${said.body.slice(0, 200)}'. Check the reverse proxy or model server configuration.${tail}`,
        null,
        moved,
      );
    for (const choice of answer.choices) {
      const { refusal, ...message } = choice.message;
      choice.message = { ...message, tool_calls: null, function_call: null, provider_specific_fields: { refusal: refusal ?? null } };
    }
    return { status: 200, headers: moved, body: JSON.stringify(answer) };
  }

  #own(group: string): Record<string, string> {
    const { costUsd, upstream } = this.#options;
    return {
      ...JSON_HEADERS,
      'x-litellm-call-id': `call-stub-${++this.#calls}`,
      'x-litellm-model-id': 'e3b0c44298fc1c14',
      'x-litellm-model-api-base': `${upstream}/v1`,
      'x-litellm-version': '1.106.2',
      'x-litellm-model-group': group,
      'x-litellm-key-spend': '0.0',
      'x-litellm-response-duration-ms': '25.31',
      'x-litellm-overhead-duration-ms': '3.02',
      'x-litellm-attempted-retries': '0',
      'x-litellm-attempted-fallbacks': '0',
      ...(costUsd === undefined ? {} : { 'x-litellm-response-cost': String(costUsd) }),
    };
  }
}

const JSON_HEADERS = { server: 'uvicorn', 'content-type': 'application/json' };

/** Class and type of what a status of the provider becomes. */
const KINDS: Record<number, [string, string]> = {
  400: ['BadRequestError', 'invalid_request_error'],
  401: ['AuthenticationError', 'authentication_error'],
  404: ['NotFoundError', 'invalid_request_error'],
  408: ['Timeout', 'invalid_request_error'],
  429: ['RateLimitError', 'throttling_error'],
  503: ['ServiceUnavailableError', 'internal_server_error'],
};

/** Of the provider's headers only limits stay where they were; the rest, retry-after too, gets a prefix. */
function movedHeaders(headers: Record<string, string>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    out[`llm_provider-${name}`] = value;
    if (/^x-ratelimit-(limit|remaining)-/.test(name)) out[name] = value;
    if (name === 'x-request-id') out['request-id'] = value;
  }
  return out;
}

function failure(status: number, type: string, message: string, param: string | null, headers: Record<string, string> = JSON_HEADERS): Reply {
  return { status, headers, body: JSON.stringify({ error: { message, type, param, code: String(status) } }) };
}
