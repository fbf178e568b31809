/** How a store is reached, the same for each store: a Redis with our functions on it, or SQLite in a thread of its own. */
export { Connection } from './redis.ts';
export type { Argument, Library, RedisFailure, RedisSettings } from './redis.ts';
export { openSqlite, snapshot, transaction } from './sqlite.ts';
export type { SqliteSettings } from './sqlite.ts';
export { describeFailure } from './sqlite-failure.ts';
export { Thread, opened, serve } from './thread.ts';
export type { ThreadFailure } from './thread.ts';
