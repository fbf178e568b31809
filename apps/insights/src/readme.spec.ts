import { readFileSync } from 'node:fs';
import { InsightsConfig, loadConfig } from '@headwater/config';
import { MODEL_REASONS } from '@headwater/insight-rules';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { placeOf } from './gateway/place.ts';
import { createReports } from './report/metrics.ts';

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

it('the table of metrics knows every one of ours, and no other', () => {
  const { registry } = createReports(pino({ level: 'silent' }), { seconds: [1], tokens: [1] }, Date.now);
  const ours = registry
    .getMetricsAsArray()
    .map((m) => m.name.replace(/^headwater_insights_/, ''))
    .filter((name) => !/^(process|nodejs)_/.test(name));
  const table = readme.slice(readme.indexOf('## Metrics'), readme.indexOf('## When the gateway fails'));
  const told = table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`(\w+)/g)].map((m) => m[1]!));
  expect(told.toSorted()).toEqual(ours.toSorted());
});
