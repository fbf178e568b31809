// golden/*.arrow are batches as a version wrote them. They must stay readable for ever, and the writer of their own
// version must still write the same bytes. `UPDATE_GOLDEN=1 vitest run golden` writes files that do not exist yet.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { EventColumnsBuilder } from './builder.ts';
import type { EventRow } from './builder.ts';
import { decodeBatch } from './codec/decode.ts';
import { encodeBatch } from './codec/encode.ts';
import { toJson } from './json.ts';

const place = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const schemaOf = (name: string): object => JSON.parse(readFileSync(place(`schemas/${name}.schema.json`), 'utf8')) as object;
const ajv = new Ajv.default({ strict: true, strictTypes: false, formats: { 'date-time': true }, keywords: ['x-arrow'] });

const CASES: Record<string, EventRow[]> = {
  'v1-0.2-empty': [],
  'v1-0.2-minimal': [{ start_time: '2026-11-22T19:00:00.123456789Z' }],
  'v1-0.2-exchanges': [
    {
      start_time: '2026-11-22T19:00:00.000000001Z',
      'headwater.phase': 'complete',
      'headwater.role': 'server',
      'service.name': 'shop',
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': '/orders/{int}',
      'url.query': 'page&sort',
      'http.route': '/orders/{int}',
      'server.address': 'shop.example',
      'server.port': 443,
      'client.address': '10.0.0.7',
      'network.transport': 'tcp',
      'network.protocol.version': '1.1',
      'http.response.status_code': 200,
      'headwater.ttfb_ns': 1_500_000,
      'headwater.total_ns': 2_750_001,
      'http.request.size': 412,
      'http.request.body.size': 0,
      'http.response.size': 9_007_199_254_740_991,
      'http.response.body.size': 5_000_000_000,
      'http.request.headers': [
        { name: 'Host', value: 'shop.example' },
        { name: 'X-Latin', value: 'caf\u00e9\u00ff' },
        { name: 'authorization', value: 'Bearer', action: 'summary' },
        { name: 'Cookie', value: 'k1:3f2a', action: 'hash' },
      ],
      'http.response.headers': [
        { name: 'Set-Cookie', value: 'a', action: 'mask' },
        { name: 'Set-Cookie', value: '', action: 'presence' },
      ],
      'process.pid': 4_294_967_295,
      'process.executable.name': 'nginx',
      'container.id': 'c0ffee',
      'k8s.pod.uid': 'pod',
      'headwater.unit': 'nginx.service',
      'headwater.connection': 18_446_744_073_709_551_615n,
      'headwater.ordinal': 3,
      'headwater.srtt_us': 250,
      'headwater.retransmits': 1,
      'tls.protocol.version': '1.3',
      'headwater.tls_library': 'openssl',
      'rpc.system': 'grpc',
      'rpc.grpc.status_code': 5,
      'headwater.weight': 10,
      'headwater.policy': 'default@1',
      'headwater.key_id': 'k1',
      'headwater.flags': ['gap', 'replayed'],
      'container.name': 'web',
      'k8s.pod.name': 'shop-0',
      'k8s.namespace.name': 'store',
      'service.peer.name': 'edge',
      'headwater.netns': 4_026_531_840,
    },
    {
      start_time: '2026-11-22T19:00:01.000000000Z',
      'headwater.phase': 'begin',
      'headwater.role': 'client',
      'service.name': 'shop',
      'error.type': 'connection_reset',
      'headwater.ordinal': 4,
    },
  ],
};

describe('golden batches', () => {
  const validate = ajv.compile(schemaOf('header-event.v1'));
  for (const [name, rows] of Object.entries(CASES)) {
    it(`${name} is still written and read the same`, () => {
      const bytes = encodeBatch(rows.reduce((b, r) => b.add(r), new EventColumnsBuilder()).finish());
      const arrow = place(`golden/${name}.arrow`);
      const json = place(`golden/${name}.json`);
      if (process.env['UPDATE_GOLDEN'] && !existsSync(arrow)) {
        const batch = decodeBatch(bytes);
        writeFileSync(arrow, bytes);
        writeFileSync(
          json,
          `${JSON.stringify(
            Array.from({ length: batch.rows }, (_, i) => toJson(batch, i)),
            null,
            2,
          )}\n`,
        );
      }
      expect(Buffer.compare(readFileSync(arrow), bytes)).toBe(0);
    });
  }

  it('every golden file reads as its JSON says, and the JSON obeys the published schema', () => {
    const names = readdirSync(place('golden')).filter((n) => n.endsWith('.arrow'));
    expect(names.length).toBeGreaterThanOrEqual(Object.keys(CASES).length);
    for (const name of names) {
      const batch = decodeBatch(readFileSync(place(`golden/${name}`)));
      const rows = Array.from({ length: batch.rows }, (_, i) => toJson(batch, i));
      expect(rows).toEqual(JSON.parse(readFileSync(place(`golden/${name.replace('.arrow', '.json')}`), 'utf8')));
      for (const row of rows) {
        validate(row);
        expect(validate.errors).toBe(null);
      }
    }
  });

  it('the schemas refuse what is wrong', () => {
    const [row] = JSON.parse(readFileSync(place('golden/v1-minimal.json'), 'utf8')) as [Record<string, unknown>];
    expect(validate({ ...row, 'http.response.status_code': 70_000 })).toBe(false);
    expect(validate({ ...row, start_time: 'yesterday' })).toBe(false);
    expect(validate({ ...row, 'headwater.role': 'middle' })).toBe(false);
    const starts = { started: 1, emitted: 1, filtered: {}, lost: {}, in_flight: 0 };
    const account = { watermark_unix_ms: 1, since_unix_ms: 0, until_unix_ms: 1, request: starts, response: starts, exchanges: 1, unread: {}, coverage: 1, source: 'live' };
    const validateAccount = ajv.compile(schemaOf('batch-account.v1'));
    expect(validateAccount(account)).toBe(true);
    expect(validateAccount({ ...account, coverage: 2 })).toBe(false);
    expect(ajv.validateSchema(schemaOf('agent-status.v1'))).toBe(true);
  });

  it('gen.mjs --check finds the generated files as they are', () => {
    expect(() => execFileSync(process.execPath, [place('gen.mjs'), '--check'], { stdio: 'pipe' })).not.toThrow();
  });
});
