import { Random } from './random.ts';

/** Minutes of a scenario: over an hour of calm, faults, what comes after. */
export const MINUTES = 150;
/** A whole hour; times of a plan are minutes from it. */
export const START = 1_790_002_800_000;

export interface Route {
  method: string;
  route: string;
  /** of its service's exchanges */
  share: number;
  ttfbMs: number;
}

export interface Service {
  name: string;
  /** exchanges a minute over all hosts, before the shape of the day */
  rate: number;
  hosts: string[];
  routes: Route[];
  /** share of exchanges that fail for no reason, and that are the client's fault */
  errors: number;
  clientErrors: number;
  /** minute of the day's peak, and how far above and below the mean it goes */
  peak: number;
  swing: number;
  bursts: { from: number; minutes: number; times: number }[];
  /** share of failures that the client tries again at once */
  retries: number;
}

interface During {
  from: number;
  minutes: number;
}

/** What is planted; each says by which alerts it is found, and how soon. */
export type Fault = During &
  (
    | { kind: 'bad_deploy'; service: string; routes: string[]; ratio: number }
    | { kind: 'slow_dependency'; service: string; share: number; byMs: number }
    | { kind: 'silent_host'; host: string }
    | { kind: 'new_failing_route'; service: string; route: string; rate: number; ratio: number }
    | { kind: 'capture_loss'; host: string; ratio: number; how: 'ring_full' | 'batches' }
  ) & { wanted: Wanted[] };

export interface Wanted {
  rule: string;
  service?: string;
  route?: string;
  host?: string;
  /** minutes from the fault's begin in which it must open; null: it may */
  within: number | null;
}

/** What looks like a fault and is none; in both variants. */
export type Decoy = During &
  (
    | { kind: 'agent_ends'; host: string }
    | { kind: 'scanner'; service: string; times: number }
    | { kind: 'blip'; service: string; failures: number }
    | { kind: 'pause'; service: string; share: number }
    | { kind: 'spooled'; host: string }
  );

export interface Plan {
  seed: number;
  hosts: string[];
  services: Service[];
  faults: Fault[];
  decoys: Decoy[];
}

const HOSTS = ['alpha', 'bravo', 'charlie', 'delta', 'echo'];
const KINDS = ['bad_deploy', 'slow_dependency', 'silent_host', 'new_failing_route', 'capture_loss'] as const;

/** The same plan for the same seed; `quiet`: without its faults, everything else alike. */
export function planOf(seed: number, quiet: boolean): Plan {
  const random = new Random('plan', seed);
  const services = ['shop', 'cart', 'mail', 'search'].map((name) => service(random, name));
  services.push({ ...service(random, 'nightly'), rate: random.between(1, 4), hosts: ['alpha'], errors: 0.01, bursts: [] });
  const [first, second, third, ...rest] = [...random.shuffled(services.slice(0, 4))];
  // Each kind in at least eight of twenty seeds, the rest by chance; no two faults share a service or a host.
  const kinds = [...new Set([KINDS[seed % 5]!, KINDS[(seed + 1 + Math.floor(seed / 5)) % 5]!, random.pick(KINDS)])];
  const hosts = random.shuffled(['charlie', 'delta']);
  // A host without traffic loses nothing: the busiest service runs on it.
  const busiest = services.reduce((a, b) => (b.rate > a.rate ? b : a));
  if (!busiest.hosts.includes(hosts[1]!)) busiest.hosts.push(hosts[1]!);
  const faults = kinds.map((kind, i) => fault(random, kind, [first, second, third][i]!, hosts[kind === 'silent_host' ? 0 : 1]!));
  const decoys: Decoy[] = [
    { kind: 'agent_ends', host: 'echo', from: random.whole(70, 140), minutes: MINUTES },
    { kind: 'scanner', service: rest[0]!.name, from: random.whole(65, 135), minutes: random.whole(3, 12), times: random.between(0.3, 1) },
    { kind: 'blip', service: rest[0]!.name, from: random.whole(65, 145), minutes: 1, failures: random.whole(3, 8) },
    { kind: 'pause', service: rest[0]!.name, from: random.whole(65, 145), minutes: 1, share: random.between(0.05, 0.3) },
    { kind: 'spooled', host: 'bravo', from: random.whole(65, 135), minutes: random.whole(2, 6) },
  ];
  return { seed, hosts: HOSTS, services, faults: quiet ? [] : faults, decoys };
}

function service(random: Random, name: string): Service {
  const weights = Array.from({ length: random.whole(3, 5) }, () => random.between(0.3, 2));
  const sum = weights.reduce((a, b) => a + b);
  return {
    name,
    rate: Math.exp(random.between(Math.log(250), Math.log(4000))),
    // Two of the hosts that stay, perhaps one that does not.
    hosts: [random.pick(['alpha', 'bravo']), ...random.shuffled(['charlie', 'delta', 'echo']).slice(0, random.whole(0, 2))],
    routes: weights.map((w, i) => ({
      method: random.pick(['GET', 'GET', 'POST', 'PUT']),
      route: `/${name}/${i}/{int}`,
      share: w / sum,
      ttfbMs: Math.exp(random.between(Math.log(3), Math.log(250))),
    })),
    errors: random.between(0, 0.0003),
    clientErrors: random.between(0.001, 0.03),
    peak: random.whole(-720, 720),
    swing: random.between(0.1, 0.6),
    bursts: Array.from({ length: random.whole(0, 3) }, () => ({ from: random.whole(0, MINUTES), minutes: random.whole(2, 12), times: random.between(1.5, 4) })),
    retries: random.between(0, 0.6),
  };
}

function fault(random: Random, kind: Fault['kind'], { name, rate, routes }: Service, host: string): Fault {
  const from = random.between(72, 95);
  const lasting = (within: number) => Math.min(MINUTES - 5 - from, within + random.between(3, 20));
  switch (kind) {
    case 'bad_deploy': {
      const broken = random.shuffled(routes).slice(0, random.whole(1, routes.length));
      const share = broken.reduce((s, r) => s + r.share, 0);
      const failing = random.between(Math.min(0.05, 0.9 * share), share);
      const ratio = failing / share;
      // 14.4 times 0.1 % over an hour, of which so many minutes fail; half as much again for what the hour's traffic does.
      const within = Math.ceil((1.5 * 0.0144 * 60) / failing) + 3;
      const wanted: Wanted[] = [
        { rule: 'error-burn-page', service: name, within },
        { rule: 'error-burn-ticket', service: name, within: null },
      ];
      for (const r of broken) {
        // At the least traffic of the day and with every second host away.
        const least = 0.2 * rate * r.share * ratio;
        wanted.push({ rule: 'new-failing-route', service: name, route: r.route, within: least >= 10 && ratio >= 0.1 ? Math.ceil(60 / least) + 3 : null });
      }
      return { kind, from, minutes: lasting(within), service: name, routes: broken.map((r) => r.route), ratio, wanted };
    }
    case 'slow_dependency': {
      const share = random.between(0.35, 1);
      const within = Math.ceil((1.5 * 0.144 * 60) / share) + 3;
      return {
        kind,
        from,
        minutes: lasting(within),
        service: name,
        share,
        byMs: Math.exp(random.between(Math.log(1300), Math.log(9000))),
        wanted: [
          { rule: 'latency-burn-page', service: name, within },
          { rule: 'latency-burn-ticket', service: name, within: null },
        ],
      };
    }
    case 'silent_host':
      return { kind, from, minutes: random.between(4, 60), host, wanted: [{ rule: 'agent-silent', host, within: 3 }] };
    case 'new_failing_route': {
      const ratio = random.between(0.3, 1);
      const failures = random.between(2, 12);
      const within = Math.ceil((2 * 10) / failures) + 3;
      const route = `/${name}/new/{uuid}`;
      return {
        kind,
        from,
        minutes: lasting(within),
        service: name,
        route,
        rate: failures / ratio,
        ratio,
        wanted: [
          { rule: 'new-failing-route', service: name, route, within },
          // It is a share of the service's failures, too, and may be all that its objective allows.
          { rule: 'error-burn-page', service: name, within: null },
          { rule: 'error-burn-ticket', service: name, within: null },
        ],
      };
    }
    case 'capture_loss': {
      const how = random.pick(['ring_full', 'batches'] as const);
      const ratio = Math.exp(random.between(Math.log(how === 'batches' ? 0.2 : 0.03), Math.log(0.5)));
      const within = how === 'batches' ? 12 : Math.ceil((2 * 0.01 * 10) / ratio) + 3;
      return { kind, from, minutes: lasting(within), host, ratio, how, wanted: [{ rule: 'capture-incomplete', host, within }] };
    }
  }
}

/** Share of minute n in which it holds: faults begin and end within minutes. */
export function shareOf({ from, minutes }: During, n: number): number {
  return Math.max(0, Math.min(n + 1, from + minutes) - Math.max(n, from));
}
