export { ERRORS_AS_THEY_ARE } from './errors.ts';
export { EventBusContext, EventBusServer } from './server.ts';
export type { EventBusServerOptions } from './server.ts';
