import { DEFAULT_CAPTURE_OPTIONS } from '@headwater/capture';
import { readPublicKey, toLayer } from '@headwater/capture-policy';
import type { AgentConfig } from '@headwater/config';
import { Fleet } from './fleet.ts';
import { readPolicyFile } from './host-file.ts';
import { asNarrowing } from './layers.ts';
import type { Layers } from './layers.ts';
import { readState } from './state-file.ts';

/**
 * The policies of a host as its files have them now: for a capture that asks no bus.
 * @throws PolicyError, or Error that names the state file when what narrows this host cannot be known
 */
export function storedLayers(config: Pick<AgentConfig, 'policy'>, hostId: string, hasKey: boolean): Layers {
  const { file, fleet: settings } = config.policy;
  const policy = file === undefined ? DEFAULT_CAPTURE_OPTIONS.policy : toLayer(readPolicyFile(file));
  if (settings.keys.length === 0) return { policy };
  const keys = settings.keys.map(({ id, public_key_file }, i) => ({ id, publicKey: readPublicKey(public_key_file, `policy.fleet.keys.${i}.public_key_file`) }));
  const fleet = new Fleet(hostId, keys, () => undefined);
  for (const { acceptedAt, ...record } of readState(settings.state_file ?? '')?.records ?? []) fleet.restore(record, acceptedAt);
  return fleet.inForce ? { policy, narrowing: asNarrowing(toLayer(fleet.inForce.document), hasKey) } : { policy };
}
