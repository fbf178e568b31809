import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openLive, openReplay } from '@headwater/capture';
import type { Capture, CaptureOptions } from '@headwater/capture';
import type { AgentConfig } from '@headwater/config';

/**
 * The recordings to play, in order: the file itself, or every *.hwrec of a directory.
 * @throws Error that names replay.file when there is none
 */
export function recordings(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((f) => f.endsWith('.hwrec'))
    .sort();
  if (files.length === 0) throw new Error(`replay.file ${path} holds no recording (*.hwrec)`);
  return files.map((f) => join(path, f));
}

/**
 * Live capture from the probe's socket, or one recording through the same core, as if it happened now.
 * @param turn number of this opening, from 0: recordings are taken in turn
 * @throws Error that says what is missing: no probe on the socket, another wire version, no such recording.
 */
export async function openCapture(config: AgentConfig, options: CaptureOptions, turn: number): Promise<Capture> {
  if (config.replay.file) {
    const files = recordings(config.replay.file);
    return openReplay({ file: files[turn % files.length] ?? '', options, paced: true });
  }
  return openLive({ socketPath: config.probe.socket ?? '', options });
}

/** Whether there is another recording to play after this turn. */
export function playsOn(config: AgentConfig, turn: number): boolean {
  return config.replay.file !== undefined && (config.replay.loop || turn + 1 < recordings(config.replay.file).length);
}
