import { expect, it } from 'vitest';
import type { AnswerFinding } from './answer.ts';
import { buildInput } from './build.ts';
import { resolve } from './resolve.ts';
import { fleetOf } from './testing/fleet.ts';

const fleet = fleetOf(4, 'deploy_breaks_route');
const { input, aliases } = buildInput(fleet.facts);
let n = 0;
const finding = (more: Partial<AnswerFinding> = {}): AnswerFinding => ({
  title: `finding ${++n}`,
  severity: 'ticket',
  what_changed: `changed ${n}`,
  likely_cause: '',
  check_next: [],
  confidence: 'medium',
  evidence: ['ep_1'],
  ...more,
});
const of = (...findings: AnswerFinding[]) => resolve({ findings }, input, aliases);

it('evidence is in the words of the fleet, with the figures as they were sent', () => {
  const { findings } = of(finding({ evidence: ['ep_1', 'ep_1', ' svc_1 ', 'ep_99', 'xep_2', 'hdr_1 (of svc_1)'] }));
  expect(findings[0]!.evidence.map((e) => e.id)).toEqual(['ep_1', 'svc_1', 'hdr_1']);
  const [ep, svc, hdr] = findings[0]!.evidence;
  const sent = input.endpoints[0]!;
  expect(ep).toMatchObject({ kind: 'endpoint', service: 'shop', route: fleet.route, label: expect.stringContaining(`${fleet.route} of shop`) });
  expect(ep!.figures).toMatchObject({ error_pct: sent.error_pct, before_error_pct: sent.before!.error_pct, method: sent.method, statuses: sent.statuses });
  for (const e of findings[0]!.evidence) for (const v of Object.values(e.figures)) expect(['number', 'string']).toContain(typeof v);
  expect(Object.keys(ep!.figures)).not.toContain('service');
  expect(svc!.figures).toMatchObject({ exchanges: input.services[0]!.exchanges });
  expect(hdr!.figures).toMatchObject({ name: input.headers[0]!.name, kind: input.headers[0]!.kind });
});

it('what cites nothing that is there, says the same again or is too much is counted', () => {
  const twice = finding();
  const { findings, dropped } = of(
    finding({ evidence: [] }),
    finding({ evidence: ['ep_99', 'made_up', ''] }),
    twice,
    { ...twice, title: twice.title.toUpperCase() + '!' },
    finding({ what_changed: twice.what_changed }),
    ...Array.from({ length: 10 }, () => finding()),
  );
  expect(dropped).toEqual({ no_evidence: 1, unknown_evidence: 1, repeated: 2, too_many: 3 });
  expect(findings.map((f) => f.id)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8']);
});

it('texts name what the ids stand for, are one line, cut, and markup in them stays text', () => {
  const { findings } = of(
    finding({
      title: 'svc_1 is \u202e<b>broken</b>\u0000\nnow',
      what_changed: `ep_1, ep_99 and xep_1y ${'x'.repeat(900)}`,
      likely_cause: ' ',
      check_next: ['', 'look at ep_1', ...Array.from({ length: 9 }, () => 'y'.repeat(400))],
      severity: 'page',
    }),
  );
  const [f] = findings;
  expect(f!.title).toBe('shop is <b>broken</b> now');
  expect(f!.what_changed.startsWith(`${aliases['ep_1']!.label}, ep_99 and xep_1y xxx`)).toBe(true);
  expect([f!.what_changed.length, f!.check_next.length, f!.check_next[1]!.length, f!.likely_cause]).toEqual([600, 5, 200, null]);
  expect(f!.check_next[0]).toBe(`look at ${aliases['ep_1']!.label}`);
});

it('is sorted by severity', () => {
  const { findings } = of(finding({ severity: 'info' }), finding({ severity: 'page' }), finding());
  expect(findings.map((f) => [f.id, f.severity])).toEqual([
    ['m1', 'page'],
    ['m2', 'ticket'],
    ['m3', 'info'],
  ]);
});
