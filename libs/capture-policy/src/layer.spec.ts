import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { policyName, toLayer } from './layer.ts';
import { readPolicy } from './read.ts';

it('writes out every default', () => {
  expect(toLayer({ schema: 1, id: 'a', version: 1 })).toEqual({
    id: 'a',
    version: 1,
    rules: [],
    path: 'template',
    queryNames: false,
    clientAddress: 'truncate',
    filters: [],
    keepSlowerThanMs: 1000,
  });
});

it('carries every key of rules and filters', () => {
  const doc = readPolicy(readFileSync(new URL('../examples/shop.yaml', import.meta.url), 'utf8'), 'shop.yaml');
  expect(policyName(doc)).toBe('shop@3');
  expect(toLayer(doc)).toMatchObject({
    queryNames: true,
    keepSlowerThanMs: 500,
    rules: [{ header: 'x-request-id', action: 'keep' }, { header: 'x-shop-*', service: 'checkout*', action: 'keep' }, { action: 'hash' }, { action: 'drop' }],
    filters: [
      { match: { path: '/healthz' }, log: 'none' },
      { match: { methods: ['GET', 'HEAD'], statuses: ['2xx', '3xx'] }, log: 10 },
    ],
  });
  const full = toLayer({
    schema: 1,
    id: 'a',
    version: 1,
    filters: [
      { match: { host: 'h', path: '/p', service: 's', role: 'client', port: [1], header: { name: 'x', direction: 'request', value: 'v' }, slower_than_ms: 5 }, log: 'all' },
      { log: 'none' },
    ],
  });
  expect(full.filters).toEqual([
    { match: { host: 'h', path: '/p', service: 's', role: 'client', ports: [1], header: { name: 'x', direction: 'request', value: 'v' }, slowerThanMs: 5 }, log: 'all' },
    { match: {}, log: 'none' },
  ]);
});
