import { createHash } from 'node:crypto';

/**
 * This host's name on the bus: 32 hex digits of a hash of the machine id, which itself must not leave the host
 * (machine-id(5) asks for that).
 * @param machineId text of /etc/machine-id
 * @throws Error when the text is no machine id; the message names the setting that helps.
 */
export function hostIdFrom(machineId: string): string {
  const id = machineId.trim();
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Error('/etc/machine-id holds no machine id (32 hex digits); give this host a name with host_id');
  return createHash('sha256').update(`headwater host ${id}`).digest('hex').slice(0, 32);
}
