import { describe, expect, it } from 'vitest';
import { buildInput } from './build.ts';
import type { Finding } from './insight.ts';
import { ruleFindings } from './rules/index.ts';
import { fleetOf, type Fault, type Fleet } from './testing/fleet.ts';

const SEEDS = Number(process.env['SCENARIO_SEEDS'] ?? 6);
const seeds = Array.from({ length: SEEDS }, (_, i) => i + 1);

function findings(fleet: Fleet): Finding[] {
  const { input, aliases } = buildInput(fleet.facts);
  return ruleFindings(input, aliases);
}

interface Wanted {
  rule: string[];
  severity: Finding['severity'][];
  /** what its evidence must name */
  names?: (f: Finding, fleet: Fleet) => boolean;
  cause?: RegExp;
  /** what it must not be taken for */
  without?: string[];
}

const routeIsFirst = (f: Finding, fleet: Fleet) => f.evidence[0]?.route === fleet.route && f.evidence[0].service === fleet.service;
const serviceIsFirst = (f: Finding, fleet: Fleet) => f.evidence[0]?.service === fleet.service;

const WANTED: Record<Fault, Wanted> = {
  deploy_breaks_route: {
    rule: ['failing_endpoint'],
    severity: ['page', 'ticket'],
    names: (f, fleet) => routeIsFirst(f, fleet) && f.evidence.some((e) => e.status === 503),
    cause: /x-build appeared.*release/,
  },
  service_fails: { rule: ['failing_service'], severity: ['page'], names: serviceIsFirst, cause: /what they share/ },
  connections_reset: {
    rule: ['failing_endpoint'],
    severity: ['page', 'ticket'],
    names: (f, fleet) => routeIsFirst(f, fleet) && f.evidence.some((e) => e.error_type === 'connection_reset'),
  },
  dependency_slow: { rule: ['slow_endpoint'], severity: ['ticket'], names: routeIsFirst, cause: /one dependency/ },
  service_slow: { rule: ['slow_service'], severity: ['ticket'], names: serviceIsFirst, cause: /what they share/ },
  endpoint_gone: { rule: ['vanished_endpoint'], severity: ['ticket', 'info'], names: routeIsFirst },
  endpoint_new: { rule: ['new_endpoint'], severity: ['info'], names: (f, fleet) => f.evidence[0]?.route === `/${fleet.service}/fresh` },
  traffic_jump: { rule: ['traffic_jump'], severity: ['info'], names: serviceIsFirst },
  traffic_drop: { rule: ['traffic_drop'], severity: ['ticket'], names: serviceIsFirst },
  callers_lose_credentials: {
    rule: ['client_errors_denied'],
    severity: ['ticket'],
    names: (f) => f.evidence.some((e) => e.header === 'authorization'),
    cause: /no longer send.*authorization vanished/,
  },
  scan_404: { rule: ['client_errors_not_found'], severity: ['info'], names: (f) => f.evidence.some((e) => e.route === '/scan/0.php'), without: ['new_endpoint'] },
  rate_limited: { rule: ['client_errors_limited'], severity: ['ticket'], names: (f, fleet) => f.evidence.some((e) => e.route === fleet.route && e.status === 429) },
  passwords: { rule: ['credential_in_clear'], severity: ['ticket'], names: (f) => f.evidence[0]?.header === 'authorization' },
  protection_gone: { rule: ['security_header_vanished'], severity: ['ticket'], names: (f) => f.evidence[0]?.header === 'x-content-type-options' },
  headers_drift: { rule: ['header_drift'], severity: ['info'], names: (f) => f.evidence[0]?.header === 'x-build' },
  capture_loss: { rule: ['capture_incomplete'], severity: ['ticket'], names: (f) => f.evidence[0]?.host === 'bravo' },
  host_silent: { rule: ['host_silent'], severity: ['ticket'], names: (f) => f.evidence[0]?.host === 'bravo' },
};

/** What goes with a fault and is no invention: a service that is asked a twentieth loses most of each endpoint, too. */
const WITH: Partial<Record<Fault, string[]>> = { endpoint_gone: ['traffic_drop'] };

describe.each(Object.entries(WANTED) as [Fault, Wanted][])('%s', (fault, { rule, severity, names, cause, without }) => {
  it.each(seeds)('seed %i: is found where it is, and nothing else is more than worth knowing', (seed) => {
    const fleet = fleetOf(seed, fault);
    const found = findings(fleet);
    const hit = found.find((f) => rule.includes(f.rule!));
    expect(found.map((f) => f.rule)).toContain(rule[0]);
    expect(severity).toContain(hit!.severity);
    expect(names?.(hit!, fleet), JSON.stringify(hit, null, 1)).not.toBe(false);
    if (cause) expect(hit!.likely_cause).toMatch(cause);
    for (const other of without ?? []) expect(found.map((f) => f.rule)).not.toContain(other);
    const besides = found.filter((f) => f !== hit && f.severity !== 'info' && !WITH[fault]?.includes(f.rule!));
    expect(besides.map((f) => `${f.rule}: ${f.title}`)).toEqual([]);
    for (const f of found) {
      expect(f.evidence.length).toBeGreaterThan(0);
      expect(f.check_next.length).toBeGreaterThan(0);
      expect(f.what_changed).toMatch(/\d/);
    }
  });
});

it.each(seeds)('seed %i without a fault: nothing, but perhaps one thing worth knowing', (seed) => {
  const found = findings(fleetOf(seed, null));
  expect(found.filter((f) => f.severity !== 'info').map((f) => `${f.rule}: ${f.title}`)).toEqual([]);
  expect(found.length, found.map((f) => f.title).join('\n')).toBeLessThanOrEqual(1);
});
