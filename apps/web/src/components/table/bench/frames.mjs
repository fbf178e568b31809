#!/usr/bin/env node
// The table with 10,000 rows in a real Chromium, as built: frame times while it scrolls, and how long sort and filter take.
// node apps/web/src/components/table/bench/frames.mjs [--chromium /usr/bin/chromium] [--shots DIR]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import react from '@vitejs/plugin-react';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const option = (name, fallback) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : fallback);
const dir = mkdtempSync(join(tmpdir(), 'headwater-table-'));
await build({ root: import.meta.dirname, configFile: false, plugins: [react()], logLevel: 'warn', build: { outDir: dir, emptyOutDir: true, target: 'es2022' } });
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const server = createServer((req, res) => {
  const path = req.url.split('?')[0];
  const file = extname(path) ? path : '/index.html';
  try {
    res.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(readFileSync(join(dir, file)));
  } catch {
    res.writeHead(404).end();
  }
});
await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
const browser = await chromium.launch({ executablePath: option('--chromium', '/usr/bin/chromium'), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const problems = [];
page.on('console', (m) => m.type() === 'error' && problems.push(m.text()));
page.on('pageerror', (e) => problems.push(e.message));
const shots = option('--shots', null);
const shot = async (name) => shots && (await page.screenshot({ path: join(shots, `table-${name}.png`) }));

try {
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.locator('tbody tr[data-index]').first().waitFor();
  const inDocument = await page.locator('tbody tr').count();
  // Times between frames and what was blank, while it scrolls 300 frames long. The main thread's share is told apart:
  // on a machine without a graphics card, drawing is done by the same cores.
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const busy = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]));
  const scroll = async (px) => {
    const before = await busy();
    const frames = await page.evaluate(async (step) => {
      const box = document.querySelector('.dt-box');
      const frame = () => new Promise((ok) => requestAnimationFrame(ok));
      box.scrollTop = 0;
      for (let i = 0; i < 20; i++) await frame();
      const times = [];
      let blank = 0;
      let last = await frame();
      for (let i = 0; i < 300; i++) {
        box.scrollTop += step;
        const now = await frame();
        times.push(now - last);
        last = now;
        if (i % 10 !== 0) continue;
        const r = box.getBoundingClientRect();
        const seen = document.elementFromPoint(r.left + 300, r.top + r.height / 2)?.closest('tr');
        if (seen === null || seen === undefined || seen.classList.contains('dt-space')) blank++;
      }
      times.sort((a, b) => a - b);
      const at = (p) => Number(times[Math.floor((times.length - 1) * p)].toFixed(1));
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1), blank };
    }, px);
    const after = await busy();
    const each = (name) => Number((((after[name] - before[name]) * 1000) / 320).toFixed(2));
    return { ...frames, mainThreadMs: { task: each('TaskDuration'), script: each('ScriptDuration'), style: each('RecalcStyleDuration'), layout: each('LayoutDuration') } };
  };
  const still = await scroll(0);
  const wheel = await scroll(100);
  const fling = await scroll(480);
  await shot('scrolled');
  // From the click or the key to the frame after the rows have changed.
  const timed = async (act, changed) => {
    await page.evaluate(() => (performance.clearMarks(), performance.mark('a')));
    const from = Date.now();
    await act();
    await page.waitForFunction(changed);
    return Date.now() - from;
  };
  const sort = await timed(
    () => page.getByRole('button', { name: 'Exchanges' }).click(),
    () => document.querySelector('th[aria-sort="descending"]')?.textContent === 'Exchanges',
  );
  await shot('sorted');
  await page.mouse.move(700, 600);
  const lead = await page.locator('thead th').first().textContent();
  const filter = await timed(
    () => page.getByRole('searchbox').fill('orders service-3'),
    () => document.querySelector('.dt-count')?.textContent?.includes(' of '),
  );
  await shot('filtered');
  await page.getByRole('searchbox').press('ArrowDown');
  for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('PageDown');
  const focused = await page.evaluate(() => document.activeElement?.closest('tr')?.getAttribute('aria-rowindex') ?? null);
  await page.keyboard.press('End');
  await page.waitForTimeout(100);
  const end = await page.evaluate(() => {
    const row = document.activeElement?.closest('tr');
    const box = document.querySelector('.dt-box').getBoundingClientRect();
    const r = row?.getBoundingClientRect();
    return {
      row: row?.getAttribute('aria-rowindex'),
      of: document.querySelector('table').getAttribute('aria-rowcount'),
      visible: r !== undefined && r.bottom <= box.bottom + 1 && r.top >= box.top,
    };
  });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(100);
  await shot('narrow');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  console.log(
    JSON.stringify(
      { inDocument, framesMs: { still, wheel, fling }, sortMs: sort, filterMs: filter, lead, focused, end, overflow, url: page.url().replace(/^[^?]*/, ''), problems },
      null,
      1,
    ),
  );
} finally {
  await browser.close();
  server.close();
  rmSync(dir, { recursive: true, force: true });
}
