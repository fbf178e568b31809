// Faults of gateway and model, each planted for a route of its own, and what must come of it. Through Portkey, which hands most of them on.
import { FAULTS, GOOD, saying } from './model.mjs';

const later = (ms) => new Date(Date.now() + ms).toUTCString();

/**
 * fault; says: what the model's provider answers in turn, the last from then on; want: of the insight's model part; requests: that reach the
 * provider, exactly. In an order in which failures and answers take turns: a gateway that fails five times in a row is left alone, see `BREAKS`.
 */
export const FAULT_CASES = [
  {
    fault: '429, Retry-After in seconds, then an answer',
    word: 'seconds',
    says: () => [FAULTS.rateLimited({ 'retry-after': '1' }), GOOD],
    want: { state: 'done' },
    requests: 2,
    atLeastMs: 1_000,
  },
  { fault: 'text that is no JSON', word: 'garbled', says: () => [FAULTS.malformed], want: { state: 'failed', reason: 'answer_invalid' }, requests: 2 },
  {
    fault: '429, Retry-After as a date, then an answer',
    word: 'date',
    says: () => [FAULTS.rateLimited({ 'retry-after': later(2_000) }), GOOD],
    want: { state: 'done' },
    requests: 2,
  },
  { fault: 'JSON of another shape, then a good one', word: 'misshapen', says: () => [FAULTS.wrongSchema, GOOD], want: { state: 'done', repaired: true }, requests: 2 },
  {
    fault: '429, Retry-After of three years',
    word: 'absurd',
    says: () => [FAULTS.rateLimited({ 'retry-after': '94608000' })],
    want: { state: 'failed', reason: 'rate_limited' },
    requests: 1,
  },
  {
    fault: 'made-up evidence',
    word: 'invented',
    says: () => [saying((answer) => ({ findings: answer.findings.map((f) => ({ ...f, evidence: ['ep_999', 'fail_77'] })) }))],
    want: { state: 'done', reason: 'no_finding_left' },
    dropped: 'unknown_evidence',
  },
  { fault: '500, every time', word: 'broken', says: () => [FAULTS.status(500)], want: { state: 'failed', reason: 'overloaded' }, requests: 2 },
  { fault: 'an answer of 10 MB', word: 'enormous', says: () => [FAULTS.huge()], want: { state: 'failed', reason: 'too_large' }, requests: 1 },
  { fault: 'none', word: 'calm', says: () => [GOOD], want: { state: 'done', reason: null }, requests: 1 },
  { fault: "connection cut by the model's provider", word: 'severed', says: () => [FAULTS.cut], want: { state: 'failed' } },
].map(asked);

/** For a process that waits three seconds at most. */
export const SILENCE = asked({ fault: 'no answer in time', word: 'silent', says: () => [FAULTS.hang], want: { state: 'failed', reason: 'timeout' }, requests: 2 });

/** Questions whose answer is 500, and then one that is not asked. */
export const BREAKS = ['first', 'second', 'third', 'fourth'].map((word) => asked({ word, says: () => [FAULTS.status(500)] }));

/** Each with a client of its own (an API takes ten requests of a client in a minute), a service, and a route by which it is known; in words, since what looks like an id does not go to a model. */
function asked(c) {
  return { ...c, client: `case-${c.word}`, service: `svc-${c.word}`, route: `/faults/${c.word}` };
}
