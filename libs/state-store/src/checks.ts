/** What both adapters refuse alike, before anything is sent. */
export function checkTtl(options: { ttlMs?: number } | undefined): number | undefined {
  const ttl = options?.ttlMs;
  if (ttl !== undefined && !(Number.isSafeInteger(ttl) && ttl > 0)) throw new RangeError(`ttlMs: ${ttl} is not a positive integer`);
  return ttl;
}

export function checkAmount(by: number): void {
  if (!Number.isSafeInteger(by)) throw new RangeError(`by: ${by} is not a safe integer`);
}

export function checkSum(key: string, sum: number | null): number {
  if (sum === null) throw new RangeError(`add: what ${key} holds is not an integer, or the sum would not be a safe one`);
  return sum;
}
