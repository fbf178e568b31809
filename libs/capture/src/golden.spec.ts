import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE_OPTIONS, openReplay, type CaptureTotals } from './index.ts';
import { parseGolden } from './testing/golden.ts';
import { toRows, type Row } from './testing/rows.ts';

const folder = new URL('../test/golden/', import.meta.url);
const key = { id: 'k1', hex: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' };

export async function replay(records: Uint8Array[]): Promise<{ rows: Row[]; totals: CaptureTotals }> {
  const capture = await openReplay({ records, options: { ...DEFAULT_CAPTURE_OPTIONS, key }, startUnixMs: 1_700_000_000_000, audit: true });
  const rows: Row[] = [];
  let failure: Error | null = null;
  capture.start(
    (batch) => rows.push(...toRows(batch.columns)),
    (error) => (failure = error),
  );
  await capture.stop();
  if (failure) throw failure;
  return { rows, totals: capture.totals() };
}

function flat(by: { request: Record<string, number>; response: Record<string, number> }): Record<string, number> {
  return Object.fromEntries((['request', 'response'] as const).flatMap((k) => Object.entries(by[k]).map(([reason, n]) => [`${k}.${reason}`, n])));
}

let cases = 0;
for (const file of readdirSync(folder).filter((f) => f.endsWith('.md') && f !== 'README.md').sort()) {
  describe(file, () => {
    for (const golden of parseGolden(readFileSync(new URL(file, folder), 'utf8'))) {
      cases++;
      it(golden.title, async () => {
        const { rows, totals } = await replay(golden.records);
        const asked = rows.map((row, i) => Object.fromEntries(Object.keys(golden.expect.exchanges[i] ?? { 'http.route': 0, 'http.response.status_code': 0 }).map((name) => [name, row[name]])));
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
