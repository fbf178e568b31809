import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { hw_counter, hw_why } from './wire.generated.ts';

/** What `case KEY: return "name";` says in a C++ source. */
function named(path: string): Record<string, string> {
  const source = readFileSync(new URL(path, import.meta.url), 'utf8');
  return Object.fromEntries([...source.matchAll(/case (HW_[CU]_\w+): return "(\w+)";/g)].map((m) => [m[1], m[2]]));
}

const expected = (keys: string[], bounds: string[]): Record<string, string> =>
  Object.fromEntries(keys.filter((k) => !bounds.includes(k)).map((k) => [k, k.slice('HW_C_'.length).toLowerCase()]));

it('every counter and every reason of wire.h has its name in the totals', () => {
  expect(named('../live/drain.cc')).toEqual(expected(Object.keys(hw_counter), ['HW_C_UNREAD', 'HW_C_N']));
  expect(named('../core/totals_json.cc')).toEqual(expected(Object.keys(hw_why), ['HW_U_NONE', 'HW_U_N']));
});
