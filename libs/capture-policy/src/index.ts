export type { Filter, HeaderRule, PolicyDocument } from './document.ts';
