export * from './alert.ts';
export type * from './port.ts';
export type * from './rule.ts';
