import type { GatewayStatus } from '@headwater/insight-rules';
import type { StateStore } from '@headwater/state-store';
import type { BudgetConfig } from '@headwater/config';
import { microUsd } from './estimate.ts';

const DAY_MS = 86_400_000;
/** Sums of a day outlive it by a day, so what began before midnight is settled where it was reserved. */
const KEEP_MS = 2 * DAY_MS;
const MICRO = 1_000_000;
const MICRO_PER_CENT = 10_000;

export interface Tokens {
  input: number;
  output: number;
}

/** The day's budget does not hold one more question. Nothing was sent. */
export class BudgetError extends Error {
  readonly reason: 'budget_tokens' | 'budget_money';
  constructor(reason: BudgetError['reason'], detail: string) {
    super(detail);
    this.name = 'BudgetError';
    this.reason = reason;
  }
}

/** What is set aside for one request, until it is known what it took. */
export interface Reservation {
  /** It took this much; `costUsd` as the gateway says, else by the configured prices. Of what is null all that was set aside counts. */
  settle(tokens: Tokens | null, costUsd: number | null): Promise<void>;
  /** It took nothing: it was refused before any model ran. */
  release(): Promise<void>;
  /** Nobody knows what it took: all of it counts. */
  keep(): void;
}

/**
 * What is spent a day (UTC), by all processes of one state store together: two sums that only `add` changes. A request is reserved with the
 * most it may take before it is sent, so admitted requests never exceed a limit together; a process that dies in between leaves its
 * reservation until midnight. The sum exceeds a limit only by what requests really took beyond their reservation.
 */
export class Budget {
  private readonly state: Pick<StateStore, 'add' | 'get'>;
  private readonly config: BudgetConfig;
  private readonly now: () => number;

  constructor(state: Pick<StateStore, 'add' | 'get'>, config: BudgetConfig, now: () => number) {
    this.state = state;
    this.config = config;
    this.now = now;
  }

  /** @throws BudgetError where it does not fit, and what the store throws; then nothing may be sent */
  async reserve(atMost: Tokens): Promise<Reservation> {
    const { daily_tokens, daily_cents } = this.config;
    const day = new Date(this.now()).toISOString().slice(0, 10);
    const tokens = atMost.input + atMost.output;
    const micro = microUsd(atMost, this.config);
    if (!(await this.take(day, 'tokens', tokens, daily_tokens))) throw refused('budget_tokens', day, tokens, daily_tokens);
    try {
      // Without an amount there is no limit, but the sum is kept all the same: the price may be configured, or the gateway may say it.
      if (!(await this.take(day, 'micro_usd', micro, daily_cents === 0 ? Infinity : daily_cents * MICRO_PER_CENT))) throw refused('budget_money', day, micro, daily_cents);
    } catch (error) {
      await this.giveBack(day, 'tokens', tokens);
      throw error;
    }
    let open = true;
    const once = async (work: () => Promise<void>) => {
      if (!open) return;
      open = false;
      await work();
    };
    return {
      settle: (used, costUsd) =>
        once(async () => {
          if (used) await this.giveBack(day, 'tokens', tokens - whole(used.input + used.output));
          if (used || costUsd !== null) await this.giveBack(day, 'micro_usd', micro - whole(costUsd === null ? microUsd(used!, this.config) : costUsd * MICRO));
        }),
      release: () =>
        once(async () => {
          await this.giveBack(day, 'tokens', tokens);
          await this.giveBack(day, 'micro_usd', micro);
        }),
      keep: () => void (open = false),
    };
  }

  /** What of today is used, reservations included. */
  async today(): Promise<GatewayStatus['budget']> {
    const day = new Date(this.now()).toISOString().slice(0, 10);
    const [tokens, micro] = await Promise.all([this.read(day, 'tokens'), this.read(day, 'micro_usd')]);
    const { daily_tokens, daily_cents } = this.config;
    return { day, tokens: { used: tokens, limit: daily_tokens }, usd: daily_cents === 0 ? null : { used: micro / MICRO, limit: daily_cents / 100 } };
  }

  private async take(day: string, what: Sum, by: number, limit: number): Promise<boolean> {
    if (by === 0 && limit === Infinity) return true;
    if ((await this.state.add(key(day, what), by, { ttlMs: KEEP_MS })) <= limit) return true;
    await this.giveBack(day, what, by);
    return false;
  }

  private async giveBack(day: string, what: Sum, by: number): Promise<void> {
    if (by === 0) return;
    const sum = await this.state.add(key(day, what), -by, { ttlMs: KEEP_MS });
    // The store lost the sum meanwhile (roll-back, flush): what was reserved in it is not there to be given back.
    if (by > 0 && sum < 0) await this.state.add(key(day, what), Math.min(by, -sum), { ttlMs: KEEP_MS });
  }

  private async read(day: string, what: Sum): Promise<number> {
    return Number((await this.state.get(key(day, what)))?.value ?? 0);
  }
}

type Sum = 'tokens' | 'micro_usd';

/** A gateway's figures are believed as far as a sum can hold them; less than nothing is nothing. */
function whole(figure: number): number {
  return figure > 0 ? Math.ceil(Math.min(figure, 1e12)) : 0;
}

function key(day: string, what: Sum): string {
  return `insight-budget/${day}/${what}`;
}

function refused(reason: BudgetError['reason'], day: string, needs: number, limit: number): BudgetError {
  const opens = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().replace('.000Z', 'Z');
  const setting = reason === 'budget_tokens' ? 'budget.daily_tokens' : 'budget.daily_cents';
  const most = reason === 'budget_tokens' ? limit : limit * MICRO_PER_CENT;
  if (needs > most)
    return new BudgetError(
      reason,
      reason === 'budget_tokens'
        ? `One question may take ${needs} tokens, and ${setting} allows ${limit} a day; nothing was sent.`
        : `One question may cost ${(needs / MICRO_PER_CENT).toFixed(3)} cents, and ${setting} allows ${limit} a day; nothing was sent.`,
    );
  const what = reason === 'budget_tokens' ? `${limit} tokens` : `${limit} cents`;
  return new BudgetError(reason, `The budget of ${what} a day (${setting}) is used up; it opens again at ${opens}.`);
}
