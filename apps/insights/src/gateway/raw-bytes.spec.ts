import { readFileSync } from 'node:fs';
import type { GatewayConfig } from '@headwater/config';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completion, WireServer } from '../testing/stubs/index.ts';
import { openAdapter } from './adapter.ts';
import { Files, gatewayConfig, prompt, SCHEMA, Told } from './testing/asking.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
const KEY = 'b7e1a2c4-0d4f-4b52-9d3e-2f6c8a917f10';
const files = new Files();
afterAll(() => files.remove());

let server: WireServer;
beforeEach(async () => {
  server = await new WireServer(() => ({ status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(completion('stub', { content: '{}' })) })).listen();
});
afterEach(() => server.close());

/** Head and body of what reached the server. */
async function bytesOf(settings: Partial<GatewayConfig>, asked = prompt()): Promise<{ head: string[]; body: unknown }> {
  const gateway = openAdapter(gatewayConfig({ url: server.url, ...settings }));
  try {
    await gateway.complete(asked, new Told());
  } finally {
    await gateway.close();
  }
  const [head = '', body = ''] = server.calls[0]!.raw.toString('latin1').split('\r\n\r\n');
  return { head: head.split('\r\n'), body: JSON.parse(body) };
}

const keyFile = () => files.write('key', `${KEY}\n`);

describe('what reaches a gateway, to the byte', () => {
  it('APIPark: the bare key in a header spelled exactly Authorization, on the path of the service', async () => {
    const { head } = await bytesOf({ preset: 'apipark', path: '/shop/chat/completions', key: { file: keyFile() } });
    expect(head[0]).toBe('POST /shop/chat/completions HTTP/1.1');
    expect(head).toContain(`Authorization: ${KEY}`);
    expect(head.filter((line) => /^authorization:/i.test(line))).toHaveLength(1);
  });

  it.each(['litellm', 'portkey', undefined] as const)('%s: Bearer and the key, on /v1/chat/completions', async (preset) => {
    const { head } = await bytesOf({ ...(preset ? { preset } : {}), key: { file: keyFile() } });
    expect(head[0]).toBe('POST /v1/chat/completions HTTP/1.1');
    expect(head).toContain(`Authorization: Bearer ${KEY}`);
  });

  it('writes each header once, as it is spelled here', async () => {
    const { head } = await bytesOf({ key: { file: keyFile() } });
    const length = server.calls[0]!.body.length;
    expect([...head.slice(1)].sort()).toEqual(
      [
        `host: 127.0.0.1:${server.port}`,
        'connection: keep-alive',
        `Authorization: Bearer ${KEY}`,
        'content-type: application/json',
        'accept: application/json',
        'accept-encoding: identity',
        `user-agent: headwater-insights/${version}`,
        'idempotency-key: c0ffee00c0ffee00',
        'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        `content-length: ${length}`,
      ].sort(),
    );
  });

  it('spells a key header as configured, whatever its case', async () => {
    const { head } = await bytesOf({ key: { file: keyFile(), header: 'X-aPi-KEY', value: 'Token token="{key}"' } });
    expect(head).toContain(`X-aPi-KEY: Token token="${KEY}"`);
    expect(head.some((line) => /^authorization:/i.test(line))).toBe(false);
  });

  it('adds the headers of a file as they are spelled there', async () => {
    const headers = files.write('headers', '# Portkey\nx-portkey-provider: openai\r\nX-Portkey-Config: {"retry":{"attempts":0}}\n\n');
    const { head } = await bytesOf({ preset: 'portkey', headers_file: headers });
    expect(head).toContain('x-portkey-provider: openai');
    expect(head).toContain('X-Portkey-Config: {"retry":{"attempts":0}}');
  });

  it('asks in the shape of OpenAI', async () => {
    const { body } = await bytesOf({}, prompt({ format: 'json_schema', repair: { answer: 'no', problem: 'it is no JSON' } }));
    expect(body).toEqual({
      model: 'stub',
      messages: [
        { role: 'system', content: 'You look at figures.' },
        { role: 'user', content: 'Figures: {"ep_1":{"error_pct":12.5}}' },
        { role: 'assistant', content: 'no' },
        { role: 'user', content: 'That answer cannot be used: it is no JSON\nAnswer again with the whole corrected JSON and nothing else.' },
      ],
      temperature: 0,
      max_completion_tokens: 500,
      response_format: { type: 'json_schema', json_schema: { name: 'insight', strict: true, schema: SCHEMA } },
    });
  });

  it("asks in Wealthsimple's shape: nothing among model_kwargs but the limit and the format", async () => {
    const { head, body } = await bytesOf({ kind: 'wealthsimple' }, prompt({ format: 'json_object' }));
    expect(head[0]).toBe('POST /api/openai/chat_completion HTTP/1.1');
    expect(body).toEqual({
      model: 'stub',
      messages: [
        { role: 'system', content: 'You look at figures.' },
        { role: 'user', content: 'Figures: {"ep_1":{"error_pct":12.5}}' },
      ],
      temperature: 0,
      model_kwargs: { max_completion_tokens: 500, response_format: { type: 'json_object' } },
    });
  });

  it.each([
    ['/', '/v1/chat/completions'],
    ['/v1', '/v1/chat/completions'],
    ['/ai/v1/', '/ai/v1/chat/completions'],
    ['/ai', '/ai/v1/chat/completions'],
  ])('a base URL that ends in %s leads to %s', async (base, path) => {
    const { head } = await bytesOf({ url: `${server.url}${base}` });
    expect(head[0]).toBe(`POST ${path} HTTP/1.1`);
  });

  it('keeps connections for requests that follow each other', async () => {
    const gateway = openAdapter(gatewayConfig({ url: server.url }));
    for (let i = 0; i < 6; i++) await gateway.complete(prompt(), new Told());
    // The second when a request comes before the first has heard that its answer is over.
    expect(server.connections).toBeLessThan(3);
    await gateway.close();
    await expect.poll(() => server.connections).toBe(0);
  });
});
