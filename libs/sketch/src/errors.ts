/** Every way in which bytes of a sketch are refused. */
export const SKETCH_ERRORS = {
  corrupt: { retryable: false, text: 'these bytes are not a {what}: {detail}' },
  newer_version: { retryable: false, text: 'this {what} was written by a newer version ({found}; this one knows up to {known})' },
} as const;

export type SketchErrorCode = keyof typeof SKETCH_ERRORS;

export class SketchError extends Error {
  readonly code: SketchErrorCode;
  readonly retryable: boolean;
  constructor(code: SketchErrorCode, params: Record<string, string | number> = {}, options?: ErrorOptions) {
    super(
      SKETCH_ERRORS[code].text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? `{${k}}`)),
      options,
    );
    this.name = 'SketchError';
    this.code = code;
    this.retryable = SKETCH_ERRORS[code].retryable;
  }
}
