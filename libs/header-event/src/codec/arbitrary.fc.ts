/** Random rows for property tests. */
import fc from 'fast-check';
import { EVENT_COLUMNS, EVENT_FLAGS, HEADER_ACTIONS } from '../schema.ts';
import type { EventRow } from '../builder.ts';

const latin1 = fc.uint8Array({ maxLength: 24 }).map((b) => Buffer.from(b).toString('latin1'));
const header = fc.record({ name: latin1, value: latin1, action: fc.constantFrom(...HEADER_ACTIONS) });

const byType = {
  time_ns: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
  i64: fc.bigInt({ min: -(1n << 53n), max: 1n << 53n }),
  u64: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  u32: fc.nat({ max: 0xffffffff }),
  i32: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  u16: fc.nat({ max: 0xffff }),
  u8: fc.nat({ max: 255 }),
  string: latin1,
  headers: fc.array(header, { maxLength: 5 }),
} as const;

export const eventRow: fc.Arbitrary<EventRow> = fc.record(
  Object.fromEntries(
    EVENT_COLUMNS.map(({ name, type }) => [
      name,
      name === 'headwater.phase'
        ? fc.nat({ max: 2 })
        : name === 'headwater.role'
          ? fc.nat({ max: 1 })
          : name === 'headwater.flags'
            ? fc.subarray(Object.keys(EVENT_FLAGS))
            : byType[type],
    ]),
  ),
) as fc.Arbitrary<EventRow>;

export const eventRows = fc.array(eventRow, { maxLength: 6 });
