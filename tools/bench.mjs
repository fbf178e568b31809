// npm run bench [-- --rounds N --seconds S --only host|stream|analyzer|web --against CHECKOUT --attack EXCHANGES]: measures, never judges by time alone.
// Writes build/bench.json and prints the budget table with what was measured.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
    against: { type: 'string' },
    attack: { type: 'string', default: '200000' },
  },
});
const say = (line) => console.log(line);
const answer = { at: new Date().toISOString(), machine: { cpus: cpus().length, model: cpus()[0]?.model } };

const wanted = (part) => values.only === undefined || values.only === part;

if (wanted('host')) {
  const host = await import('../test/load/host.mjs');
  const tmp = mkdtempSync(join(tmpdir(), 'hw-pace-'));
  const pace = await host.buildPace(tmp);
  say('nginx, saturated: nothing | its own buffered JSON log | captured');
  answer.nginx = await host.nginxCost({ rounds: Number(values.rounds), seconds: Number(values.seconds), say });
  say('agent and probe at 10,000 exchanges a second');
  answer.agent = await host.agentCost({ pace, rate: 10_000, seconds: 5, rounds: 3, say });
  say('freshness');
  answer.freshness = await host.freshness({ samples: 60, say });
  rmSync(tmp, { recursive: true, force: true });
}
if (wanted('stream')) {
  say('Kafka and the analyzer');
  const { streamBench } = await import('../test/load/stream.mjs');
  answer.stream = await streamBench({ say });
}

if (wanted('analyzer')) {
  say('the analyzer');
  const { analyzerBench } = await import('../test/load/analyzer.mjs');
  answer.analyzer = await analyzerBench({ say, attack: Number(values.attack), ...(values.against && { against: values.against }) });
}

if (wanted('web')) {
  say('the dashboard');
  const { webBench } = await import('../test/load/web.mjs');
  answer.web = await webBench({ say });
}

const met = (value, gate) => (value <= gate ? 'met' : 'missed');
const rows = [];
if (answer.nginx) {
  const a = answer.nginx.added_us;
  const bad = answer.nginx.saturation.filter((s) => s.served !== s.delivered + s.lost).length;
  rows.push([
    'nginx CPU added per request, saturated, us',
    '1.5',
    `${a.captured.median} [${a.captured.min}..${a.captured.max}]; JSON log ${a.json_log.median} [${a.json_log.min}..${a.json_log.max}]`,
    met(a.captured.median, 1.5),
  ]);
  rows.push([
    'delivered + counted lost = served, at saturation',
    'always',
    `${answer.nginx.saturation.length - bad} of ${answer.nginx.saturation.length} runs; lost ${answer.nginx.saturation.reduce((n, s) => n + s.lost, 0)} of ${answer.nginx.saturation.reduce((n, s) => n + s.served, 0)}`,
    bad ? 'missed' : 'met',
  ]);
}
if (answer.agent) {
  const c = answer.agent.completeness;
  rows.push([
    'agent + probe CPU per exchange at 10k/s, us',
    '4',
    `${answer.agent.us_per_exchange.sum.median} [${answer.agent.us_per_exchange.sum.min}..${answer.agent.us_per_exchange.sum.max}]`,
    met(answer.agent.us_per_exchange.sum.median, 4),
  ]);
  rows.push(['delivered + counted lost = served, at 10k/s', 'always', `${c.delivered} + ${c.lost} of ${c.served}`, c.delivered + c.lost === c.served ? 'met' : 'missed']);
  rows.push(['agent memory (RSS), MB', '160', String(answer.agent.rss_mb.agent), met(answer.agent.rss_mb.agent, 160)]);
}
if (answer.freshness) rows.push(['freshness p99, ms', '2000', String(answer.freshness.p99_ms), met(answer.freshness.p99_ms, 2000)]);
if (answer.stream) {
  const b = answer.stream.bytes;
  rows.push(['bytes an exchange on Kafka: static 500 rows', '60', String(b.static_500), met(b.static_500, 60)]);
  rows.push(['... API set with ids, 500 rows', '120', String(b.ids_500), met(b.ids_500, 120)]);
  rows.push(['... 10 rows', '300', String(b.ids_10), met(b.ids_10, 300)]);
  rows.push([
    'analyzer (the whole app, ids in every exchange) from Kafka, exchanges a core second',
    '500000',
    String(answer.stream.analyzer.per_core_s),
    answer.stream.analyzer.per_core_s >= 500_000 ? 'met' : 'missed',
  ]);
}
if (answer.analyzer) {
  const { quiet, attack } = answer.analyzer;
  for (const [rows_, full] of [
    [2000, answer.analyzer.full],
    [500, answer.analyzer.full_500],
  ]) {
    const { steady, min, max, whole } = full.here;
    const ratio = full.ratio ? `; x ${full.ratio.median.toFixed(2)} [${full.ratio.min.toFixed(2)}..${full.ratio.max.toFixed(2)}] of --against` : '';
    rows.push([
      `analyzer from Kafka into Redis, batches of ${rows_}, exchanges a core second`,
      '500000',
      `${steady} [${min}..${max}] in steady state, ${whole} with start-up${ratio}`,
      steady >= 500_000 ? 'met' : 'missed',
    ]);
  }
  const rate = `${quiet.here.batches_per_s} batches a second came`;
  rows.push(['1,000 quiet hosts at 10 exchanges/s, cores', '0.3', `${quiet.here.cores.toFixed(3)} (${rate})`, met(quiet.here.cores, 0.3)]);
  if (attack)
    rows.push([
      'attack on cardinality: memory, MB; totals',
      'bounded; exact',
      `${attack.most.memory_mb} after ${attack.exchanges} exchanges; ${attack.stored} of ${attack.exchanges} stored`,
      attack.exact ? 'met' : 'missed',
    ]);
}
if (answer.web) {
  const { brush, ...loads } = answer.web;
  const weight = Math.max(...Object.values(loads).map((l) => l.kb ?? 0));
  rows.push(['dashboard, first load, kB gzip', '200', String(weight), met(weight, 200)]);
  for (const [name, { first_chart_ms: ms }] of Object.entries(loads).filter(([, l]) => l.first_chart_ms))
    rows.push([`first chart, ${name}, ms`, '1000', `${ms.median} [${ms.min}..${ms.max}]`, met(ms.median, 1_000)]);
  rows.push([`frames while brushing ${brush.points} points, ms`, 'p95 17', `p50 ${brush.p50_ms}, p95 ${brush.p95_ms}, max ${brush.max_ms}`, met(brush.p95_ms, 17)]);
}
mkdirSync(join(root, 'build'), { recursive: true });
writeFileSync(join(root, 'build/bench.json'), JSON.stringify(answer, null, 2));
say('\n| what | gate | measured | |\n|---|---|---|---|');
for (const r of rows) say(`| ${r.join(' | ')} |`);
say('\nall figures: build/bench.json');
