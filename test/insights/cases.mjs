// Faults of gateway and model, each planted for a route of its own, and what must come of it. Through Portkey, which hands most of them on.
import { FAULTS, GOOD, saying } from './model.mjs';

const later = (ms) => new Date(Date.now() + ms).toUTCString();

/**
 * fault; says: what the model's provider answers in turn, the last from then on; want: of the insight's model part; requests: that reach the
 * provider, exactly; atLeastMs: how long it must take at least; counted: metrics that must have grown
 */
export const FAULT_CASES = [
  {
    fault: '429, Retry-After in seconds, then an answer',
    says: () => [FAULTS.rateLimited({ 'retry-after': '1' }), GOOD],
    want: { state: 'done' },
    requests: 2,
    atLeastMs: 1_000,
  },
  {
    fault: '429, Retry-After as a date, then an answer',
    says: () => [FAULTS.rateLimited({ 'retry-after': later(2_000) }), GOOD],
    want: { state: 'done' },
    requests: 2,
  },
  {
    fault: '429, Retry-After of three years',
    says: () => [FAULTS.rateLimited({ 'retry-after': '94608000' })],
    want: { state: 'failed', reason: 'rate_limited' },
    requests: 1,
  },
  { fault: '500, every time', says: () => [FAULTS.status(500)], want: { state: 'failed' }, requests: 2 },
  { fault: 'no answer in time', says: () => [FAULTS.hang], want: { state: 'failed', reason: 'timeout' }, requests: 2, hangs: true },
  { fault: "connection cut by the model's provider", says: () => [FAULTS.cut], want: { state: 'failed' } },
  { fault: 'text that is no JSON', says: () => [FAULTS.malformed], want: { state: 'failed', reason: 'answer_invalid' }, requests: 2 },
  { fault: 'JSON of another shape, then a good one', says: () => [FAULTS.wrongSchema, GOOD], want: { state: 'done', repaired: true }, requests: 2 },
  {
    fault: 'made-up evidence',
    says: () => [saying((answer) => ({ findings: answer.findings.map((f) => ({ ...f, evidence: ['ep_999', 'fail_77'] })) }))],
    want: { state: 'failed', reason: 'no_finding_left' },
    dropped: 'unknown_evidence',
  },
  { fault: 'an answer of 10 MB', says: () => [FAULTS.huge()], want: { state: 'failed', reason: 'too_large' }, requests: 1 },
].map((c, i) => ({ ...c, client: `case-${i}`, service: `svc-${i}`, route: `/faults/${WORDS()[i]}` }));

/** Words, since what looks like an id does not go to a model. */
function WORDS() {
  return ['seconds', 'date', 'absurd', 'broken', 'silent', 'severed', 'garbled', 'misshapen', 'invented', 'enormous'];
}
