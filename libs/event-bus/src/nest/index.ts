export { EventBusContext, EventBusServer } from './server.ts';
export type { EventBusServerOptions } from './server.ts';
