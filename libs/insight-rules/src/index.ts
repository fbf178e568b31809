export * from './insight.ts';
export type * from './input.ts';
export type * from './answer.ts';
export { insightId } from './id.ts';
