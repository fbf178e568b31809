// Debian's Chromium, driven by playwright-core: a page that remembers everything that must not happen on it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ROOT } from '../e2e/standalone.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where screenshots are kept to be looked at; not in git. */
export const SCREENSHOTS = join(ROOT, 'build/screenshots');

/** @param {string[]} args more switches of Chromium */
export async function openChromium(args = []) {
  // Root needs --no-sandbox; the pages are our own.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb', ...args] });
}

/** A JWT, or what an opaque token of oidc-provider or a refresh token would be sent as. */
const TOKEN = /eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.|"(?:access|refresh|id)_token"/;

/**
 * A page in a profile of its own. What it logs, fails and receives is kept in `seen`.
 * @param {import('playwright-core').Browser} browser
 * @param {object} options of newContext: viewport, colorScheme, reducedMotion, ignoreHTTPSErrors
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const seen = { console: [], errors: [], tokens: [], requests: [], waiting: [] };
  page.on('console', (m) => {
    if (m.type() === 'error' || m.type() === 'warning') seen.console.push(`${m.type()}: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (e) => seen.errors.push(String(e)));
  page.on('request', (r) => {
    seen.requests.push(`${r.method()} ${r.url()}`);
    if (r.headers().authorization) seen.tokens.push(`${r.url()}: sent with Authorization`);
    if (TOKEN.test(r.url()) || TOKEN.test(r.postData() ?? '')) seen.tokens.push(`${r.url()}: a token was sent`);
  });
  page.on('response', (r) => {
    const type = r.headers()['content-type'] ?? '';
    if (!/json|html|text|javascript/.test(type)) return;
    seen.waiting.push(
      r
        .text()
        .then((body) => TOKEN.test(body) && !/javascript/.test(type) && seen.tokens.push(`${r.url()}: a token was received`))
        .catch(() => undefined), // a redirect has no body
    );
  });
  return { page, context, seen };
}

/** What must not have happened, as a list of sentences; empty is well. @param {RegExp[]} expected console lines that the test provoked */
export async function troubles({ page, seen }, expected = []) {
  await Promise.all(seen.waiting);
  const storage = await page.evaluate(() => JSON.stringify({ cookie: document.cookie, local: { ...localStorage }, session: { ...sessionStorage } }));
  return [
    ...seen.console.filter((line) => !expected.some((e) => e.test(line))).map((line) => `console ${line}`),
    ...seen.errors.map((e) => `script ${e}`),
    ...seen.tokens,
    ...(TOKEN.test(storage) || /headwater_session/.test(storage) ? [`scripts can read a token: ${storage}`] : []),
  ];
}

/** Playwright would hide the caret by a style of its own, which the page's Content-Security-Policy refuses on the console. */
export const shoot = (page, path) => page.screenshot({ path, fullPage: true, caret: 'initial' });

/** axe-core by WCAG 2.2 A and AA; one sentence a violation. */
export async function axe(page) {
  // Through the debugger, so the page's own Content-Security-Policy stays as it is.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations.map(
    (v) =>
      `${v.id}: ${v.help}: ${v.nodes
        .map((n) => `${n.target.join(' ')} ${n.failureSummary?.split('\n').slice(1).join('; ') ?? ''}`)
        .slice(0, 4)
        .join(' | ')}`,
  );
}

/** Signs in and consents, as far as identity asks: whom it knows it does not ask again. `arrived`: the address to end at. */
export async function logIn(page, { user, password }, arrived) {
  const form = page.getByLabel('Password');
  const allow = page.getByRole('button', { name: 'Allow' });
  const there = page.waitForURL(arrived);
  const reaches = (locator) => locator.waitFor().catch(() => undefined);
  await Promise.race([there, reaches(form)]);
  if (await form.isVisible()) {
    await page.getByLabel('User name').fill(user);
    await form.fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await Promise.race([there, reaches(allow)]);
    if (await allow.isVisible()) await allow.click();
  }
  await there;
}
