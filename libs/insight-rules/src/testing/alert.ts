import type { Alert } from '@headwater/alert-rules';
import { WINDOW } from './fleet.ts';

/** An open alert; what a test does not say is as the rules would say it. */
export function alertOf(more: Partial<Alert> & Pick<Alert, 'kind' | 'subject'>): Alert {
  const opened_at = new Date(WINDOW.startMs + 300_000).toISOString();
  return {
    schema: 1,
    id: '0123456789abcdef0123456789abcdef',
    rule: more.kind.replaceAll('_', '-'),
    severity: 'page',
    state: 'open',
    title: 'shop: 12 % of 900 exchanges failed in 5 minutes, 120 times what 99.9 % allows',
    description: '',
    opened_at,
    opening_window: { start: opened_at, end: opened_at },
    resolved_at: null,
    resolution: null,
    values: {},
    last_values: { burn_rate: 120.5, error_ratio: 0.12, exchanges: 123_456_789, failed: 108 },
    complete: true,
    muted_by: null,
    revision: 1,
    ...more,
  };
}
