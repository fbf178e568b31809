import type { CaptureRules, PolicyLayer } from '@headwater/capture';
import { PolicyError } from '@headwater/capture-policy';
import type { PolicyDocument } from '@headwater/capture-policy';

/** The host's own policy, and the fleet's, of which only what takes away counts. */
export type Layers = Pick<CaptureRules, 'policy' | 'narrowing'>;

/** `shop@3`, or `shop@3+fleet@7`: what the capture writes into every event. */
export function layersName({ policy, narrowing }: Layers): string {
  return [policy, ...(narrowing ? [narrowing] : [])].map((l) => `${l.id}@${l.version}`).join('+');
}

/** @throws PolicyError HW_POLICY_UNUSABLE where the document asks for fingerprints that this host cannot make */
export function needKey(doc: PolicyDocument, name: string): void {
  const rule = doc.headers?.findIndex((r) => r.action === 'hash') ?? -1;
  const field = rule >= 0 ? `headers[${rule}].action` : doc.client_address === 'hash' ? 'client_address' : null;
  if (field === null) return;
  const instead = rule >= 0 ? 'presence' : 'truncate';
  throw new PolicyError('HW_POLICY_UNUSABLE', `${name}: ${field}: hash needs a fingerprint key on this host: set fingerprints.key_file, or choose ${instead}`);
}

/**
 * A fleet's document as a host without a fingerprint key can obey it: where the fleet asks for a fingerprint, only
 * presence leaves, which is less. (A hashed client address has no such answer, so such a document is refused.)
 */
export function asNarrowing(layer: PolicyLayer, hasKey: boolean): PolicyLayer {
  if (hasKey) return layer;
  return { ...layer, rules: layer.rules.map((r) => (r.action === 'hash' ? { ...r, action: 'presence' } : r)) };
}
