export * from './port.ts';
export { CAPTURE_ERRORS, CaptureError } from './errors.ts';
export type { CaptureErrorCode } from './errors.ts';
export { DEFAULT_CAPTURE_OPTIONS, checkOptions, checkRules } from './options.ts';
export { openLive } from './live.ts';
export { openReplay } from './replay.ts';
export type { ReplayInput } from './replay.ts';
export { addon } from './addon.ts';
