import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

/** Cost of new hashes: 32 MiB and about 0.1 s a try. */
const COST: ScryptCost = { N: 32_768, r: 8, p: 1 };

interface ScryptHash extends ScryptCost {
  salt: Buffer;
  hash: Buffer;
}

const FORM = /^scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2}):([\w-]{16,172}):([\w-]{22,172})$/;

/** Reads `scrypt:N:r:p:salt:hash`; null where it is not that, or where its cost would be useless or ruinous. */
export function parsePassword(text: string): ScryptHash | null {
  const match = FORM.exec(text);
  if (match === null) return null;
  const [N, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (N < 16_384 || N > 1_048_576 || (N & (N - 1)) !== 0 || r < 1 || r > 32 || p < 1 || p > 16 || 128 * N * r > 256 * 1024 * 1024) return null;
  return { N, r, p, salt: Buffer.from(match[4] as string, 'base64url'), hash: Buffer.from(match[5] as string, 'base64url') };
}

function derive(password: string, { N, r, p, salt, hash }: ScryptHash): Promise<Buffer> {
  // NFKC: the same password typed on two keyboards may come in two Unicode forms.
  return new Promise((ok, bad) =>
    scrypt(password.normalize('NFKC'), salt, hash.length, { N, r, p, maxmem: 128 * N * r + 1024 * 1024 * 32 }, (error, key) => (error === null ? ok(key) : bad(error))),
  );
}

export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, { ...cost, salt, hash: Buffer.alloc(32) });
  return `scrypt:${cost.N}:${cost.r}:${cost.p}:${salt.toString('base64url')}:${key.toString('base64url')}`;
}

/** Too many people try at once; trying again in a moment helps. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** Each try costs 32 MiB: so many at a time, so many more wait, the rest is refused. */
const AT_ONCE = 2;
const WAITING = 32;

/** Checks passwords; unknown people cost the same time as wrong passwords. */
export class PasswordCheck {
  /** What is compared with when there is no such person: as much work, never equal. */
  readonly #nobody: ScryptHash;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  /** @param cost that of the stored hashes */
  constructor(cost = COST) {
    this.#nobody = { ...cost, salt: randomBytes(16), hash: randomBytes(32) };
  }

  /** `stored`: the entry's password, undefined when there is no such person. */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const parsed = stored === undefined ? null : parsePassword(stored);
    const against = parsed ?? this.#nobody;
    await this.#enter();
    try {
      const equal = timingSafeEqual(await derive(password, against), against.hash);
      return equal && parsed !== null;
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running >= AT_ONCE) {
      if (this.#queue.length >= WAITING) throw new Busy('too many sign-ins at once');
      await new Promise<void>((ok) => this.#queue.push(ok));
    }
    this.#running += 1;
  }
}
