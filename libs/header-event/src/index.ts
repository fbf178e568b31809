export * from './schema.ts';
export * from './topics.ts';
