import type { GatewayConfig } from '@headwater/config';
import type { Format } from '../gateway/port.ts';

/** From the strictest to the plainest. */
const ORDER: readonly Format[] = ['json_schema', 'json_object', 'plain'];

/** How the answer's shape is asked for: as configured, or the strictest that this gateway and model did not refuse to this process. */
export class Formats {
  current: Format;
  private readonly auto: boolean;

  constructor(structured: GatewayConfig['structured']) {
    this.auto = structured === 'auto';
    this.current = structured === 'auto' ? ORDER[0]! : structured;
  }

  /** The next plainer one after a refusal, from now on; null: there is none, or the setting leaves no choice. */
  refused(format: Format): Format | null {
    const next = ORDER[ORDER.indexOf(format) + 1];
    if (!this.auto || next === undefined) return null;
    // Another question may have learnt more meanwhile.
    if (ORDER.indexOf(this.current) < ORDER.indexOf(next)) this.current = next;
    return this.current;
  }
}
