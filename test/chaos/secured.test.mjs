// Kafka that asks for a password (SASL/SCRAM-SHA-512) over TLS: admin, agent and analyzer with the right ones and with wrong ones.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NODE, settingsFile } from '../e2e/fleet.mjs';
import { eventually, ROOT } from '../e2e/standalone.mjs';
import { openFleet } from './fleet.mjs';
import { countTopic } from './truth.mjs';

const run = promisify(execFile);
const PASSWORD = 'correct horse';

test('Kafka by SASL/SCRAM-SHA-512 and TLS', { timeout: 600_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'hw secured '));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name) => join(dir, name);
  const certificate = (name) => {
    const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=kafka', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'pipe' });
  };
  certificate('broker');
  certificate('other');
  writeFileSync(at('keystore.pem'), readFileSync(at('broker.key')) + readFileSync(at('broker.pem')));
  writeFileSync(at('password'), `${PASSWORD}\n`);
  writeFileSync(at('wrong'), 'battery staple\n');
  const sasl = (file) => ({ mechanism: 'scram-sha-512', username: 'headwater', password_file: at(file) });

  const fleet = await openFleet(t, {
    analyzers: 1,
    kafka: { users: { headwater: PASSWORD }, listeners: [{ name: 'SECURE', protocol: 'SASL_SSL', tls: { keystore: at('keystore.pem') } }] },
    bus: (kafka) => ({ kind: 'kafka', brokers: kafka.listener('SECURE'), tls: { ca: at('broker.pem') }, sasl: sasl('password') }),
  });
  const load = await fleet.load({
    name: 'secured',
    seconds: 8,
    bus: { brokers: fleet.bus.brokers, ssl: { ca: at('broker.pem') }, sasl: { mechanism: 'scram-sha-512', username: 'headwater', passwordFile: at('password') } },
  });

  const agentSettings = (name, bus) =>
    settingsFile(dir, name, { host_id: `${name}-1`, bus, replay: { file: join(ROOT, 'test/recordings') }, admin: { port: 0 }, fingerprints: { enabled: false } });
  await t.test('a real agent publishes', async () => {
    const agent = fleet.start('agent', NODE, ['apps/agent/dist/main.js', '--config', agentSettings('agent', fleet.bus)]);
    const sent = async () => (await countTopic({ brokers: fleet.kafka.bootstrap, topic: 'headwater.header-events.v1', name: 'agent' })).exchanges > 0;
    assert.ok(await eventually(sent, 30_000, 500), agent.output);
    await agent.kill('SIGTERM');
  });

  const wrong = {
    'a wrong password': { bus: { ...fleet.bus, sasl: sasl('wrong') }, says: /does not let this client in.*bus\.sasl/ },
    'a certificate of somebody else': { bus: { ...fleet.bus, tls: { ca: at('other.pem') } }, says: /certificate.*bus\.tls\.ca/ },
  };
  for (const [what, { bus, says }] of Object.entries(wrong)) {
    await t.test(`${what} is said as such by admin, agent and analyzer`, async () => {
      const name = what.replaceAll(' ', '-');
      const admin = await run(NODE, [join(ROOT, 'apps/admin/dist/main.js'), 'topics', 'apply', '--config', settingsFile(dir, `admin-${name}`, { bus })]).then(
        () => assert.fail('admin was let in'),
        (error) => error,
      );
      assert.match(admin.stderr, says);
      const agent = fleet.start('agent', NODE, ['apps/agent/dist/main.js', '--config', agentSettings(`agent-${name}`, bus)]);
      const analyzer = fleet.start('analyzer', NODE, [
        'apps/analyzer/dist/main.js',
        '--config',
        settingsFile(dir, `analyzer-${name}`, { bus, store: fleet.store, state: fleet.store, admin: { port: 0 } }),
      ]);
      await Promise.all([agent.until(says, 30_000), analyzer.until(says, 30_000)]);
      // They wait for better settings of the bus, a password file that is put right among them.
      assert.equal(agent.exit, null);
      assert.equal(analyzer.exit, null);
      await Promise.all([agent.kill('SIGTERM'), analyzer.kill('SIGTERM')]);
    });
  }
  await fleet.exact({ fault: 'no fault: Kafka by SASL/SCRAM-SHA-512 and TLS', load });
});
