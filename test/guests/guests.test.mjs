// The built probe and agent on Debian's own 6.1 and 6.12 kernels, in virtual machines: real HTTP inside, judged out here
// against nginx's log and against what the client sent. The only place where --scope all is run: nobody else lives there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boot } from './boot.mjs';
import { image } from './image.mjs';
import { counted, inOrder, metric, ofRun, rowsOf, seen } from './findings.mjs';

/** What a kernel must choose by itself, and what else is run on it. Socket tracepoints came with Linux 6.3. */
const GUESTS = [
  { series: '6.1', hooks: ['auto'], chosen: 'syscall', allowed: ['syscall'], unprivileged: true },
  { series: '6.12', hooks: ['auto', 'syscall'], chosen: 'sock', allowed: ['sock', 'syscall'], unprivileged: false },
];
const FOUR = ['CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'];
/** Bits of DAC_READ_SEARCH (2), SYS_PTRACE (19), PERFMON (38), BPF (39), as /proc/PID/status writes them. */
const SERVING = '0000000000080004';
const LOADING = '000000c000080004';
const NONE = '0000000000000000';
const SENDFILE = 'body_unreadable';

// Both at once, since a starting Node keeps one processor busy; before the tests are declared, so that their names can
// say what was found.
const results = await Promise.resolve()
  .then(image)
  .then(
    (disk) => Promise.all(GUESTS.map(({ series, hooks, unprivileged }) => boot(series, hooks, disk, { unprivileged }).catch((error) => ({ error })))),
    (error) => GUESTS.map(() => ({ error })),
  );
for (const [i, guest] of GUESTS.entries()) {
  const booted = results[i];
  if (booted.error) test(`Linux ${guest.series}: boots`, () => Promise.reject(booted.error));
  else await judge(guest, booted);
}

async function judge({ chosen, allowed, unprivileged }, { findings, release, seconds, console }) {
  const on = `Linux ${release.replace('-cloud-amd64', '')}`;
  const { runs, log, check, agentLog, metrics } = findings;
  test(`${on}: booted, ran and powered off in ${seconds.toFixed(0)} s`, () => {
    assert.equal(findings.error, undefined, `${findings.error}\n${console.slice(-6_000)}`);
    assert.equal(findings.kernel, release);
    assert.equal(findings.agentExit, 0);
    assert.deepEqual(
      runs.map((r) => [r.name, r.code]),
      runs.map((r) => [r.name, 0]),
    );
    // Loading takes seconds in here; the agent gives up a greeting after 5 s and asks again.
    for (const { err } of runs) assert.match(err, /^(headwater-probe: refused (a second agent: one is connected|uid 601: only uid 601 may connect)\n)*$/);
  });
  if (findings.error) return;

  const said = JSON.parse(check.out);
  test(`${on}: --hooks auto takes ${said.chosen}: ${said.why}`, () => {
    assert.deepEqual([said.ok, said.loaded, said.chosen, said.hooks], [true, true, chosen, allowed], check.out);
    assert.match(said.why, /\w+ \w+ \w+/);
    assert.equal(said.kernel, release);
  });
  test(`${on}: a user without capabilities is told which four are missing`, () => {
    const { code, out } = findings.checkUnprivileged;
    assert.equal(code, 3);
    for (const name of FOUR) assert.ok(JSON.parse(out).reasons.join().includes(name), out);
  });

  const inScope = (run) => (run.name.startsWith('all-') ? run.sent : run.sent.filter((s) => s.port === 8080));
  const behind = (run) => run.sent.filter((s) => s.target.startsWith('/behind/'));
  const expected = runs.reduce((n, run) => n + (run.name.startsWith('all-') ? 2 * (run.sent.length + behind(run).length) : inScope(run).length), 0);
  const { rows: told, lost } = await rowsOf(findings.bus, expected);
  const rows = told.filter((row) => row['headwater.phase'] !== 'end');

  runs.forEach((run, i) => {
    const mine = ofRun(rows, run);
    const truth = log.filter((l) => l.agent.startsWith(`${run.name}/`));
    const servers = mine.filter((r) => r['headwater.role'] === 'server');
    const wanted = run.mode === 'auto' ? chosen : run.mode;
    const atNginx = servers.filter((r) => r['server.port'] === 8080);
    test(`${on}, --hooks ${run.mode} (${agentLog.filter((l) => l.msg === 'capturing')[i]?.hooks}), --scope ${run.scope[1]}: ${atNginx.length} of nginx's ${truth.length} exchanges, ${mine.length} rows, header names equal`, () => {
      const capturing = agentLog.filter((l) => l.msg === 'capturing')[i];
      assert.deepEqual([capturing?.hooks, capturing?.kernel, capturing?.scope], [wanted, release, run.scope[1].replace('--scope ', '')]);
      assert.ok(truth.length >= 50, `nginx logged ${truth.length}`);
      assert.deepEqual(counted(atNginx.map(seen)), counted(truth));
      const own = servers.filter((r) => r['server.port'] === 8080 || r['url.path'] === '/direct').map(seen);
      assert.deepEqual(inOrder(own), inOrder(inScope(run)));
      assert.ok(!JSON.stringify(mine).includes('secret'), 'a credential is in a row');
      // nginx sends a file by sendfile(2): its length is known, its bytes pass no buffer.
      for (const row of mine)
        assert.deepEqual([row['headwater.flags'].filter((f) => f !== SENDFILE || row['url.path'] !== '/file.txt'), row['error.type']], [[], undefined], JSON.stringify(row));
      if (run.name.startsWith('all-')) everything(run, mine);
      else assert.equal(mine.length, own.length, 'rows out of scope');
    });
  });

  function everything(run, mine) {
    const clients = mine.filter((r) => r['headwater.role'] === 'client').map(seen);
    const upstream = behind(run).map((s) => ({ ...s, port: 8081 }));
    assert.deepEqual(counted(clients), counted([...run.sent, ...upstream]), 'both sides of every connection');
    const node = mine.filter((r) => r['headwater.role'] === 'server' && r['server.port'] === 8081).map(seen);
    assert.deepEqual(counted(node), counted([...run.sent.filter((s) => s.port === 8081), ...upstream]));
    assert.equal(mine.length, 2 * (run.sent.length + upstream.length));
  }

  const starts = metric(metrics, 'headwater_starts_total');
  test(`${on}: the account closes: ${starts} message starts, ${metric(metrics, 'headwater_lost_total')} lost, ${metric(metrics, 'headwater_filtered_total')} filtered, ${rows.length} rows on the bus and no other`, () => {
    assert.deepEqual(lost, []);
    assert.equal(rows.length, expected);
    for (const name of ['lost', 'filtered']) assert.equal(metric(metrics, `headwater_${name}_total`), 0, metrics);
    assert.equal(metric(metrics, 'headwater_emitted_total') + metric(metrics, 'headwater_in_flight'), starts);
    assert.equal(metric(metrics, 'headwater_emitted_total'), 2 * expected);
  });

  test(`${on}: --scope all alone is refused`, () => {
    assert.equal(findings.refused.code, 2);
    assert.match(findings.refused.err, /--scope all captures every socket of this host: add --i-mean-all/);
  });

  test(`${on}: another user than root; the probe serves with two capabilities, the agent has none`, () => {
    for (const { held } of runs) assert.deepEqual(held, { Uid: '601', CapInh: NONE, CapPrm: SERVING, CapEff: SERVING, CapBnd: LOADING, CapAmb: NONE, NoNewPrivs: '1' });
    assert.deepEqual(findings.agent, { Uid: '601', CapInh: NONE, CapPrm: NONE, CapEff: NONE, CapBnd: NONE, CapAmb: NONE, NoNewPrivs: '1' });
  });

  const doctor = JSON.parse(findings.doctor.out);
  const about = (report, name) => report.checks.find((c) => c.name === name);
  test(`${on}: doctor: ${about(doctor, 'hooks').detail}`, () => {
    assert.deepEqual([findings.doctor.code, doctor.ok], [0, true], findings.doctor.out);
    assert.deepEqual([about(doctor, 'kernel').status, about(doctor, 'kernel').detail], ['ok', `Linux ${release} on x86_64`]);
    for (const name of ['btf', 'capabilities', 'hooks', 'cgroup']) assert.equal(about(doctor, name).status, 'ok', JSON.stringify(about(doctor, name)));
    assert.match(about(doctor, 'hooks').detail, new RegExp(`\\b${chosen} would be used`));
  });
  if (unprivileged) {
    test(`${on}: doctor of a user without capabilities names what the probe lacks, and does not blame the kernel`, () => {
      const { out, code } = findings.doctorUnprivileged;
      const report = JSON.parse(out);
      assert.deepEqual([code, report.ok], [1, false], out);
      assert.equal(about(report, 'capabilities').status, 'fail');
      for (const name of FOUR) assert.ok(about(report, 'capabilities').detail.includes(name), out);
      assert.deepEqual([about(report, 'kernel').status, about(report, 'hooks').status], ['ok', 'warn'], out);
    });
  }
}
