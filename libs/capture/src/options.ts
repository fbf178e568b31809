import { isIP } from 'node:net';
import { CaptureError } from './errors.ts';
import type { CaptureOptions, CaptureRules, ExchangeMatch, FingerprintKeyHex, PolicyLayer, RedactionRule } from './port.ts';

const ACTIONS: readonly RedactionRule['action'][] = ['keep', 'drop', 'presence', 'hash', 'mask'];

/** Names kept, values by the built-in allow-list, paths as route templates, queries cut, public addresses truncated. */
export const DEFAULT_CAPTURE_OPTIONS: CaptureOptions = {
  batch: { maxRows: 2000, maxBytes: 900_000, lingerMs: 250 },
  reassemblyMaxBytes: 64 * 1024 * 1024,
  endInferredAfterMs: 1000,
  policy: { id: 'default', version: 1, rules: [], path: 'template', queryNames: false, clientAddress: 'truncate', filters: [], keepSlowerThanMs: 1000 },
  services: [],
};

function refuse(field: string, value: unknown, fix: string): never {
  const shown = typeof value === 'string' ? `"${value.slice(0, 40)}"` : String(value).slice(0, 40);
  throw new CaptureError('HW_CAPTURE_OPTION', `capture option ${field} is ${shown}: ${fix}`);
}

function int(field: string, value: unknown, min: number, max: number): void {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) refuse(field, value, `give a whole number from ${min} to ${max}`);
}

function text(field: string, value: unknown, max = 512): void {
  if (typeof value !== 'string' || value.length === 0 || value.length > max || /[\0-\x1f]/.test(value))
    refuse(field, typeof value === 'string' ? value : typeof value, `give a text of 1 to ${max} characters`);
}

function oneOf(field: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value !== 'string' || !allowed.includes(value)) refuse(field, value, `give one of ${allowed.join(', ')}`);
}

/** Throws a CaptureError that names the field, its value and the fix. The key itself is never shown. */
export function checkOptions(o: CaptureOptions): void {
  int('batch.maxRows', o.batch.maxRows, 1, 65_536);
  int('batch.maxBytes', o.batch.maxBytes, 1024, 64 * 1024 * 1024);
  int('batch.lingerMs', o.batch.lingerMs, 1, 60_000);
  int('reassemblyMaxBytes', o.reassemblyMaxBytes, 65_536, 4 * 1024 ** 3);
  int('endInferredAfterMs', o.endInferredAfterMs, 1, 600_000);
  checkRules(o);
}

/** A rate for `throttle`. */
export function checkThrottle(oneIn: number): void {
  int('oneIn', oneIn, 1, 1_000_000);
}

const MAX_LIST = 1000;

function list(field: string, value: unknown, max = MAX_LIST): void {
  if (!Array.isArray(value) || value.length > max) refuse(field, typeof value, `give a list of at most ${max}`);
}

function checkMatch(field: string, m: ExchangeMatch): void {
  if (typeof m !== 'object' || m === null) refuse(field, typeof m, 'give an object; {} matches every exchange');
  if (m.methods !== undefined) {
    list(`${field}.methods`, m.methods, 64);
    m.methods.forEach((v, i) => text(`${field}.methods[${i}]`, v, 64));
  }
  if (m.statuses !== undefined) {
    list(`${field}.statuses`, m.statuses, 100);
    m.statuses.forEach((v, i) => {
      const ok = typeof v === 'number' ? Number.isInteger(v) && (v === 0 || (v >= 100 && v <= 999)) : typeof v === 'string' && /^[1-5]xx$/.test(v);
      if (!ok) refuse(`${field}.statuses[${i}]`, v, 'give a status such as 404, a class such as 4xx, or 0 for no response');
    });
  }
  if (m.ports !== undefined) {
    list(`${field}.ports`, m.ports, 1000);
    m.ports.forEach((v, i) => int(`${field}.ports[${i}]`, v, 1, 65_535));
  }
  for (const name of ['host', 'path', 'service'] as const) if (m[name] !== undefined) text(`${field}.${name}`, m[name]);
  if (m.role !== undefined) oneOf(`${field}.role`, m.role, ['server', 'client']);
  if (m.slowerThanMs !== undefined) int(`${field}.slowerThanMs`, m.slowerThanMs, 0, 86_400_000);
  if (m.header === undefined) return;
  if (typeof m.header !== 'object' || m.header === null) refuse(`${field}.header`, typeof m.header, 'give { name, direction?, value? }');
  text(`${field}.header.name`, m.header.name);
  if (m.header.direction !== undefined) oneOf(`${field}.header.direction`, m.header.direction, ['request', 'response']);
  if (m.header.value !== undefined) text(`${field}.header.value`, m.header.value);
}

function checkLayer(field: 'policy' | 'narrowing', p: PolicyLayer, hasKey: boolean): void {
  if (typeof p !== 'object' || p === null) refuse(field, typeof p, 'give a policy');
  text(`${field}.id`, p.id, 64);
  int(`${field}.version`, p.version, 0, 0xffff_ffff);
  oneOf(`${field}.path`, p.path, ['template', 'keep']);
  oneOf(`${field}.clientAddress`, p.clientAddress, ['truncate', 'keep', 'hash']);
  if (typeof p.queryNames !== 'boolean') refuse(`${field}.queryNames`, p.queryNames, 'give true or false');
  list(`${field}.rules`, p.rules);
  p.rules.forEach((r, i) => {
    text(`${field}.rules[${i}].header`, r.header);
    oneOf(`${field}.rules[${i}].action`, r.action, ACTIONS);
    if (r.direction !== undefined) oneOf(`${field}.rules[${i}].direction`, r.direction, ['request', 'response']);
    if (r.service !== undefined) text(`${field}.rules[${i}].service`, r.service);
    if (r.route !== undefined) text(`${field}.rules[${i}].route`, r.route);
    if (r.action === 'hash' && !hasKey) refuse(`${field}.rules[${i}].action`, r.action, 'a fingerprint needs a key: give `key`, or choose presence');
  });
  if (p.clientAddress === 'hash' && !hasKey) refuse(`${field}.clientAddress`, 'hash', 'a fingerprint needs a key: give `key`, or choose truncate');
  list(`${field}.filters`, p.filters);
  p.filters.forEach((f, i) => {
    checkMatch(`${field}.filters[${i}].match`, f.match);
    if (typeof f.log === 'number') int(`${field}.filters[${i}].log`, f.log, 1, 1_000_000);
    else oneOf(`${field}.filters[${i}].log`, f.log, ['all', 'none']);
  });
  int(`${field}.keepSlowerThanMs`, p.keepSlowerThanMs, 0, 86_400_000);
}

function checkKey(field: 'key' | 'previousKey', key: FingerprintKeyHex): void {
  if (typeof key.id !== 'string' || !/^[A-Za-z0-9_-]{1,32}$/.test(key.id)) refuse(`${field}.id`, key.id, 'give 1 to 32 of A-Z a-z 0-9 _ -');
  if (typeof key.hex !== 'string' || !/^[0-9a-fA-F]{64}$/.test(key.hex)) refuse(`${field}.hex`, '(not shown)', 'give 32 bytes as 64 hexadecimal digits');
}

function checkCidr(field: string, cidr: unknown): void {
  text(field, cidr, 64);
  const [, address = '', bits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(cidr as string) ?? [];
  const family = isIP(address);
  if (family === 0 || (bits !== undefined && Number(bits) > (family === 4 ? 32 : 128))) refuse(field, cidr, 'give a network such as 10.1.0.0/16 or 2001:db8::/32, or one address');
}

/** The part of the options that may change while a capture runs; throws as checkOptions does. */
export function checkRules(o: CaptureRules): void {
  checkLayer('policy', o.policy, o.key !== undefined);
  if (o.narrowing !== undefined) checkLayer('narrowing', o.narrowing, o.key !== undefined);
  if (o.key !== undefined) checkKey('key', o.key);
  if (o.previousKey !== undefined) {
    checkKey('previousKey', o.previousKey);
    if (!o.key) refuse('previousKey', o.previousKey.id, 'a former key counts only beside a current one: give `key` too');
    if (o.previousKey.id === o.key.id) refuse('previousKey.id', o.previousKey.id, 'give the two keys different ids');
  }
  list('services', o.services);
  o.services.forEach((s, i) => {
    text(`services[${i}].service`, s.service, 128);
    if (s.port !== undefined) int(`services[${i}].port`, s.port, 1, 65_535);
    if (s.exe !== undefined) text(`services[${i}].exe`, s.exe);
    if (s.cgroup !== undefined) text(`services[${i}].cgroup`, s.cgroup);
  });
  if (o.peers === undefined) return;
  list('peers', o.peers, 10_000);
  o.peers.forEach((p, i) => {
    checkCidr(`peers[${i}].cidr`, p.cidr);
    text(`peers[${i}].name`, p.name, 128);
  });
}
