import { DEFAULT_CAPTURE_OPTIONS, openReplay, type CaptureOptions, type CaptureTotals } from '../index.ts';
import { toRows, type Row } from './rows.ts';

export const TEST_KEY = { id: 'k1', hex: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' };

/** Replays records with the start account recounted after every one; all rows and the totals at the end. */
export async function replayRows(records: Uint8Array[], options: Partial<CaptureOptions> = {}): Promise<{ rows: Row[]; totals: CaptureTotals }> {
  const capture = await openReplay({ records, options: { ...DEFAULT_CAPTURE_OPTIONS, key: TEST_KEY, ...options }, startUnixMs: 1_700_000_000_000, audit: true });
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
