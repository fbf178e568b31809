// The bench's part on the dashboard: what its first load weighs, when the first chart stands, frames while a day of 10 s
// windows is brushed. A real Chromium, the real login, a day of exchanges folded by the real analyzer.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChromium, openPage } from '../browser/browser.mjs';
import { enter } from '../browser/pages.mjs';
import { freePort } from '../e2e/nginx.mjs';
import { eventually, get, startStandalone, token } from '../e2e/standalone.mjs';
import { publishDay } from './day.mjs';
import { quantile, spread } from './proc.mjs';

const DAY_MS = 24 * 3_600_000;
const LOADS = 5;
const MOVES = 240;

/** Until every window of the day is folded and closed; the bench's own agent goes on closing one every 10 s. */
async function dayIsThere(info, { from, to, exchanges }) {
  const bearer = await token(info);
  const range = `start=${from / 1000}&end=${to / 1000}`;
  const counted = async () => (await get(info, bearer, `/v1/services?${range}`)).data.reduce((n, s) => n + s.exchanges, 0);
  if (!(await eventually(async () => (await counted()) === exchanges, 300_000, 2_000))) throw new Error(`only ${await counted()} of ${exchanges} exchanges of the day were folded`);
  const closes = async () => Number(/headwater_analyzer_closes_total\{outcome="closed"\} (\d+)/.exec(await (await fetch(`${info.admin.analyzer}/metrics`)).text())?.[1] ?? 0);
  for (let before = -1, now = 0, same = 0; same < 3; same = now - before <= 2 ? same + 1 : 0) {
    before = now;
    await sleep(4_000);
    now = await closes();
  }
}

/** ms from the navigation to the first chart that was drawn, and bytes as they came over the wire. */
async function firstChart(page, url) {
  await page.goto('about:blank');
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator('.plot canvas').first().waitFor();
  return page.evaluate(
    () =>
      new Promise((ok) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter((r) => !/\/(v1|bff)\//.test(r.name));
            ok({ ms: performance.now(), bytes: files.reduce((n, r) => n + r.encodedBodySize, 0) });
          }),
        ),
      ),
  );
}

/** Times between frames while a chart of the page is brushed from left to right, and tasks over 50 ms. */
async function brush(page, url) {
  await page.goto(url);
  await page.locator('[aria-label^="Time to first byte"] canvas').first().waitFor({ timeout: 60_000 });
  await sleep(1_500);
  const plot = page.locator('.plot').first();
  const points = Number(await plot.getAttribute('aria-valuemax'));
  const box = await plot.boundingBox();
  await page.evaluate(() => {
    window.frames_ = [];
    window.tasks_ = [];
    new PerformanceObserver((list) => window.tasks_.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask' });
    let last = performance.now();
    const frame = (now) => {
      window.frames_.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 100, y);
  await page.mouse.down();
  for (let i = 0; i < MOVES; i++) {
    await page.mouse.move(box.x + 100 + (i * (box.width - 150)) / MOVES, y);
    await sleep(8);
  }
  const { frames, tasks } = await page.evaluate(() => ({ frames: window.frames_.splice(0), tasks: window.tasks_.splice(0) }));
  const began = performance.now();
  await page.mouse.up();
  await page.waitForFunction(() => /from=2/.test(location.search));
  return { points, frames, long_tasks_ms: tasks, url_after_ms: Math.round(performance.now() - began) };
}

export async function webBench({ say }) {
  const dir = mkdtempSync(join(tmpdir(), 'hw-web-bench-'));
  const unused = await freePort();
  const run = await startStandalone(['--no-demo', '--scope', `port=${unused}`, '--api-port', String(await freePort()), '--identity-port', String(await freePort())], {
    stateDir: dir,
  });
  let browser;
  try {
    const { openBus } = await import('../../libs/event-bus/dist/index.js');
    const bus = await openBus({ kind: 'embedded', path: join(dir, 'bus.db'), retentionMs: DAY_MS, retentionBytes: 1 << 30 });
    const day = await publishDay({ bus, topic: 'headwater.header-events.v1' });
    await bus.close();
    say(`  a day: ${day.exchanges} exchanges; folding and rolling up`);
    await dayIsThere(run.info, day);
    browser = await openChromium();
    const login = JSON.parse(readFileSync(join(dir, 'login.json'), 'utf8'));
    const url = run.info.dashboard.replace(/\/$/, '');
    const answer = { exchanges: day.exchanges, store_mb: Math.round((statSync(join(dir, 'summaries.db')).size + statSync(join(dir, 'summaries.db-wal')).size) / 1e6) };
    for (const [name, path] of [
      ['overview_1h', '/?from=now-1h'],
      ['overview_24h', '/?from=now-24h'],
      ['service_24h', '/services/svc-0?from=now-24h'],
    ]) {
      const cold = [];
      for (let i = 0; i < LOADS; i++) {
        const { page, context } = await openPage(browser);
        await enter(page, `${url}/fleet`, login);
        // Logging in has filled the browser's cache; a first visit has none.
        const cdp = await context.newCDPSession(page);
        await cdp.send('Network.clearBrowserCache');
        cold.push(await firstChart(page, url + path));
        await context.close();
      }
      answer[name] = { first_chart_ms: spread(cold.map((c) => Math.round(c.ms))), kb: Math.round(Math.max(...cold.map((c) => c.bytes)) / 1000) };
      say(`  ${name}: first chart ${answer[name].first_chart_ms.median} ms, ${answer[name].kb} kB`);
    }
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 1200 } });
    await enter(page, `${url}/?from=now-1h`, login);
    const brushed = await brush(page, `${url}/services/svc-0?from=now-24h&step=10s&refresh=off`);
    const sorted = brushed.frames.sort((a, b) => a - b);
    answer.brush = {
      points: brushed.points,
      frames: sorted.length,
      p50_ms: +quantile(sorted, 0.5).toFixed(1),
      p95_ms: +quantile(sorted, 0.95).toFixed(1),
      max_ms: +sorted.at(-1).toFixed(1),
      long_tasks_ms: brushed.long_tasks_ms,
      url_after_ms: brushed.url_after_ms,
    };
    say(`  brushing ${brushed.points} points: frames p50 ${answer.brush.p50_ms}, p95 ${answer.brush.p95_ms}, max ${answer.brush.max_ms} ms`);
    return answer;
  } finally {
    await browser?.close();
    await run.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
