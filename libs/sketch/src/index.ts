export { SketchError, SKETCH_ERRORS, type SketchErrorCode } from './errors.ts';
export { DdSketch, RELATIVE_ERROR } from './ddsketch.ts';
export { HyperLogLog } from './hyperloglog.ts';
export { SpaceSaving, TOP_CAPACITY, type TopEntry } from './space-saving.ts';
export { OTHER, Pattern, ROLES, type Role } from './pattern.ts';
export { DIRECTIONS, HeaderStats, type Direction } from './header-stats.ts';
export { MAX_HEADERS, MAX_PATTERNS, ServiceWindow } from './service-window.ts';
export { HostAccount, HostsWindow, addCounts, type StartCounts } from './hosts-window.ts';
export { hashBytes, hashKey, type Hash64 } from './hash.ts';
