import { EVENT_COLUMNS } from '../schema.ts';

/** What a row says that does not know: as the descriptions in EVENT_COLUMNS have it. */
export const ABSENT: Readonly<Record<string, number>> = Object.fromEntries(
  EVENT_COLUMNS.filter((c) => c.type !== 'headers' && c.type !== 'string').map((c) => [
    c.name,
    c.name === 'headwater.weight' ? 1 : c.type === 'i64' || c.name === 'rpc.grpc.status_code' ? -1 : 0,
  ]),
);
