import { expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, openLive, openReplay, type CaptureOptions } from './index.ts';

const key = { id: 'k1', hex: 'ab'.repeat(32) };
const rule = { header: 'x-a', action: 'keep' };
const policy = (p: object) => ({ policy: { ...DEFAULT_CAPTURE_OPTIONS.policy, ...p } });

it.each([
  ['batch.maxRows', { batch: { ...DEFAULT_CAPTURE_OPTIONS.batch, maxRows: 0 } }],
  ['batch.maxBytes', { batch: { ...DEFAULT_CAPTURE_OPTIONS.batch, maxBytes: 10 } }],
  ['batch.lingerMs', { batch: { ...DEFAULT_CAPTURE_OPTIONS.batch, lingerMs: 1.5 } }],
  ['reassemblyMaxBytes', { reassemblyMaxBytes: '64MB' }],
  ['endInferredAfterMs', { endInferredAfterMs: Number.NaN }],
  ['policy.id', policy({ id: '' })],
  ['policy.version', policy({ version: -1 })],
  ['policy.path', policy({ path: 'raw' })],
  ['policy.clientAddress', policy({ clientAddress: 'hash' })], // without a key
  ['policy.queryNames', policy({ queryNames: 1 })],
  ['policy.rules', policy({ rules: {} })],
  ['policy.rules[0].header', policy({ rules: [{ ...rule, header: '' }] })],
  ['policy.rules[1].action', policy({ rules: [rule, { ...rule, action: 'summary' }] })],
  ['policy.rules[0].action', policy({ rules: [{ ...rule, action: 'hash' }] })], // without a key
  ['policy.rules[0].direction', policy({ rules: [{ ...rule, direction: 'both' }] })],
  ['policy.rules[0].service', policy({ rules: [{ ...rule, service: '' }] })],
  ['policy.rules[0].route', policy({ rules: [{ ...rule, route: 'a\nb' }] })],
  ['key.id', { key: { ...key, id: 'a b' } }],
  ['key.hex', { key: { ...key, hex: 'short-and-secret' } }],
  ['services', { services: 'shop' }],
  ['services[0].service', { services: [{ service: '' }] }],
  ['services[0].port', { services: [{ service: 'a', port: 65536 }] }],
  ['services[0].exe', { services: [{ service: 'a', exe: '' }] }],
  ['services[0].cgroup', { services: [{ service: 'a', cgroup: 7 }] }],
])('refuses a bad %s by its name, never showing a key', async (field, change) => {
  const options = { ...DEFAULT_CAPTURE_OPTIONS, ...change } as CaptureOptions;
  for (const opening of [openReplay({ records: [], options }), openLive({ socketPath: '/nonexistent', options })]) {
    const error = await opening.then(
      () => null,
      (e: unknown) => e as Error,
    );
    expect(error).toMatchObject({ code: 'HW_CAPTURE_OPTION', message: expect.stringContaining(`capture option ${field} is`) as string });
    expect(error!.message).not.toContain('short-and-secret');
  }
});

it('says what is wrong with a probe that is not there', async () => {
  await expect(openLive({ socketPath: '/nonexistent/p.sock', options: DEFAULT_CAPTURE_OPTIONS })).rejects.toMatchObject({
    code: 'HW_CAPTURE_PROBE',
    retryable: true,
    message: expect.stringContaining('/nonexistent/p.sock') as string,
  });
  await expect(openLive({ socketPath: `/${'x'.repeat(200)}`, options: DEFAULT_CAPTURE_OPTIONS })).rejects.toMatchObject({ code: 'HW_CAPTURE_PROBE' });
});

it('takes either a file or records, and only a file that is there', async () => {
  await expect(openReplay({ options: DEFAULT_CAPTURE_OPTIONS })).rejects.toMatchObject({ code: 'HW_CAPTURE_OPTION' });
  await expect(openReplay({ file: '/nonexistent.hwrec', options: DEFAULT_CAPTURE_OPTIONS })).rejects.toMatchObject({ code: 'HW_CAPTURE_RECORDING' });
});
