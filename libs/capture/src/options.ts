import { CaptureError } from './errors.ts';
import type { CaptureOptions, CaptureRules, RedactionRule } from './port.ts';

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

/** The part of the options that may change while a capture runs; throws as checkOptions does. */
export function checkRules(o: CaptureRules): void {
  text('policy.id', o.policy.id, 64);
  int('policy.version', o.policy.version, 0, 0xffff_ffff);
  oneOf('policy.path', o.policy.path, ['template', 'keep']);
  oneOf('policy.clientAddress', o.policy.clientAddress, ['truncate', 'keep', 'hash']);
  if (typeof o.policy.queryNames !== 'boolean') refuse('policy.queryNames', o.policy.queryNames, 'give true or false');
  if (!Array.isArray(o.policy.rules) || o.policy.rules.length > 1000) refuse('policy.rules', typeof o.policy.rules, 'give a list of at most 1000 rules');
  o.policy.rules.forEach((r, i) => {
    text(`policy.rules[${i}].header`, r.header);
    oneOf(`policy.rules[${i}].action`, r.action, ACTIONS);
    if (r.direction !== undefined) oneOf(`policy.rules[${i}].direction`, r.direction, ['request', 'response']);
    if (r.service !== undefined) text(`policy.rules[${i}].service`, r.service);
    if (r.route !== undefined) text(`policy.rules[${i}].route`, r.route);
    if (r.action === 'hash' && !o.key) refuse(`policy.rules[${i}].action`, r.action, 'a fingerprint needs a key: give `key`, or choose presence');
  });
  if (o.policy.clientAddress === 'hash' && !o.key) refuse('policy.clientAddress', 'hash', 'a fingerprint needs a key: give `key`, or choose truncate');
  if (o.key !== undefined) {
    if (typeof o.key.id !== 'string' || !/^[A-Za-z0-9_-]{1,32}$/.test(o.key.id)) refuse('key.id', o.key.id, 'give 1 to 32 of A-Z a-z 0-9 _ -');
    if (typeof o.key.hex !== 'string' || !/^[0-9a-fA-F]{64}$/.test(o.key.hex)) refuse('key.hex', '(not shown)', 'give 32 bytes as 64 hexadecimal digits');
  }
  if (!Array.isArray(o.services) || o.services.length > 1000) refuse('services', typeof o.services, 'give a list of at most 1000 rules');
  o.services.forEach((s, i) => {
    text(`services[${i}].service`, s.service, 128);
    if (s.port !== undefined) int(`services[${i}].port`, s.port, 1, 65_535);
    if (s.exe !== undefined) text(`services[${i}].exe`, s.exe);
    if (s.cgroup !== undefined) text(`services[${i}].cgroup`, s.cgroup);
  });
}
