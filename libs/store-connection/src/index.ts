/** How a store is reached, the same for each store: a Redis with our functions on it, or SQLite in a thread of its own. */
export { Connection } from './redis.ts';
export type { Argument, Library, RedisFailure, RedisSettings } from './redis.ts';
export { describeFailure } from './sqlite-failure.ts';
export { Thread, serve } from './thread.ts';
export type { ThreadFailure } from './thread.ts';
