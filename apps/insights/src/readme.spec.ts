import { readFileSync } from 'node:fs';
import { InsightsConfig, loadConfig } from '@headwater/config';
import { MODEL_REASONS } from '@headwater/insight-rules';
import { expect, it } from 'vitest';
import { placeOf } from './gateway/place.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!);

it('each example of the README is whole: it is taken as it is, and its address may be talked to', () => {
  expect(examples.length).toBe(6);
  const configs = examples.map((text) => loadConfig(InsightsConfig, { argv: ['--config', 'insights.yaml'], env: {}, readFile: () => text }));
  expect(configs.flatMap(({ gateway }) => (gateway ? [placeOf(gateway).url.href] : []))).toEqual([
    'https://api.openai.com/v1/chat/completions',
    'http://127.0.0.1:8787/v1/chat/completions',
    'https://litellm.example:4000/v1/chat/completions',
    'https://apipark.example:8099/insights/chat/completions',
    'https://llm.example/api/openai/chat_completion',
  ]);
});

it('the table of failures knows every reason', () => {
  expect(MODEL_REASONS.filter((reason) => !readme.includes(`\`${reason}\``))).toEqual([]);
});
