/** The worker thread of the embedded adapter: the only place where SQLite runs. */
import { openDatabase } from './database.ts';
import { closing } from './closing.ts';
import { folding } from './folding.ts';
import { rolling } from './rolling.ts';
import { describeFailure, serve } from '@headwater/store-connection';

export type Functions = ReturnType<typeof open>;

export function open({ path }: { path: string }) {
  const db = openDatabase(path);
  return {
    ...folding(db, Date.now),
    ...closing(db),
    ...rolling(db),
    ping: (): void => void db.prepare('SELECT count(*) FROM unit').get(),
    limitPages: (pages: number): void => db.exec(`PRAGMA max_page_count = ${Math.trunc(pages)}`),
    end: (): void => db.close(),
  };
}

serve(open, describeFailure);
