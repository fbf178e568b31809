/** Codes of CaptureError; a code is never reused. */
export const CAPTURE_ERRORS = {
  HW_CAPTURE_OPTION: 'an option is missing, of the wrong kind or out of range',
  HW_CAPTURE_ADDON: 'the native part is not built or does not load',
  HW_CAPTURE_PROBE: 'the probe cannot be reached or does not fit',
  HW_CAPTURE_PROBE_GONE: 'the probe went away while capturing',
  HW_CAPTURE_RECORDING: 'a recording cannot be read',
  HW_CAPTURE_STATE: 'a method was called in the wrong order',
} as const;

export type CaptureErrorCode = keyof typeof CAPTURE_ERRORS;

export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code: CaptureErrorCode;
  readonly retryable: boolean;
  constructor(code: CaptureErrorCode, message: string, options?: { cause?: unknown; retryable?: boolean }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options?.retryable ?? false;
  }
}
