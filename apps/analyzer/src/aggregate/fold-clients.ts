import type { ServiceWindow } from '@headwater/sketch';
import type { EventColumns } from '@headwater/header-event';
import type { BatchDictionary } from './dictionary.ts';
import { PairTable } from './pair-table.ts';

const BEGIN = 1;
const END = 2;
const STATUSES = 1000;

const pairs = new PairTable();

/**
 * Who was answered what: rows of one service in role `server`, by client and status. A client is the name that the host has
 * for the other side, else its address. Per row two array reads and one table entry; per client and batch one string.
 */
export function foldClients(columns: EventColumns, rows: Int32Array, dictionary: BatchDictionary, window: ServiceWindow): void {
  const c = columns.columns;
  const phase = c['headwater.phase']!;
  const weight = c['headwater.weight']!;
  const status = c['http.response.status_code']!;
  const error = c['error.type']!;
  const peer = c['service.peer.name']!;
  const address = c['client.address']!;
  pairs.clear(rows.length, dictionary.entries, STATUSES);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const client = peer[row]! || address[row]!;
    if (client === 0) continue; // neither known, as on a Unix socket
    if (phase[row] !== END) pairs.add(Math.min(status[row]!, STATUSES - 1), client, weight[row]!);
    if (phase[row] !== BEGIN && error[row] !== 0) window.client(dictionary.string(client)).errors += weight[row]!;
  }
  for (let i = 0; i < pairs.size; i++) window.client(dictionary.string(pairs.value[i]!)).add(pairs.a[i]!, pairs.n[i]!);
}
