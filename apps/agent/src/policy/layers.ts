import type { CaptureRules, PolicyLayer } from '@headwater/capture';

/** The host's own policy, and the fleet's, of which only what takes away counts. */
export type Layers = Pick<CaptureRules, 'policy' | 'narrowing'>;

/** `shop@3`, or `shop@3+fleet@7`: what the capture writes into every event. */
export function layersName({ policy, narrowing }: Layers): string {
  return [policy, ...(narrowing ? [narrowing] : [])].map((l) => `${l.id}@${l.version}`).join('+');
}

/**
 * A fleet's document as a host without a fingerprint key can obey it: where the fleet asks for a fingerprint, only
 * presence leaves, which is less. (A hashed client address has no such answer; the capture refuses it.)
 */
export function asNarrowing(layer: PolicyLayer, hasKey: boolean): PolicyLayer {
  if (hasKey) return layer;
  return { ...layer, rules: layer.rules.map((r) => (r.action === 'hash' ? { ...r, action: 'presence' } : r)) };
}
