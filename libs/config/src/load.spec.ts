import { describe, expect, it } from 'vitest';
import { AgentConfig, AnalyzerConfig, ApiConfig, ConfigError, busSettings, loadConfig, storeSettings } from './index.ts';

const noFile = (path: string): string => {
  throw new Error(`ENOENT: no such file, open '${path}'`);
};

function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((p) => `${p.field}: ${p.message}`);
    throw error;
  }
  return [];
}

const agent = (argv: string[], env: Record<string, string> = {}, file?: string) => loadConfig(AgentConfig, { argv, env, readFile: file === undefined ? noFile : () => file });

const enough = ['--probe.socket', '/run/probe.sock', '--bus.path', '/tmp/bus.db', '--fingerprints.enabled=false'];

describe('loadConfig', () => {
  it('fills in defaults', () => {
    const config = agent(enough);
    expect(config.admin).toMatchObject({ host: '127.0.0.1', port: 9470 });
    expect(config.batch).toMatchObject({ max_rows: 2000, max_bytes: 900_000 });
    expect(config.topic_prefix).toBe('headwater');
    expect(busSettings(config.bus)).toEqual({ kind: 'embedded', path: '/tmp/bus.db', retentionMs: 86_400_000, retentionBytes: 1_073_741_824 });
  });

  it('flag wins over environment, that over the file, that over the default', () => {
    const file = 'admin:\n  port: 1\nbatch:\n  max_rows: 10\n  linger_ms: 11\n';
    const config = agent([...enough, '--config', 'a.yaml', '--admin.port', '3'], { HEADWATER_ADMIN__PORT: '2', HEADWATER_BATCH__MAX_ROWS: '20' }, file);
    expect([config.admin.port, config.batch.max_rows, config.batch.linger_ms, config.batch.max_bytes]).toEqual([3, 20, 11, 900_000]);
  });

  it('refuses what it does not know, names it, its origin and the nearest name', () => {
    expect(problemsOf(() => agent([...enough, '--admin.prt', '1']))).toEqual(['admin.prt: is not a setting (from flag --admin.prt); did you mean port?']);
    expect(problemsOf(() => agent(enough, { HEADWATER_NOISE: '1' }))[0]).toContain('noise: is not a setting (from environment HEADWATER_NOISE); known here: host_id');
    expect(problemsOf(() => agent([...enough, '--config', 'a.yaml'], {}, 'bus:\n  knd: kafka\n'))).toEqual(['bus.knd: is not a setting (from file a.yaml); did you mean kind?']);
    expect(problemsOf(() => agent([...enough, 'stray']))).toEqual(['stray: is not an option; settings are written --name value (see --help)']);
  });

  it('names field, value, origin and fix of a bad value', () => {
    expect(problemsOf(() => agent([...enough, '--admin.port', '70000']))).toEqual(['admin.port: 70000 (from flag --admin.port) must be a whole number from 0 to 65535']);
    expect(problemsOf(() => agent([...enough, '--admin.port', 'x']))).toEqual(['admin.port: "x" (from flag --admin.port) must be a whole number from 0 to 65535']);
    expect(problemsOf(() => agent([...enough, '--log.level', 'loud']))[0]).toContain('log.level: "loud" (from flag --log.level) must be one of: trace');
    expect(problemsOf(() => agent([...enough, '--config', 'a.yaml'], {}, 'admin:\n  port: "9470"\n'))).toEqual([
      'admin.port: "9470" (from file a.yaml) must be a whole number from 0 to 65535',
    ]);
  });

  it('refuses contradictions with both named and where they came from', () => {
    expect(problemsOf(() => agent(enough, { HEADWATER_BUS__BROKERS: 'k:9092' }))).toEqual([
      'bus.brokers: (from environment HEADWATER_BUS__BROKERS) contradicts bus.kind = "embedded" (from default): it goes with kind = kafka; leave one out',
    ]);
    expect(problemsOf(() => agent([...enough, '--replay.file', 'r.bin']))).toEqual([
      'probe.socket: (from flag --probe.socket) and replay.file (from flag --replay.file): an agent captures live or replays, not both; leave one out',
    ]);
    expect(problemsOf(() => agent([...enough, '--admin.port', '1', '--admin.port', '2']))[0]).toContain('admin.port: contradicts itself: 1 (from flag --admin.port) and 2');
    expect(problemsOf(() => agent([...enough, '--config', 'a', '--config', 'b'], {}, ''))[0]).toContain('given twice, a and b');
  });

  it('says what is missing and who needs it', () => {
    expect(problemsOf(() => agent([...enough.slice(0, 2), '--fingerprints.enabled=false', '--bus.kind=kafka']))).toEqual([
      'bus.brokers: is missing: bus.kind = "kafka" (from flag --bus.kind) needs it',
    ]);
    expect(problemsOf(() => agent([...enough.slice(0, 4)]))[0]).toContain('fingerprints need a key');
    expect(problemsOf(() => agent([...enough, '--config', 'gone.yaml']))[0]).toContain("gone.yaml cannot be read: ENOENT: no such file, open 'gone.yaml'");
  });

  it('reports every problem at once', () => {
    expect(problemsOf(() => agent([...enough, '--admin.port', 'x', '--batch.max_rows', '0', '--nope', '1']))).toHaveLength(3);
  });

  it('reads lists from flags, environment and file; a stronger list replaces a weaker one', () => {
    const file = 'bus:\n  kind: kafka\n  brokers: [a:1, b:2]\nservices:\n  - { service: shop, port: 8080 }\n  - service: cart\n';
    const base = ['--probe.socket', '/p', '--fingerprints.enabled=false', '--config', 'a.yaml'];
    expect(agent(base, {}, file).bus.brokers).toEqual(['a:1', 'b:2']);
    expect(agent(base, {}, file).services).toMatchObject([{ service: 'shop', port: 8080 }, { service: 'cart' }]);
    expect(agent(base, { HEADWATER_BUS__BROKERS: 'c:3,d:4' }, file).bus.brokers).toEqual(['c:3', 'd:4']);
    expect(agent([...base, '--bus.brokers', 'e:5', '--bus.brokers', 'f:6'], {}, file).bus.brokers).toEqual(['e:5', 'f:6']);
    expect(problemsOf(() => agent(base, {}, `${file}  - service: 7\n`))[0]).toContain('services.2.service: 7 (from file a.yaml)');
  });

  it('reads groups in lists by number', () => {
    const config = loadConfig(ApiConfig, {
      argv: ['--audience', 'urn:api', '--store.path', 's', '--state.path', 't', '--issuers.0.issuer', 'http://127.0.0.1:8471'],
      env: { HEADWATER_ISSUERS__0__RELAX__TYP: 'true' },
      readFile: noFile,
    });
    expect(config.issuers).toHaveLength(1);
    expect(config.issuers[0]).toMatchObject({ issuer: 'http://127.0.0.1:8471', relax: { typ: true, client_id: false } });
    expect(config.issuers[0]?.algorithms).toContain('ES256');
  });

  it('never prints a secret setting', () => {
    const run = () =>
      loadConfig(AnalyzerConfig, { argv: ['--bus.path', 'b', '--state.path', 't', '--store.kind', 'redis', '--store.url', 'http://user:hunter2@x'], env: {}, readFile: noFile });
    expect(problemsOf(run)).toEqual(['store.url: (not shown) (from flag --store.url) must be a URL that begins with redis:// or rediss://']);
  });

  it('maps a Redis store', () => {
    const config = loadConfig(AnalyzerConfig, {
      argv: ['--bus.path', 'b', '--state.path', 't', '--store.kind', 'redis', '--store.url', 'redis://localhost:6379/1', '--store.tls.ca', 'ca.pem'],
      env: {},
      readFile: noFile,
    });
    expect(storeSettings(config.store)).toEqual({ kind: 'redis', url: 'redis://localhost:6379/1', prefix: 'headwater', clientName: 'headwater', tls: { ca: 'ca.pem' } });
    expect(storeSettings(config.state)).toEqual({ kind: 'embedded', path: 't' });
  });
});
