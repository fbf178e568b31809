import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGolden } from './testing/golden.ts';
import { replayRows } from './testing/replay-rows.ts';

const folder = new URL('../test/golden/', import.meta.url);
function flat(by: { request: Record<string, number>; response: Record<string, number> }): Record<string, number> {
  return Object.fromEntries((['request', 'response'] as const).flatMap((k) => Object.entries(by[k]).map(([reason, n]) => [`${k}.${reason}`, n])));
}

let cases = 0;
for (const file of readdirSync(folder)
  .filter((f) => f.endsWith('.md') && f !== 'README.md')
  .sort()) {
  describe(file, () => {
    for (const golden of parseGolden(readFileSync(new URL(file, folder), 'utf8'))) {
      cases++;
      it(golden.title, async () => {
        const { rows, totals } = await replayRows(golden.records);
        const asked = rows.map((row, i) =>
          Object.fromEntries(Object.keys(golden.expect.exchanges[i] ?? { 'http.route': 0, 'http.response.status_code': 0 }).map((name) => [name, row[name]])),
        );
        expect(asked).toEqual(golden.expect.exchanges);
        expect({ filtered: flat(totals.filtered), lost: flat(totals.lost), in_flight: totals.in_flight }).toEqual({
          filtered: golden.expect.filtered ?? {},
          lost: golden.expect.lost ?? {},
          in_flight: golden.expect.in_flight ?? { request: 0, response: 0 },
        });
      });
    }
  });
}

it('has at least 40 golden cases', () => expect(cases).toBeGreaterThanOrEqual(40));
