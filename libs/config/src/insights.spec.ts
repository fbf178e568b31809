import { expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { InsightsConfig } from './insights.config.ts';
import { loadConfig } from './load.ts';

const STORES = ['--store.path', 's.db', '--state.path', 't.db', '--bus.path', 'b.db'];
const GATEWAY = ['--gateway.url', 'https://gateway.example', '--gateway.model', 'm'];
const load = (...argv: string[]) => loadConfig(InsightsConfig, { argv: [...STORES, ...argv], env: {} });

function problems(...argv: string[]): string[] {
  try {
    load(...argv);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.field} ${p.message}`);
  }
}

it('needs bus and stores alone: without a gateway nothing leaves', () => {
  expect(load()).toMatchObject({ group: 'headwater-insights', send_service_names: false, admin: { port: 9472 }, triggers: { alerts: true, digest: true } });
  expect(load().gateway).toBeUndefined();
});

it('has defaults for a gateway that is named', () => {
  expect(load(...GATEWAY).gateway).toMatchObject({ kind: 'openai-compatible', structured: 'auto', allow_plain_http: false, timeout_ms: 60_000, max_attempts: 4 });
});

it.each([
  ['a gateway without a model', ['--gateway.url', 'https://gateway.example'], 'gateway.model is missing'],
  [
    'a key and OAuth',
    [...GATEWAY, '--gateway.key.file', 'k', '--gateway.oauth.token_url', 'https://x/t', '--gateway.oauth.client_id', 'i', '--gateway.oauth.client_secret_file', 's'],
    'not both',
  ],
  ['a preset of another kind', [...GATEWAY, '--gateway.kind', 'wealthsimple', '--gateway.preset', 'litellm'], 'leave preset out'],
  ['APIPark without a path', [...GATEWAY, '--gateway.preset', 'apipark'], 'set path to the service'],
  ['a value of a key without its place', [...GATEWAY, '--gateway.key.file', 'k', '--gateway.key.value', 'Bearer'], '{key}'],
  ['an amount of money without prices', ['--budget.daily_cents', '100'], 'cents_per_million_input'],
  ['a setting that there is not', ['--gateway.api_key', 'sk-secret'], 'gateway.api_key'],
])('refuses %s, and says what to do', (_, argv, says) => {
  expect(problems(...argv).join('\n')).toContain(says);
});

it('takes a budget of no tokens, which asks nothing', () => {
  expect(problems(...GATEWAY, '--budget.daily_tokens', '0')).toEqual([]);
});

it('says nothing of the secret that a URL holds', () => {
  expect(problems('--gateway.url', 'ftp://user:sk-secret@gateway.example', '--gateway.model', 'm').join('\n')).not.toContain('sk-secret');
});
