import type { PodNames } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';
import type { Logger } from 'pino';
import { Kubelet } from './kubelet.ts';

/**
 * The kubelet of the settings; null without one.
 * @throws Error that names the settings which would send a token in clear or to whoever answers
 */
export function openKubelet(config: AgentConfig['kubelet'], onPods: (pods: readonly PodNames[]) => void, log: Logger): Kubelet | null {
  if (!config.url) return null;
  const settings = { url: config.url, tokenFile: config.token_file, caFile: config.ca_file, insecureLoopback: config.insecure_loopback, intervalMs: config.interval_s * 1_000 };
  return new Kubelet(settings, onPods, log);
}
