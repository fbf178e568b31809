// headwater-probe: its command line, its privileges, and how it serves agents.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { capture, client, openReader, probePath, pythonServer, readerPath, sleep, until, whyNot } from './harness.mjs';

const skip = whyNot();
const port = 18140;
const bpftool = ['/usr/sbin/bpftool', '/usr/local/sbin/bpftool'].find((p) => existsSync(p));
/** Ids of the kernel programs that a process holds, from its descriptors. */
const loaded = (pid) => readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) => /^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? []);
const scratch = mkdtempSync(join(tmpdir(), 'hw-probe-'));
chmodSync(scratch, 0o755);
after(() => rmSync(scratch, { recursive: true, force: true }));

describe('command line', { skip: !existsSync(probePath) && 'bpf is not built: run make -C bpf' }, () => {
  const refused = {
    nothing: [[], /--socket is missing/],
    'no scope': [['--socket', 'x'], /--scope is missing.*--scope port=/],
    'unknown option': [['--frob'], /--frob: unknown option, see --help/],
    'no value': [['--socket'], /--socket needs a value/],
    'bad port': [['--scope', 'port=70000'], /--scope port=70000: give a number from 1 to 65535/],
    'port 0': [['--scope', 'port=0'], /1 to 65535/],
    'port text': [['--scope', 'port=http'], /1 to 65535/],
    signed: [['--scope', 'port=+1'], /1 to 65535/],
    'unknown kind': [['--scope', 'tcp=1'], /tcp=1: unknown kind, use port/],
    'no kind': [['--scope', '8080'], /write KIND=VALUE/],
    'all alone': [['--socket', 'x', '--scope', 'all'], /add --i-mean-all/],
    'no such pid': [['--scope', 'pid=4194304'], /no such process/],
    'no such cgroup': [['--scope', 'cgroup=/nowhere'], /no such directory/],
    'not a cgroup': [['--scope', 'cgroup=/tmp'], /not in a cgroup v2 hierarchy/],
    'not a netns': [['--scope', 'netns=/etc/passwd'], /not a network namespace/],
    'no such exe': [['--scope', 'exe=/nowhere'], /no such file/],
    'unknown hooks': [['--hooks', 'kprobe'], /--hooks kprobe: give auto, sock or syscall/],
    'odd ring': [['--ring-bytes', '100000'], /power of two/],
    'small ring': [['--ring-bytes', '1'], /65536 to/],
    'large budget': [['--head-budget', '70000'], /1024 to 65536/],
    'long path': [['--scope', 'port=1', '--socket', 'x'.repeat(108)], /at most 107 bytes/],
  };
  for (const [name, [args, words]] of Object.entries(refused)) {
    it(`refuses ${name} in one line, exit 2`, () => {
      const result = spawnSync(probePath, args, { encoding: 'utf8' });
      assert.equal(result.status, 2);
      assert.match(result.stderr, words);
      assert.match(result.stderr, /^headwater-probe: [^\n]+\n$/);
      assert.equal(result.stdout, '');
    });
  }
  it('--version, --help', () => {
    assert.match(spawnSync(probePath, ['--version'], { encoding: 'utf8' }).stdout, /^headwater-probe \d+\.\d+\.\d+\n$/);
    assert.match(spawnSync(probePath, ['--help'], { encoding: 'utf8' }).stdout, /--scope SCOPE/);
  });
  it('without capabilities: exit 3, each missing one by name; --check says the same as JSON', { skip: process.getuid() !== 0 && 'needs root to drop from' }, () => {
    const bare = ['--bounding-set=-all', '--inh-caps=-all', probePath];
    const result = spawnSync('setpriv', [...bare, '--scope', 'port=1', '--socket', join(scratch, 'n')], { encoding: 'utf8' });
    assert.equal(result.status, 3);
    assert.match(result.stderr, /missing CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH/);
    const check = spawnSync('setpriv', [...bare, '--check'], { encoding: 'utf8' });
    assert.equal(check.status, 3);
    const said = JSON.parse(check.stdout);
    assert.equal(said.ok, false);
    assert.match(said.reasons[0], /CAP_BPF/);
  });
});

describe('probe', { skip }, () => {
  const status = (pid) =>
    readdirSync(`/proc/${pid}/task`).map((task) =>
      Object.fromEntries(
        readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
          .split('\n')
          .map((l) => l.split(':').map((s) => s.trim())),
      ),
    );

  it('--check: a real load, the hooks by name', () => {
    const said = JSON.parse(execFileSync(probePath, ['--check'], { encoding: 'utf8' }));
    assert.deepEqual([said.ok, said.reasons, said.hooks, said.chosen, said.loaded, said.btf], [true, [], ['sock', 'syscall'], 'sock', true, true]);
  });

  it('holds exactly the capabilities it needs: four to load, two to serve', async () => {
    const cap = await capture([`port=${port}`]);
    const bits = { DAC_READ_SEARCH: 2n, SYS_PTRACE: 19n, PERFMON: 38n, BPF: 39n };
    const set = (...names) =>
      names
        .reduce((n, k) => n | (1n << bits[k]), 0n)
        .toString(16)
        .padStart(16, '0');
    const threads = status(cap.probe.pid);
    assert.equal(threads.length, 1, 'one thread');
    for (const s of threads) {
      assert.equal(s.CapEff, set('DAC_READ_SEARCH', 'SYS_PTRACE'));
      assert.equal(s.CapPrm, set('DAC_READ_SEARCH', 'SYS_PTRACE'));
      assert.equal(s.CapBnd, set('DAC_READ_SEARCH', 'SYS_PTRACE', 'PERFMON', 'BPF'));
      assert.equal(BigInt(`0x${s.CapInh}`), 0n);
      assert.equal(BigInt(`0x${s.CapAmb}`), 0n);
      assert.equal(s.NoNewPrivs, '1');
    }
    assert.match(readFileSync(`/proc/${cap.probe.pid}/limits`, 'utf8'), /Max core file size\s+0\s+0/);
    for (const s of status(cap.child.pid)) assert.equal(BigInt(`0x${s.CapEff}`), 0n, 'the reader has none');
    await cap.stop();
  });

  it('runs as another user with exactly four capabilities', async () => {
    const dir = mkdtempSync(join(scratch, 'user-'));
    execFileSync('chown', ['65534', dir]);
    const socket = join(dir, 's');
    const caps = '+bpf,+perfmon,+sys_ptrace,+dac_read_search';
    // the build folder may not be open to that user: dac_read_search is what lets it read there
    const probe = spawn(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        `--inh-caps=-all,${caps}`,
        `--ambient-caps=-all,${caps}`,
        `--bounding-set=-all,${caps}`,
        '--no-new-privs',
        probePath,
        '--socket',
        socket,
        '--scope',
        `port=${port}`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = await once(probe.stdout, 'data');
    assert.match(String(line), /^ready /);
    const reader = await openReader(socket, { uid: 65534 });
    assert.equal(reader.hello.probe_pid, probe.pid);
    await reader.close();
    probe.kill('SIGTERM');
    await once(probe, 'exit');
    assert.equal(probe.exitCode, 0);
  });

  it('gives the socket to one user only and refuses others', async () => {
    const cap = await capture([`port=${port}`], { probeArgs: ['--client-uid', '65534'], uid: 65534 });
    const st = statSync(cap.socket);
    assert.deepEqual([st.mode & 0o777, st.uid], [0o600, 65534]);
    assert.equal(cap.hello.scope, `port=${port}`);
    const other = spawnSync('setpriv', ['--reuid=12345', '--clear-groups', '--bounding-set=-all', readerPath, cap.socket], { encoding: 'utf8', input: '' });
    assert.equal(other.status, 1);
    const second = spawnSync(readerPath, [cap.socket], { encoding: 'utf8', input: '' });
    assert.equal(second.status, 1, 'one agent at a time');
    await cap.stop();
    assert.ok(!existsSync(cap.socket), 'the socket file is gone');
  });

  it('keeps the ring over an agent restart: nothing is lost', async () => {
    const server = await pythonServer(port, 'while True:\n    if not c.recv(4000): break\n    c.sendall(OK)');
    const cap = await capture([`port=${port}`]);
    const c = await client({ port, host: '127.0.0.1' });
    const ask = async (path) => {
      await c.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await c.receive(20);
    };
    await ask('/1');
    await cap.settled();
    await cap.close();
    await ask('/2');
    await sleep(50);
    const again = await openReader(cap.socket);
    await ask('/3');
    await again.settled();
    const paths = (records) => records.filter((r) => r.dir === 'rx').map((r) => r.data.split(' ')[1]);
    assert.deepEqual(paths(cap.records), ['/1']);
    assert.deepEqual(paths(again.records), ['/2', '/3']);
    // The second reader never met this connection: who is behind it is told anew, with the first chunk after the first reader was gone.
    const told = (records) => records.filter((r) => r.type === 'CONN').map((r) => r.local_port);
    assert.deepEqual([told(cap.records), told(again.records)], [[port], [port]]);
    await again.close();
    await c.close();
    await cap.stop();
    await server.stop();
  });

  it('answers who a process is, also of another user, and that one is gone', async () => {
    const cap = await capture([`port=${port}`]);
    const other = spawn('setpriv', ['--reuid=65534', '--clear-groups', 'sleep', '30']);
    await sleep(100);
    const reply = await cap.ask(`process ${other.pid}`);
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
    assert.equal(reply.error, 0);
    assert.equal(reply.uid, 65534);
    assert.equal(reply.comm, 'sleep');
    assert.match(reply.exe, /\/(sleep|coreutils)$/);
    assert.equal(reply.start_ticks, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]));
    assert.match(reply.cgroup, /^\//);
    other.kill('SIGKILL');
    await once(other, 'exit');
    assert.equal((await cap.ask(`process ${other.pid}`)).error, 3);
    const stats = await cap.ask('stats');
    assert.equal(stats.error, 0);
    assert.equal(stats.recursion_misses, 0);
    await cap.stop();
  });

  it('answers what a cgroup id is called, while there is such a cgroup', async (t) => {
    const mount = execFileSync('sh', ['-c', 'awk \'$3 == "cgroup2" { print $2; exit }\' /proc/mounts'], { encoding: 'utf8' }).trim();
    const inner = join(mount, `hw-name-${process.pid}`, 'inner scope');
    try {
      mkdirSync(inner, { recursive: true });
    } catch {
      return t.skip('no cgroup v2 that can be written');
    }
    const id = statSync(inner).ino;
    const cap = await capture([`port=${port}`]);
    try {
      const reply = await cap.ask(`cgroup ${id}`);
      assert.deepEqual([reply.error, reply.id, reply.cgroup], [0, id, `/hw-name-${process.pid}/inner scope`]);
      assert.equal((await cap.ask(`cgroup ${statSync(mount).ino}`)).cgroup, '/');
    } finally {
      rmdirSync(inner);
      rmdirSync(dirname(inner));
    }
    assert.equal((await cap.ask(`cgroup ${id}`)).error, 2, 'ENOENT: it is gone');
    assert.equal((await cap.ask('cgroup 123456789012')).error, 2);
    await cap.stop();
  });

  it('--hooks: the mode asked for, with the reason in the greeting', async () => {
    for (const [hooks, number, why] of [
      ['auto', 1, /^auto: this kernel has the socket tracepoints/],
      ['sock', 1, /^--hooks sock was asked for$/],
      ['syscall', 2, /^--hooks syscall was asked for$/],
    ]) {
      const cap = await capture([`port=${port}`], { hooks });
      assert.equal(cap.hello.hooks, number);
      assert.match(cap.hello.why, why);
      assert.equal((await cap.ask('stats')).recursion_misses, 0);
      await cap.stop();
    }
    const said = JSON.parse(execFileSync(probePath, ['--check', '--hooks', 'syscall'], { encoding: 'utf8' }));
    assert.deepEqual([said.ok, said.hooks, said.chosen, said.loaded], [true, ['sock', 'syscall'], 'syscall', true]);
  });

  it('leaves nothing behind: parent dies, probe and programs go', async () => {
    const socket = join(scratch, 'orphan');
    const parent = spawn('sh', ['-c', '"$1" --socket "$2" --scope "$3" & echo $!; wait', 'sh', probePath, socket, `port=${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    parent.stdout.on('data', (d) => {
      said += d;
    });
    await until(() => said.includes('ready'), 'the probe is ready');
    const pid = Number(/^\d+$/m.exec(said)[0]);
    const programs = loaded(pid);
    assert.ok(programs.length >= 3, `${programs.length} programs`);
    parent.kill('SIGKILL');
    await until(() => !existsSync(`/proc/${pid}`), 'the probe ends with its parent');
    assert.ok(!existsSync(socket));
    // the kernel frees them a grace period later
    if (bpftool) await until(() => programs.every((id) => spawnSync(bpftool, ['prog', 'show', 'id', id]).status !== 0), 'its programs are unloaded');
  });

  it('leaves no socket file when it is told to go while it loads', async () => {
    const socket = join(scratch, 'early');
    const probe = spawn(probePath, ['--socket', socket, '--scope', `port=${port}`], { stdio: 'ignore' });
    await until(() => existsSync(socket), 'the socket is there');
    probe.kill('SIGTERM');
    const [code] = await once(probe, 'exit');
    assert.equal(code, 0);
    assert.ok(!existsSync(socket));
  });

  it('--exit-with-agent', async () => {
    const cap = await capture([`port=${port}`], { probeArgs: ['--exit-with-agent'] });
    await cap.close();
    if (cap.probe.exitCode === null) await once(cap.probe, 'exit');
    assert.equal(cap.probe.exitCode, 0);
    await cap.stop();
  });

  it('refuses a socket path on which another probe listens', async () => {
    const cap = await capture([`port=${port}`]);
    const second = spawnSync(probePath, ['--socket', cap.socket, '--scope', `port=${port}`], { encoding: 'utf8' });
    assert.equal(second.status, 1);
    assert.match(second.stderr, /another probe listens there/);
    await cap.stop();
  });
});
