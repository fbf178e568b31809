import { expect, it } from 'vitest';
import { buildInput } from './build.ts';
import { ruleFindings } from './rules/index.ts';
import { alertOf } from './testing/alert.ts';
import { fleetOf } from './testing/fleet.ts';

function told(fleet: ReturnType<typeof fleetOf>, ...alerts: ReturnType<typeof alertOf>[]) {
  const { input, aliases } = buildInput({ ...fleet.facts, alerts });
  return { input, findings: ruleFindings(input, aliases) };
}

it('an alert on a service says which endpoint makes it, with what and since when; and nothing says it again', () => {
  const fleet = fleetOf(1, 'deploy_breaks_route');
  const { input, findings } = told(fleet, alertOf({ kind: 'error_burn', subject: { service: 'shop' } }));
  expect(input.alerts).toMatchObject([{ id: 'alert_1', about: 'svc_1', values: { exchanges: '1.2e8', failed: 108, error_ratio: 0.12 } }]);
  expect(findings.filter((f) => f.severity !== 'info').map((f) => f.rule)).toEqual(['alert_error_burn']);
  const [f] = findings;
  expect(f).toMatchObject({ severity: 'page', confidence: 'high', title: expect.stringContaining('shop: 12 %') });
  expect(f!.what_changed).toMatch(/burns at 120.5 times.*12 % fail.*\/shop\/0\/\{int\} of shop makes \d+ % of the failures.*503 is 3\d.*first at 2026-11-23T10:0/);
  expect(f!.likely_cause).toMatch(/x-build appeared/);
  expect(f!.evidence.map((e) => e.kind)).toEqual(expect.arrayContaining(['alert', 'endpoint', 'failure', 'service', 'header']));
  expect(f!.evidence[0]).toMatchObject({ alert: alertOf({ kind: 'error_burn', subject: {} }).id });
});

it('of slowness it says whether it is all of the service or a part', () => {
  const alert = alertOf({ kind: 'latency_burn', subject: { service: 'shop' }, last_values: { burn_rate: 20, slow_ratio: 0.3, threshold_ms: 1000 } });
  const cause = (fault: 'dependency_slow' | 'service_slow') => told(fleetOf(2, fault), alert).findings.map((f) => [f.rule, f.likely_cause]);
  expect(cause('dependency_slow')).toEqual([['alert_latency_burn', expect.stringMatching(/one dependency/)]]);
  expect(cause('service_slow')).toEqual([['alert_latency_burn', expect.stringMatching(/what they share/)]]);
});

it('on a route, on a service without traffic, and on hosts, known or not', () => {
  const fleet = fleetOf(3, 'deploy_breaks_route');
  const method = fleet.facts.endpoints.find((e) => e.route === fleet.route)!.method;
  const route = told(fleet, alertOf({ kind: 'new_failing_route', subject: { service: 'shop', method, route: fleet.route }, severity: 'ticket' }));
  expect(route.input.alerts[0]!.about).toBe('ep_1');
  expect(route.findings[0]).toMatchObject({
    rule: 'alert_new_failing_route',
    evidence: [{ kind: 'alert' }, { kind: 'endpoint', route: fleet.route }, { kind: 'failure', status: 503 }, {}, {}, {}],
  });
  const gone = told(fleetOf(3, null), alertOf({ kind: 'error_burn', subject: { service: 'gone' } }));
  expect(gone.findings[0]!.what_changed).toMatch(/In this window 0 % of 0 exchanges of gone failed/);
  const silent = told(fleetOf(3, 'host_silent'), alertOf({ kind: 'agent_silent', subject: { host: 'bravo' }, title: 'bravo: silent', last_values: { silent_seconds: 200 } }));
  expect(silent.findings.map((f) => f.rule)).toEqual(['alert_agent_silent']);
  expect(silent.findings[0]!.evidence).toMatchObject([{ kind: 'alert' }, { kind: 'host', host: 'bravo', figures: { silent_s: 200 } }]);
  const unknown = told(fleetOf(3, null), alertOf({ kind: 'capture_incomplete', subject: { host: 'zulu' }, last_values: { lost_ratio: 0.05 } }));
  expect(unknown.findings[0]!.what_changed).toMatch(/5 % lost.*at least/);
});

it('alerts of one kind on one subject are one finding that cites all of them', () => {
  const alerts = ['page', 'ticket'].map((severity, i) => alertOf({ kind: 'error_burn', subject: { service: 'shop' }, severity: severity as 'page', id: `${i}`.repeat(32) }));
  const { findings } = told(fleetOf(1, 'service_fails'), ...alerts);
  const of = findings.filter((f) => f.rule === 'alert_error_burn');
  expect(of).toHaveLength(1);
  expect(of[0]!.evidence.filter((e) => e.kind === 'alert')).toHaveLength(2);
});

it('what another service answered as often is named as a question, and only where it is one', () => {
  const { facts } = fleetOf(1, 'deploy_breaks_route');
  const failing = facts.endpoints.find((e) => e.failures.some((f) => f.status === 503 && f.exchanges > 1000))!;
  const failure = failing.failures.find((f) => f.status === 503)!;
  const payments = (route: string, status: number, exchanges: number) => ({
    ...failing,
    service: 'payments',
    route,
    now: { ...failing.now, failed: 0, clientErrors: exchanges },
    failures: [{ ...failure, status, exchanges }],
    statuses: [],
  });
  const causeWith = (...others: ReturnType<typeof payments>[]) => {
    const service = { service: 'payments', pages: 0, now: failing.now, before: failing.before };
    const { input, aliases } = buildInput({ ...facts, services: [...facts.services, service], endpoints: [...facts.endpoints, ...others] });
    return ruleFindings(input, aliases).find((f) => f.rule === 'failing_endpoint')!;
  };
  const near = Math.round(failure.exchanges * 0.97);
  const found = causeWith(payments('/charges', 401, near));
  expect(found.likely_cause).toContain(`/charges of payments answered 401 about as often (${near}): if shop calls it, that is likely why.`);
  expect(found.evidence).toContainEqual(expect.objectContaining({ kind: 'failure', service: 'payments', status: 401 }));
  expect(causeWith(payments('/charges', 401, near / 2)).likely_cause).not.toContain('about as often');
  expect(causeWith(payments('/charges', 401, near), payments('/refunds', 401, near)).likely_cause).not.toContain('about as often');
});

it('client errors without a before may always have been so: worth knowing', () => {
  const { facts } = fleetOf(1, 'callers_lose_credentials');
  const nothing = { exchanges: 0, failed: 0, clientErrors: 0, p50Ms: null, p95Ms: null, p99Ms: null };
  const first = {
    ...facts,
    comparedWith: null,
    headers: [],
    services: facts.services.map((s) => ({ ...s, before: nothing })),
    endpoints: facts.endpoints.map((e) => ({ ...e, before: nothing })),
  };
  const { input, aliases } = buildInput(first);
  expect(ruleFindings(input, aliases).filter((f) => f.rule!.startsWith('client'))).toMatchObject([
    { rule: 'client_errors_denied', severity: 'info', title: expect.stringMatching(/^shop refuses its callers: \d+ answers 401$/) },
  ]);
});

it('what fails as it did before is worth knowing, as one finding a service', () => {
  const { facts, route } = fleetOf(1, 'deploy_breaks_route');
  const endpoints = facts.endpoints.map((e) => (e.route === route ? { ...e, before: e.now, failures: e.failures.map((f) => ({ ...f, before: f.exchanges })) } : e));
  const { input, aliases } = buildInput({ ...facts, headers: [], endpoints, services: facts.services.map((s) => ({ ...s, before: s.now })) });
  expect(ruleFindings(input, aliases).filter((f) => f.rule!.includes('fail'))).toMatchObject([
    { rule: 'still_failing', severity: 'info', what_changed: expect.stringMatching(/^Not worse than before: .* 39\.\d+ % \(39\.\d+ % before\)/) },
  ]);
});
