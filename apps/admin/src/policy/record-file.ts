import { readFileSync } from 'node:fs';
import { PolicyError } from '@headwater/capture-policy';
import type { PolicyRecord } from '@headwater/capture-policy';

/** A record as a file: `{"key": ..., "headers": {...}, "value": "<the document's very text>"}`. */
export function recordText({ key, headers, value }: PolicyRecord): string {
  return `${JSON.stringify({ key, headers, value: Buffer.from(value).toString('utf8') }, null, 2)}\n`;
}

/** @throws PolicyError HW_POLICY_READ, HW_POLICY_UNSIGNED when it is a bare document, HW_POLICY_RECORD */
export function readRecord(file: string): PolicyRecord {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PolicyError('HW_POLICY_READ', `${file}: cannot be read (${(cause as Error).message})`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new PolicyError('HW_POLICY_UNSIGNED', `${file} is no signed record: make one with headwater-admin policy sign`);
  }
  const record = value as { key?: unknown; headers?: unknown; value?: unknown; schema?: unknown } | null;
  if (record?.schema !== undefined) throw new PolicyError('HW_POLICY_UNSIGNED', `${file} is a policy that nobody has signed: headwater-admin policy sign ${file}`);
  const headers = record?.headers;
  const texts = typeof headers === 'object' && headers !== null && Object.values(headers).every((h) => typeof h === 'string');
  if (typeof record?.key !== 'string' || typeof record.value !== 'string' || !texts)
    throw new PolicyError('HW_POLICY_RECORD', `${file} is no signed record (key, headers, value): make one with headwater-admin policy sign`);
  return { key: record.key, value: Buffer.from(record.value), headers: headers as Record<string, string> };
}
