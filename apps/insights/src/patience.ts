import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 3_000;

/** Whether the very same step may succeed later: the errors of bus and stores say it of themselves. */
export function mayPass(error: unknown): error is Error {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

/**
 * Repeats `work` for as long as it fails with an error that says `retryable: true`, with growing pauses, until
 * `signal` ends it; `waiting` hears of every pause. Any other error is thrown on.
 */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal, waiting: (error: Error) => void): Promise<T> {
  const policy = retry(
    handleWhen((error) => mayPass(error) && !signal.aborted),
    { maxAttempts: Number.MAX_SAFE_INTEGER, backoff: new ExponentialBackoff({ initialDelay: FIRST_WAIT_MS, maxDelay: LONGEST_WAIT_MS }) },
  );
  policy.onRetry((reason) => waiting('error' in reason && reason.error instanceof Error ? reason.error : new Error('no answer')));
  return policy.execute(work, signal);
}
