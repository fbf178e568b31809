/** What was asked for cannot be done as asked: exit status 2; the message names the option and the fix. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
