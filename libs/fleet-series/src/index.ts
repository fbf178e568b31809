export { DURATION_BOUNDS_S, LATE_MS, SERIES_ERRORS, SERIES_KEYS, SeriesError, type Row, type SeriesErrorCode, type WindowRows } from './port.ts';
export { LATE_LOOK_MS, advance, countLate, hourOf, type Cumulative, type Step } from './cumulative.ts';
export { hostSlots, patternSlots, type Slots } from './slots.ts';
export { serviceRows } from './service-rows.ts';
export { hostsRows } from './hosts-rows.ts';
export { decodeSeries, encodeSeries } from './encode.ts';
export { SERVICE_FAMILIES, lateSamples, LATE_FAMILY, serviceSamples, textName, type Attributes, type Family, type Sample } from './families.ts';
export { CONTENT_TYPES, type Format } from './text.ts';
export { exposition, type Exposed } from './exposition.ts';
