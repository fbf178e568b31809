import { GatewayConfig } from '@headwater/config';

export function configOf(more: Partial<GatewayConfig>): GatewayConfig {
  return Object.assign(new GatewayConfig(), { model: 'model-a' }, more);
}
