// A real Prometheus on infra/prometheus/prometheus.yml, with the addresses of a test in place of the example's.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { healthy } from '../e2e/fleet.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { ROOT } from '../e2e/standalone.mjs';

const EXAMPLE = join(ROOT, 'infra/prometheus');

function replaced(text, from, to) {
  if (!text.includes(from)) throw new Error(`infra/prometheus/prometheus.yml does not have ${from} any more`);
  return text.replace(from, to);
}

/** @param info as `startApi` answers it */
export async function startPrometheus({ dir, start, info }) {
  const at = join(dir, 'prometheus');
  mkdirSync(at);
  writeFileSync(join(at, 'headwater-client.secret'), info.client_secret, { mode: 0o600 });
  copyFileSync(join(EXAMPLE, 'headwater.rules.yml'), join(at, 'headwater.rules.yml'));
  let config = readFileSync(join(EXAMPLE, 'prometheus.yml'), 'utf8');
  for (const [from, to] of [
    ['scrape_interval: 30s', 'scrape_interval: 2s'],
    ['scrape_timeout: 10s', 'scrape_timeout: 2s'],
    ['client_id: prometheus', `client_id: ${info.client_id}`],
    ['http://127.0.0.1:8471/token', info.token_url],
    ["targets: ['127.0.0.1:8470']", `targets: ['${new URL(info.api).host}']`],
    ["targets: ['127.0.0.1:9470', '127.0.0.1:9471', '127.0.0.1:9473']", 'targets: []'],
  ])
    config = replaced(config, from, to);
  const file = join(at, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  const p = start('prometheus', 'prometheus', [`--config.file=${file}`, `--storage.tsdb.path=${join(at, 'data')}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn']);
  await healthy(p, `http://127.0.0.1:${port}/-/ready`);
  const ask = async (path) => {
    const body = await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json();
    if (body.status !== 'success') throw new Error(`${path}: ${JSON.stringify(body)}`);
    return body.data;
  };
  return {
    file,
    targets: () => ask('targets'),
    /**
     * An instant query: labels and numbers. A scrape that took too long leaves Prometheus without the series until the next one, so
     * an empty answer is asked again; `empty`: it may be true.
     */
    query: async (promql, { empty = false } = {}) => {
      const once = async () => (await ask(`query?query=${encodeURIComponent(promql)}`)).result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
      let result = await once();
      for (let tries = 0; result.length === 0 && !empty && tries < 60; tries += 1) {
        await sleep(500);
        result = await once();
      }
      return result;
    },
  };
}
