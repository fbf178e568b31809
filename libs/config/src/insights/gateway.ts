import { Choice, Cross, Part, Switch, Text, TextList, Url, Whole } from '../setting.ts';

export class GatewayKeyConfig {
  @Text('File with the key, read again when it changes; its last newline is cut')
  file!: string;

  @Text('Header that carries it, spelled exactly as it is sent (default: that of the preset, else Authorization)', {
    optional: true,
    matches: /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/,
    fix: 'must be the name of a header field',
  })
  header?: string;

  @Text('Value of that header, with {key} in the place of the key (default: that of the preset, else "Bearer {key}")', {
    optional: true,
    matches: /^[\x20-\x7e]*\{key\}[\x20-\x7e]*$/,
    fix: 'must hold {key} and printable ASCII',
  })
  value?: string;
}

export class GatewayOauthConfig {
  @Url('Token endpoint for the client credentials grant (RFC 6749 section 4.4)')
  token_url!: string;

  @Text('Client id')
  client_id!: string;

  @Text('File with the client secret; its last newline is cut')
  client_secret_file!: string;

  @Text('Scope that is asked for', { optional: true })
  scope?: string;

  @Text('Audience or resource that is asked for', { optional: true })
  audience?: string;
}

@Cross<GatewayConfig>((c) => (c.key && c.oauth ? { fields: ['key', 'oauth'], message: 'the gateway is shown a key or a token of OAuth, not both; leave one out' } : null))
@Cross<GatewayConfig>((c) =>
  c.kind === 'wealthsimple' && c.preset ? { fields: ['kind', 'preset'], message: 'presets are for openai-compatible gateways; leave preset out' } : null,
)
@Cross<GatewayConfig>((c) =>
  c.preset === 'apipark' && !c.path ? { fields: ['preset', 'path'], message: "APIPark has no fixed path; set path to the service's, /<service prefix>/chat/completions" } : null,
)
export class GatewayConfig {
  @Choice('What it speaks: OpenAI chat completions (APIPark, Portkey, LiteLLM, vLLM, OpenAI ...), or the API of Wealthsimple llm-gateway', ['openai-compatible', 'wealthsimple'])
  kind: 'openai-compatible' | 'wealthsimple' = 'openai-compatible';

  @Choice('Defaults for a product', ['apipark', 'portkey', 'litellm'], { optional: true })
  preset?: 'apipark' | 'portkey' | 'litellm';

  @Url('Base URL, without the path; secrets in it are not logged', { secret: true })
  url!: string;

  @Text('Path of the chat completions (default: /v1/chat/completions; wealthsimple: /api/openai/chat_completion)', {
    optional: true,
    matches: /^\/[\x21-\x7e]*$/,
    fix: 'must begin with / and hold printable ASCII without spaces',
  })
  path?: string;

  @Text('Model, as the gateway calls it')
  model!: string;

  @Part(GatewayKeyConfig, 'Key that the gateway asks for', { optional: true })
  key?: GatewayKeyConfig;

  @Part(GatewayOauthConfig, 'Token that the gateway asks for, by client credentials', { optional: true })
  oauth?: GatewayOauthConfig;

  @Text('File with further headers, one "name: value" a line (provider, configuration, organization)', { optional: true })
  headers_file?: string;

  @TextList('Hosts that may be talked to, as host or host:port; by default that of url and of oauth.token_url', { optional: true })
  allowed_hosts?: string[];

  @Switch('Whether http:// without TLS is allowed to another machine than this one')
  allow_plain_http = false;

  @Text("PEM file of the authority that signed the gateway's certificate, where that is not one of the well-known ones", { optional: true })
  ca_file?: string;

  @Choice('How structured answers are asked for; auto begins with json_schema and goes on with what is not refused', ['auto', 'json_schema', 'json_object', 'plain'])
  structured: 'auto' | 'json_schema' | 'json_object' | 'plain' = 'auto';

  @Whole('Most tokens of an answer', 200, 100_000)
  max_output_tokens = 2_000;

  @Whole('Most bytes of an answer', 10_000, 16_777_216)
  max_answer_bytes = 1_048_576;

  @Whole('How long one request may take, ms', 100, 600_000)
  timeout_ms = 60_000;

  @Whole('How long one insight may take with all requests and pauses, ms', 1_000, 1_800_000)
  deadline_ms = 180_000;

  @Whole('Requests of one insight at most, first included; the repair of an answer has as many', 1, 10)
  max_attempts = 4;
}
