// What every page of the dashboard is tested for, on whatever traffic there is.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { axe, logIn, openPage, SCREENSHOTS, shoot, troubles } from './browser.mjs';

/** How the pages are looked at; the first one is also what a test goes on with. */
const LOOKS = [
  { name: 'light-wide', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { name: 'dark-wide', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { name: 'light-narrow', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { name: 'dark-narrow', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];

/** The pages of one installation; `service` is one that has traffic. */
export const pagesOf = (service) => [
  { name: 'overview', path: '/', heading: 'Overview' },
  { name: 'alerts', path: '/alerts', heading: 'Alerts' },
  { name: 'insights', path: '/insights', heading: 'Insights' },
  { name: 'service', path: `/services/${encodeURIComponent(service)}`, heading: service },
  { name: 'failures', path: '/failures', heading: 'Failures' },
  { name: 'headers', path: '/headers', heading: 'Headers' },
  { name: 'fleet', path: '/fleet', heading: 'Fleet' },
];

/** Waits until nothing of the page is still being read. */
export async function settled(page, heading) {
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"], .loading') === null);
  await page.waitForFunction(() => document.fonts.status === 'loaded');
}

/** A person's way in: the page says that a login is needed, they follow, sign in, and are back where they wanted to be. */
export async function enter(page, url, login) {
  await page.goto(url);
  await page.getByRole('link', { name: 'Log in' }).click();
  await logIn(page, login, (at) => at.href.startsWith(url));
}

/**
 * Every page in light and dark, wide and narrow: heading, axe-core, nothing on the console, no token within reach, no
 * shift of what is already shown, nothing wider than the window; a screenshot of each is kept.
 */
export async function lookAtPages(browser, { url, login, service, traffic, query, options = {} }) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const wrong = [];
  for (const look of LOOKS) {
    const opened = await openPage(browser, { viewport: look.viewport, colorScheme: look.colorScheme, ...options });
    const { page, context } = opened;
    await page.addInitScript(() => {
      window.shifted = 0;
      new PerformanceObserver((list) => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) window.shifted += e.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await enter(page, `${url}/?${query}`, login);
    for (const { name, path, heading } of pagesOf(service)) {
      await page.goto(`${url}${path}?${query}`);
      await settled(page, heading);
      const file = join(SCREENSHOTS, `${traffic}-${name}-${look.name}.png`);
      await shoot(page, file);
      const { shifted, wide } = await page.evaluate(() => ({ shifted: window.shifted, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth }));
      const where = `${traffic} ${name} ${look.name}`;
      for (const violation of await axe(page)) wrong.push(`${where}: ${violation}`);
      // 0.1 is what web.dev calls good; a page that reserves its places has much less.
      if (shifted > 0.05) wrong.push(`${where}: layout shifted by ${shifted.toFixed(3)}`);
      if (wide > 0) wrong.push(`${where}: ${wide} px wider than the window`);
    }
    // The first question, before anybody was logged in, is answered 401, and Chromium says so.
    for (const trouble of await troubles(opened, [/status of 401/])) wrong.push(`${traffic} ${look.name}: ${trouble}`);
    await context.close();
  }
  assert.deepEqual(wrong, []);
}

/** A table of a page as its own download gives it: exact values, no rounding. */
export async function csvOf(page, section) {
  const table = page.getByRole('region', { name: section, exact: true });
  const [download] = await Promise.all([page.waitForEvent('download'), table.getByRole('button', { name: 'Download' }).click()]);
  const [head, ...lines] = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n')
    .map(cells);
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

/** One line of RFC 4180. */
function cells(line) {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}
