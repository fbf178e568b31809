import type { Check, Status } from './facts.ts';

export function check(name: string, status: Status, detail: string, fix = ''): Check {
  return { name, status, detail, fix };
}
