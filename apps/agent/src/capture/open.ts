import { openLive, openReplay } from '@headwater/capture';
import type { Capture, CaptureOptions } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';

/**
 * Live capture from the probe's socket, or the recording through the same core.
 * @throws Error that says what is missing: no probe on the socket, another wire version, no such recording.
 */
export async function openCapture(config: AgentConfig, options: CaptureOptions): Promise<Capture> {
  if (config.replay.file) return openReplay(config.replay.file, options);
  return openLive(config.probe.socket ?? '', options);
}
