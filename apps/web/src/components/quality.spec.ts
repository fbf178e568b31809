import { describe, expect, it } from 'vitest';
import { FILTERED } from '../pages/fleet/reasons.ts';
import { LOST } from './losses.ts';
import { qualityOf } from './quality.ts';

/** Where the reasons are named, as text. */
const sources = import.meta.glob<string>(['../../../../libs/capture/core/reasons.h', '../../../agent/src/account.ts'], { query: '?raw', import: 'default', eager: true });
const [capture, agentSource] = ['reasons.h', 'account.ts'].map((name) => Object.entries(sources).find(([path]) => path.endsWith(name))?.[1] ?? '') as [string, string];

const all = { complete: true, lost: 0, lost_by: {}, lost_batches: 0, lost_exchanges: 0, sampling: null, hosts: 2, coverage: 1 };

describe('from how much a figure comes', () => {
  it('says how many exchanges, hosts and losses', () =>
    expect(qualityOf(all, 1234)).toEqual({ counts: '1.2\u00a0k\u00a0exchanges, 2\u00a0hosts, 0\u00a0lost', state: 'complete', reasons: [], sampled: null }));

  it('tells windows that are still open from loss', () => expect(qualityOf({ ...all, complete: false }).state).toBe('arriving'));

  it('says what was lost, the most first', () => {
    const { state, reasons } = qualityOf({ ...all, complete: false, lost: 12, lost_by: { a_b: 2, batch_queue_full: 10, none: 0 } });
    expect(state).toBe('lossy');
    expect(reasons).toEqual(['12\u00a0lost (10 the reader of the batches was too slow, 2 a b)']);
  });

  it('says that batches never came', () => {
    const reasons = (lost_exchanges: number | null) => qualityOf({ ...all, complete: false, lost_batches: 1, lost_exchanges }).reasons;
    expect(reasons(null)).toEqual(['1\u00a0batch of agents never came']);
    expect(reasons(40)).toEqual(['1\u00a0batch of agents never came with 40\u00a0exchanges']);
  });

  it('says that figures are sampled, how much and by whom; that is no loss', () => {
    const sampling = { one_in: 64, exchanges: 6_400, kept: 180, reasons: ['governor', 'policy'] };
    const text = qualityOf({ ...all, sampling });
    expect([text.state, text.sampled?.text]).toEqual(['complete', 'Sampled: 1\u00a0in\u00a064 by policy and overhead ceiling']);
    expect(text.sampled?.meaning).toMatch(/^Of 6,400 exchanges .* 180 were kept/);
    expect(qualityOf({ ...all, coverage: 0.9, sampling: { ...sampling, reasons: ['policy'] } })).toMatchObject({
      state: 'lossy',
      sampled: { text: 'Sampled: 1\u00a0in\u00a064 by policy' },
    });
  });

  it('has a sentence for every reason of loss of the capture and of the agent, and for every one to filter', () => {
    const names = (macro: string) =>
      Array.from(
        capture
          .slice(capture.indexOf(`${macro}(X)`))
          .split('\n\n')[0]!
          .matchAll(/X\(\w+, "(\w+)"/g),
        (m) => m[1]!,
      );
    const agent = Array.from(/PublishLoss = ([^;]+);/.exec(agentSource)?.[1]?.matchAll(/'(\w+)'/g) ?? [], (m) => m[1]!);
    expect([names('HW_LOST_REASONS').length, names('HW_FILTER_REASONS').length, agent.length]).toSatisfy((n: number[]) => n[0]! >= 10 && n[1]! >= 13 && n[2]! >= 7);
    expect([...names('HW_LOST_REASONS'), ...agent].filter((r) => LOST[r]?.meaning === undefined || LOST[r].advice === undefined)).toEqual([]);
    expect(names('HW_FILTER_REASONS').filter((r) => FILTERED[r] === undefined)).toEqual([]);
  });

  it('is lossy where some could not be read, even when nothing was lost', () =>
    expect(qualityOf({ ...all, coverage: 0.9 })).toMatchObject({ state: 'lossy', reasons: ['10\u00a0% could not be read'] }));
});
