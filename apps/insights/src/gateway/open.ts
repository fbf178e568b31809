import type { GatewayConfig } from '@headwater/config';
import { openAdapter } from './adapter.ts';
import { guarded } from './guarded.ts';
import type { GuardedGateway, GuardReport } from './port.ts';

/** The gateway of the settings, guarded. Nothing is sent. @throws Error that names the setting, when an address is not allowed or a file not as it should be */
export function openGateway(config: GatewayConfig, report?: GuardReport): GuardedGateway {
  return guarded(openAdapter(config), { maxAttempts: config.max_attempts, deadlineMs: config.deadline_ms }, report);
}
