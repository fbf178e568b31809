/** A process that spends: reserves 100 tokens again and again as fast as it can and says each that it got; it settles none. */
import { openStateStore } from '@headwater/state-store';
import { Budget, BudgetError } from '../budget.ts';

const [path = '', limit = ''] = process.argv.slice(2);
const store = await openStateStore({ kind: 'embedded', path });
const config = { daily_tokens: Number(limit), daily_cents: 0, cents_per_million_input: 0, cents_per_million_output: 0 };
const budget = new Budget(store, config, () => Date.parse('2026-11-23T10:00:00Z'));
process.stdout.write('ready\n');
await new Promise((go) => process.stdin.once('data', go));
process.stdin.unref();
for (let refused = 0; refused < 3;) {
  try {
    await budget.reserve({ input: 60, output: 40 });
    process.stdout.write('100\n');
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    refused++;
  }
}
await store.end();
