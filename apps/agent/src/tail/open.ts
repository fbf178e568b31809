import type { Row } from './row.ts';

/** Streams that are shown as open at once; more are forgotten, the oldest first, and their ends shown only if they match by themselves. */
const MAX_OPEN = 10_000;

/** Long exchanges whose beginning was shown, so that their ends are: an end has few columns for a filter to match. */
export class OpenRows {
  private readonly ids = new Set<string>();

  began(row: Row): void {
    this.ids.add(idOf(row));
    if (this.ids.size > MAX_OPEN) for (const oldest of this.ids) return void this.ids.delete(oldest);
  }

  /** Whether its beginning was shown; it is over now. */
  ended(row: Row): boolean {
    return this.ids.delete(idOf(row));
  }
}

function idOf(row: Row): string {
  const connection = row.columns.columns['headwater.connection']!;
  return `${connection[2 * row.index]} ${connection[2 * row.index + 1]} ${row.number('headwater.ordinal')} ${row.host}`;
}
