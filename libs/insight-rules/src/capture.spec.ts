import { expect, it } from 'vitest';
import { buildInput } from './build.ts';
import type { Facts } from './facts.ts';
import { ruleFindings } from './rules/index.ts';
import { fleetOf } from './testing/fleet.ts';

const facts = (more: Partial<Facts>): Facts => ({ ...fleetOf(2, null).facts, ...more });
const rulesOf = (f: Facts) => {
  const { input, aliases } = buildInput(f);
  return ruleFindings(input, aliases).filter((x) => x.rule === 'capture_incomplete');
};
const quality = (lostExchanges: number, coverage = 1) => ({ complete: lostExchanges === 0, lostExchanges, coverage, hosts: 1 });
const host = (exchanges: number, lostExchanges: number, coverage = 1) => ({ host: 'alpha', exchanges, lostExchanges, coverage, silentMs: null });

it('of a host alone a loss is measured against what came of it', () => {
  const alone = { services: [], endpoints: [], headers: [], comparedWith: null };
  expect(rulesOf(facts({ ...alone, quality: quality(5), hosts: [host(1000, 5)] }))).toEqual([]);
  const [found] = rulesOf(facts({ ...alone, quality: quality(50), hosts: [host(1000, 50)] }));
  expect(found).toMatchObject({
    severity: 'ticket',
    what_changed: '50 exchanges were lost, 4.8 % of all.',
    evidence: [{ host: 'alpha', figures: { exchanges: 1000, lost_exchanges: 50 } }],
  });
});

it('where no hosts are told, as of a service, it rests on the service', () => {
  const [found] = rulesOf(facts({ quality: quality(1e9), hosts: [] }));
  expect(found!.evidence[0]!.kind).toBe('service');
  expect(rulesOf(facts({ quality: quality(0, 0.8), hosts: [] }))).toMatchObject([{ severity: 'info', what_changed: '80 % of the known exchanges could be read.' }]);
});
