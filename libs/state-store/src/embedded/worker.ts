/** The worker thread of the embedded adapter: the only place where SQLite runs. */
import { openEntries } from './entries.ts';
import { describeFailure } from './failure.ts';
import { serve } from './thread.ts';

export type Functions = ReturnType<typeof openEntries>;

serve(({ path }: { path: string }) => openEntries(path), describeFailure);
