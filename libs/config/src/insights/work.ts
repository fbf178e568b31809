import { Cross, Switch, Whole } from '../setting.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export class TriggersConfig {
  @Switch('An insight on a service or a host when alerts of it open')
  alerts = true;

  @Whole('How long further alerts of the same subject are waited for, ms', 0, 10 * MINUTE)
  coalesce_ms = 30_000;

  @Whole('A subject whose alerts stay open is looked at again this often at most, ms', MINUTE, 24 * HOUR)
  min_interval_ms = 10 * MINUTE;

  @Switch('A digest of the fleet every hour')
  digest = true;

  @Whole('Insights that wait at most; the oldest that nobody asked for gives way, and is counted', 1, 10_000)
  queue_max = 100;

  @Whole('Insights that are made at the same time by one process; findings by rules do not wait for those that ask the model', 1, 8)
  concurrency = 1;
}

@Cross<BudgetConfig>((c) =>
  c.daily_cents > 0 && c.cents_per_million_input === 0 && c.cents_per_million_output === 0
    ? {
        fields: ['daily_cents', 'cents_per_million_input'],
        message: 'an amount of money needs prices for the answers whose gateway does not say what they cost; set cents_per_million_input and cents_per_million_output',
      }
    : null,
)
export class BudgetConfig {
  @Whole('Tokens a day, input and output; 0: none', 0, 1_000_000_000)
  daily_tokens = 300_000;

  @Whole('US cents a day; 0: tokens are the only bound', 0, 100_000_000)
  daily_cents = 0;

  @Whole('Price of a million input tokens, US cents; where a gateway says what an answer cost, that counts', 0, 10_000_000)
  cents_per_million_input = 0;

  @Whole('Price of a million output tokens, US cents', 0, 10_000_000)
  cents_per_million_output = 0;
}
