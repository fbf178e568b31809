import { DictionaryStrings, ROLES, wideToNumber } from '@headwater/header-event';
import type { EventColumns } from '@headwater/header-event';

/** One exchange of a batch, read where it lies. The same object is moved from row to row. */
export class Row {
  readonly columns: EventColumns;
  readonly strings: DictionaryStrings;
  /** host id of the agent */
  readonly host: string;
  index = 0;

  constructor(columns: EventColumns, host: string) {
    this.columns = columns;
    this.strings = new DictionaryStrings(columns.dictionary);
    this.host = host;
  }

  /** Value of a column of numbers, or '' / the text of one of strings. */
  number(column: string): number {
    return this.columns.columns[column]![this.index]!;
  }

  text(column: string): string {
    return this.strings.get(this.columns.columns[column]![this.index]!);
  }

  /** 64-bit column; -1 unknown, as the event's schema says. */
  wide(column: string): number {
    return wideToNumber(this.columns.columns[column]!, this.index);
  }

  get role(): string {
    return ROLES[this.number('headwater.role')] ?? 'unknown';
  }

  /** Fields of a header list in wire order. */
  *headers(list: 'http.request.headers' | 'http.response.headers'): Generator<{ name: string; value: string; action: number }> {
    const { offsets, name, value, action } = this.columns.headers[list]!;
    for (let h = offsets[this.index]!; h < offsets[this.index + 1]!; h++) {
      yield { name: this.strings.get(name[h]!), value: this.strings.get(value[h]!), action: action[h]! };
    }
  }
}
