import type { RowOf } from '../api/client.ts';
import { samplingText, type QualityFigures } from '../components/quality.ts';
import { countOf } from '../format/numbers.ts';

export type Agent = RowOf<'/v1/fleet/agents'>;

export interface CaptureState {
  /** `good` needs no attention, `notice` is to be known, `bad` means figures are missing something */
  level: 'good' | 'notice' | 'bad';
  /** whole sentences, the worst first */
  sentences: string[];
}

/** What everybody has to know of the capture before reading a figure. `lost` and `sampling` are those of the range shown. */
export function captureState(agents: readonly Pick<Agent, 'host' | 'source' | 'alive' | 'conflicts'>[], lost: number, sampling: QualityFigures['sampling'] = null): CaptureState {
  const sentences: string[] = [];
  let level: CaptureState['level'] = 'good';
  const raise = (to: 'notice' | 'bad', sentence: string) => {
    sentences.push(sentence);
    if (level !== 'bad') level = to;
  };
  if (agents.length === 0) {
    return { level: 'bad', sentences: ['No host reports: there is no agent, or it cannot reach the bus.'] };
  }
  const silent = agents.filter((a) => !a.alive);
  if (silent.length > 0)
    raise('bad', `${silent.length === agents.length ? 'No host reports now' : `${countOf(silent.length, 'host')} silent`}: ${names(silent.map((a) => a.host))}.`);
  if (lost > 0) raise('bad', `${countOf(lost, 'exchange')} lost in this range; figures are too low by that much.`);
  const conflicting = agents.filter((a) => a.conflicts.length > 0);
  if (conflicting.length > 0) raise('bad', `Two agents use the same host id: ${names(conflicting.map((a) => a.host))}.`);
  if (sampling !== null) raise('notice', `Sampled in this range: ${samplingText(sampling)}; figures are estimates.`);
  if (agents.some((a) => a.source === 'replay')) {
    const all = agents.every((a) => a.source === 'replay');
    raise(
      'notice',
      all ? 'Recorded traffic is replayed; nothing of it is live.' : `Recorded traffic is replayed by ${names(agents.filter((a) => a.source === 'replay').map((a) => a.host))}.`,
    );
  }
  if (sentences.length === 0) sentences.push(`${agents.length === 1 ? '1\u00a0host reports' : `${agents.length}\u00a0hosts report`}, live, nothing lost.`);
  return { level, sentences };
}

function names(all: readonly string[]): string {
  return all.length <= 3 ? all.join(', ') : `${all.slice(0, 2).join(', ')} and ${all.length - 2} more`;
}
