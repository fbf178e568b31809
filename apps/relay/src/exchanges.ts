import { MAX_RECORD_BYTES, type BusRecord, type OutRecord } from '@headwater/event-bus';
import { DictionaryStrings, EventCodecError, openRecord, toJson, type OpenedRecord } from '@headwater/header-event';

/** Header of `header-events.json.v1` that names an exchange's row wherever and however often it is relayed. */
export const EVENT_ID = 'headwater-event-id';
/** Room for key and headers. */
const MOST_VALUE_BYTES = MAX_RECORD_BYTES - 4096;

/** `left`: rows of services that are not relayed; `tooLarge`: rows whose JSON no record can hold. */
export interface Relayable {
  records: OutRecord[];
  left: number;
  tooLarge: number;
}

export type Read = { ok: OpenedRecord } | { bad: string };

/** A record that cannot be read is the analyzer's to put aside (`dead-letter.v1`); here it is counted by reason, so that it lies there once. */
export function readRecord(record: BusRecord): Read {
  try {
    return { ok: openRecord(record) };
  } catch (error) {
    if (error instanceof EventCodecError) return { bad: error.code };
    throw error;
  }
}

/** One record for each row: key = service, value = the event as JSON. */
export function relayable({ identity, seq, columns }: OpenedRecord, wanted: (service: string) => boolean): Relayable {
  const strings = new DictionaryStrings(columns.dictionary);
  const services = columns.columns['service.name']!;
  const answer: Relayable = { records: [], left: 0, tooLarge: 0 };
  for (let row = 0; row < columns.rows; row++) {
    const service = strings.get(services[row]!);
    if (!wanted(service)) {
      answer.left++;
      continue;
    }
    const value = Buffer.from(JSON.stringify(toJson(columns, row, strings)));
    if (value.length > MOST_VALUE_BYTES) {
      answer.tooLarge++;
      continue;
    }
    const headers = { 'content-type': 'application/json', [EVENT_ID]: `${identity.hostId}/${identity.incarnation}/${seq}/${row}` };
    answer.records.push({ key: service, value, headers });
  }
  return answer;
}

/** Which services: `*` stands for any characters, `?` for one. No globs: all. */
export function serviceFilter(globs: readonly string[] | undefined): (service: string) => boolean {
  if (globs === undefined || globs.length === 0) return () => true;
  const patterns = globs.map(
    (glob) =>
      new RegExp(
        `^${glob
          .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
        's',
      ),
  );
  return (service) => patterns.some((p) => p.test(service));
}
