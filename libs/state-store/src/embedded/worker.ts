/** The worker thread of the embedded adapter: the only place where SQLite runs. */
import { openEntries } from './entries.ts';
import { describeFailure, serve } from '@headwater/store-connection';

export type Functions = ReturnType<typeof openEntries>;

serve(({ path }: { path: string }) => openEntries(path), describeFailure);
