// N agents in a process of their own, so that it can be killed: batches by the codec, through the event bus, at a rate, for a
// time. At its end (or on SIGTERM) it writes what it counted, by itself, to `file`. Settings: JSON in argv[2], see `fleet.load`.
import { openBus } from '@headwater/event-bus';
import { topicName } from '@headwater/header-event';
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Host, WINDOW_MS, hostIds } from './traffic.mjs';

const o = { hosts: 6, rate: 2_400, seconds: 20, tickMs: 200, services: 3, seed: 1, topicPrefix: 'headwater', ...JSON.parse(process.argv[2]) };
const topic = topicName(o.topicPrefix, 'headerEvents');
const statusTopic = topicName(o.topicPrefix, 'agentStatus');
/** Rows of a batch, as agents do. */
const MOST_ROWS = 1_000;
/** Batches of one send while there is a backlog. */
const A_SEND = 8;

const counts = new Map();
const hosts = {};
const lost = { exchanges: 0, batches: 0 };
let stop = false;
process.once('SIGTERM', () => (stop = true));

const startMs = Date.now();
const agents = await Promise.all(
  (o.ids ?? hostIds(o.name, o.hosts)).map(async (id, i) => ({
    id,
    bus: await openBus({ kind: 'kafka', clientId: id, compression: 'zstd', ...o.bus }),
    host: new Host({
      id,
      incarnation: randomBytes(6).toString('hex'),
      prefix: o.name,
      services: o.services,
      seed: o.seed * 1_000 + i,
      offsetMs: o.offsetsMs?.[i] ?? 0,
      late: o.late,
    }),
    /** batches built and not acknowledged, in order */
    waiting: [],
    withhold: o.withhold?.filter((w) => w.host === i) ?? [],
    repeat: o.repeatEvery ?? 0,
  })),
);
console.log(`load started ${JSON.stringify({ startMs, hosts: agents.map((a) => a.id) })}`);
await Promise.all(agents.map(play));
await Promise.all(agents.map((a) => a.bus.close()));
const answer = { startMs, endMs: Date.now(), hosts, counts: [...counts], exchanges: [...counts.values()].reduce((a, b) => a + b, 0), withheld: lost };
writeFileSync(`${o.file}.part`, JSON.stringify(answer));
renameSync(`${o.file}.part`, o.file);
console.log(`load done ${answer.exchanges}`);
process.exit(0);

/** Builds a batch each tick and sends what waits; a batch that failed is sent again under its number, as an agent does. */
async function play(agent) {
  hosts[agent.id] = { incarnation: agent.host.o.incarnation, batches: 0, exchanges: 0, sends_again: 0, withheld: [] };
  // Near the end of a window, so that the last one is closed soon after.
  const until = Math.max(1, Math.round((startMs + o.seconds * 1_000 + 500) / WINDOW_MS)) * WINDOW_MS - 500;
  const perMs = o.rate / 1_000 / agents.length;
  let from = Date.now();
  let owed = 0;
  const sending = send(agent);
  while (!stop && Date.now() < until) {
    await sleep(o.tickMs);
    const to = Date.now();
    owed += (to - from) * perMs;
    let n = Math.floor(owed);
    owed -= n;
    // After a stop there is much to say; a record has a limit.
    do {
      const some = Math.min(n, MOST_ROWS);
      const end = some === n ? to : from + Math.floor(((to - from) * some) / n);
      build(agent, from, end, some);
      n -= some;
      from = end;
    } while (n > 0);
  }
  // What is under way ends, a few empty batches say that nothing of before is missing.
  build(agent, from, Date.now(), 0);
  agent.ended = true;
  await sending;
}

function build(agent, from, to, n) {
  const made = agent.host.batch(from, to, n);
  const mine = hosts[agent.id];
  if (agent.withhold.some((w) => made.seq >= w.from && made.seq < w.from + w.count)) {
    mine.withheld.push(made.seq);
    lost.batches += 1;
    lost.exchanges += made.exchanges;
    return;
  }
  agent.waiting.push(made);
}

async function send(agent) {
  const mine = hosts[agent.id];
  let beatMs = 0;
  for (;;) {
    if (Date.now() - beatMs > 5_000) {
      beatMs = Date.now();
      void agent.bus.publish(statusTopic, [heartbeat(agent, mine)]).catch(() => undefined);
    }
    const some = agent.waiting.slice(0, A_SEND);
    if (some.length === 0) {
      if (agent.ended) return;
      await sleep(20);
      continue;
    }
    try {
      await agent.bus.publish(
        topic,
        some.map((b) => b.record),
      );
    } catch (error) {
      if (error.retryable !== true) throw error;
      mine.sends_again += 1;
      await sleep(200);
      continue;
    }
    agent.waiting.splice(0, some.length);
    for (const { keys, exchanges, seq, record } of some) {
      mine.batches += 1;
      mine.exchanges += exchanges;
      for (const [key, weight] of keys) counts.set(key, (counts.get(key) ?? 0) + weight);
      if (agent.repeat > 0 && seq % agent.repeat === 0) await agent.bus.publish(topic, [record]).catch(() => undefined);
    }
  }
}

function heartbeat({ id, host }, { exchanges }) {
  const now = Date.now() + (host.o.offsetMs ?? 0);
  const status = {
    host: id,
    incarnation: host.o.incarnation,
    version: '0.1.0',
    started_at: new Date(startMs).toISOString(),
    seen_at: new Date(now).toISOString(),
    hooks: 'none',
    scope: [],
    policy: 'chaos@1',
    source: 'replay',
    losses: {},
    filtered: {},
    exchanges,
    coverage: 1,
    lag_ms: 0,
    kernel: '',
  };
  return { key: id, value: Buffer.from(JSON.stringify(status)), headers: { 'content-type': 'application/json' } };
}
