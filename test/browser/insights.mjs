// What somebody does with insights, on the pages: open one, follow its evidence, see what was sent, ask for one. And one whose every text
// was written by somebody who means harm: it stays text.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { eventually, get, token } from '../e2e/standalone.mjs';
import { axe } from './browser.mjs';
import { settled } from './pages.mjs';

const MINUTE_MS = 60_000;
const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** Writes to the state store of a standalone installation as apps/insights would: through its own library. */
async function store(stateDir, entries) {
  const { openStateStore } = await import('../../libs/state-store/dist/index.js');
  const state = await openStateStore({ kind: 'embedded', path: join(stateDir, 'state.db') });
  for (const [key, value] of entries) await state.set(key, JSON.stringify(value), { ttlMs: 30 * MINUTE_MS });
  await state.end();
}

const MARKUP = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>[look](javascript:window.pwned=1) **bold**';
/** Begins like a good name and is turned around: what is read must be what is there. */
const TURNED = 'orders\u202Eexe.gpj\u2066\u200B\u0007';
const LONG = `<b>${'no-space-in-this-text'.repeat(40)}`.slice(0, 600);

/**
 * An insight of the service by a model that repeats what an attacker wrote into a path: markup, addresses that run, characters that turn the
 * text around, a text of 600 characters without a space.
 */
export async function publishHostile(stateDir, { service, end = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS }) {
  const id = randomBytes(16).toString('hex');
  const window = { start: iso(end - 15 * MINUTE_MS), end: iso(end) };
  const place = { kind: 'endpoint', label: `GET ${MARKUP} of ${service}`, service, method: 'GET', route: `/${MARKUP}` };
  const finding = (n, more) => ({
    id: `m${n}`,
    source: 'model',
    severity: 'info',
    title: `${MARKUP} ${n}`,
    what_changed: `${MARKUP}\n${TURNED}`,
    likely_cause: LONG,
    check_next: [`Open javascript:window.pwned=1 ${TURNED}`, LONG],
    confidence: 'low',
    evidence: [
      { id: 'ep_1', ...place, figures: { exchanges: 12, error_pct: 50, note: MARKUP, turned: TURNED } },
      { id: 'svc_1', kind: 'service', label: TURNED, service: 'javascript:window.pwned=1', figures: {} },
      { id: 'svc_2', kind: 'service', label: 'up', service: '..', figures: {} },
    ],
    ...more,
  });
  const input = JSON.stringify({ endpoints: [{ id: 'ep_1', route: MARKUP }] });
  const sha = createHash('sha256').update(input).digest('hex');
  const at = iso(Math.floor(Date.now() / 1000) * 1000);
  const body = JSON.stringify({ model: 'model-of-the-test', messages: [{ role: 'user', content: `${input} ${TURNED}` }] });
  const answer = JSON.stringify({ choices: [{ message: { content: `</pre>${MARKUP}` } }] });
  await store(stateDir, [
    [
      `insight/${id}`,
      {
        schema: 1,
        id,
        trigger: 'request',
        subject: { service },
        state: 'done',
        failure: null,
        window,
        compared_with: null,
        created_at: at,
        updated_at: at,
        alerts: [],
        complete: true,
        findings: [finding(1), finding(2, { title: LONG })],
        model: {
          state: 'done',
          reason: null,
          detail: null,
          gateway: `gateway${TURNED}`,
          model: 'model-of-the-test',
          input_sha256: sha,
          sent_at: at,
          took_ms: 1234,
          attempts: 1,
          repaired: false,
          format: 'json_schema',
          tokens: { input: 1200, output: 300 },
          cost_usd: 0.0012,
          request_id: MARKUP,
          dropped: { unknown_evidence: 2 },
        },
        requested_by: MARKUP,
        revision: 3,
      },
    ],
    [
      `insight-sent/${sha}`,
      {
        schema: 1,
        input_sha256: sha,
        insight: id,
        sent_at: at,
        gateway: 'gateway',
        host: '127.0.0.1:1',
        model: 'model-of-the-test',
        input,
        requests: [
          { at, body, status: 200, answer, error: null },
          { at, body, status: null, answer: null, error: MARKUP },
        ],
        aliases: { ep_1: place },
      },
    ],
  ]);
  return { id, window, body, answer, sha };
}

/** Nothing of it is markup, an address or hidden; everything of it can be read; its evidence leads to pages of ours alone. */
export async function readHostile(page, url, { id, body, answer, sha, window }, service) {
  const sent = [];
  const onRequest = (r) => sent.push(r.url());
  page.on('request', onRequest);
  await page.goto(`${url}/insights?from=now-15m&id=${id}`);
  await settled(page, 'Insights');
  const card = page.getByRole('article', { name: new RegExp(`^Insight on ${service},`) }).filter({ has: page.getByRole('button', { name: 'What was sent' }) });
  const said = await card.innerText();
  assert.ok(said.includes(`${MARKUP} 1`), said);
  assert.ok(said.includes('orders‹U+202E›exe.gpj‹U+2066›‹U+200B›‹U+0007›'), said);
  assert.ok(said.includes(LONG));
  assert.match(said, /by model model-of-the-test/);
  assert.match(said, /2\s*findings were left out: 2 cited what was not sent/);
  const hrefs = await card.getByRole('link').evaluateAll((links) => links.map((a) => a.getAttribute('href')));
  assert.ok(hrefs.length >= 2, 'no evidence is a link');
  for (const href of hrefs) assert.match(href, /^\/(services\/[^/]+|failures|headers|fleet|alerts)\?/);
  // The service that is called `..` has no page, so it is no link.
  assert.equal(await card.getByRole('link', { name: 'up', exact: true }).count(), 0);
  await card.getByRole('button', { name: 'What was sent' }).click();
  const shown = page.getByRole('region', { name: 'What was sent', exact: true });
  await shown.getByText(sha).waitFor();
  const visible = (text) => text.replace(/[\u202e\u2066\u200b\u0007]/g, (c) => `‹U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}›`);
  assert.equal(await shown.getByRole('region', { name: 'Request 1' }).innerText(), visible(body));
  assert.equal(await shown.getByRole('region', { name: 'Answer 1' }).innerText(), visible(answer));
  assert.match(await shown.getByRole('region', { name: 'Aliases' }).innerText(), /ep_1\s+endpoint\s+GET <img/);
  assert.match(await shown.innerText(), /No answer to request 2\./);
  assert.match(page.url(), new RegExp(`id=${id}&sent=1$`));
  const { pwned, tooWide, elements } = await page.evaluate(() => ({
    pwned: window.pwned ?? null,
    tooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    elements: document.querySelectorAll('article img, article script, article b').length,
  }));
  assert.deepEqual({ pwned, tooWide, elements }, { pwned: null, tooWide: false, elements: 0 });
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(
    sent.filter((at) => new URL(at).origin !== url || /\/x$/.test(at)),
    [],
  );
  page.off('request', onRequest);
  // "Back" undoes what was a step.
  await page.goBack();
  await shown.waitFor({ state: 'detached' });
  await card
    .getByRole('link', { name: /^GET <img/ })
    .first()
    .click();
  await settled(page, service);
  assert.ok(page.url().includes(`from=${window.start}&to=${window.end}`), page.url());
}

/** Asked for on the page of a service: its state is said until it is over, then it is a link. By rules alone, and what it says is what the API says. */
export async function askForInsight(page, url, info, service) {
  await page.goto(`${url}/services/${service}?from=now-15m`);
  await settled(page, service);
  await page.getByRole('button', { name: 'Ask for an insight' }).click();
  await page.getByRole('link', { name: 'Open the insight' }).click({ timeout: 60_000 });
  await settled(page, 'Insights');
  const id = new URL(page.url()).searchParams.get('id');
  const insight = await get(info, await token(info), `/v1/insights/${id}`);
  assert.deepEqual([insight.trigger, insight.state, insight.subject, insight.model.state], ['request', 'done', { service }, 'off']);
  assert.ok(insight.findings.length > 0, 'nothing was found at a shop whose checkout fails');
  const card = page.getByRole('article', { name: new RegExp(`^Insight on ${service},`) }).filter({ has: page.getByRole('button', { name: 'Close' }) });
  for (const finding of insight.findings) {
    const shown = card.getByRole('article', { name: `Finding: ${finding.title}`, exact: true });
    assert.match(await shown.innerText(), /by rules/);
    assert.equal(await shown.getByRole('link').count(), finding.evidence.length);
  }
  assert.match(await card.innerText(), /No gateway is configured[\s\S]*Nothing was sent/);
  assert.match(await page.getByRole('region', { name: 'AI gateway' }).innerText(), /nothing leaves this installation\.\s+No AI gateway is configured[\s\S]*gateway\.url/);
  assert.deepEqual(await axe(page), []);
  return insight;
}

/** Asked for where a gateway is configured: what the model says is marked as its own, is in words of this fleet, and what was sent is what it got. */
export async function readByModel(page, url, info, model, service) {
  const bearer = await token(info);
  // Insights are on minutes that are over.
  const over = async () => {
    const end = Math.floor((Date.now() - 45_000) / MINUTE_MS) * MINUTE_MS;
    const { data } = await get(info, bearer, `/v1/services?start=${iso(end - 15 * MINUTE_MS)}&end=${iso(end)}`);
    return data.some((s) => s.service === service && s.exchanges > 0);
  };
  assert.ok(await eventually(over, 150_000, 1_000), `no minute of ${service} is over`);
  await page.goto(`${url}/services/${service}?from=now-15m`);
  await settled(page, service);
  await page.getByRole('button', { name: 'Ask for an insight' }).click();
  await page.getByRole('link', { name: 'Open the insight' }).click({ timeout: 60_000 });
  await settled(page, 'Insights');
  const insight = await get(info, bearer, `/v1/insights/${new URL(page.url()).searchParams.get('id')}`);
  assert.deepEqual([insight.model.state, insight.model.gateway, insight.model.model], ['done', 'portkey', 'model-of-the-test']);
  const found = insight.findings.filter((f) => f.source === 'model');
  assert.equal(found.length, 1, JSON.stringify(insight));
  const card = page.getByRole('article', { name: new RegExp(`^Insight on ${service},`) }).filter({ has: page.getByRole('button', { name: 'Close' }) });
  const shown = card.getByRole('article', { name: `Finding: ${found[0].title}`, exact: true });
  assert.match(await shown.innerText(), /by model model-of-the-test/);
  assert.doesNotMatch(await shown.innerText(), /\b(ep|svc|fail|alert)_\d/);
  assert.match(found[0].title, new RegExp(`^[A-Z]+ /.* of ${service}`));
  assert.equal(await shown.getByRole('link').count(), found[0].evidence.length);
  await card.getByRole('button', { name: 'What was sent' }).click();
  const sent = page.getByRole('region', { name: 'What was sent', exact: true });
  await sent.getByText(insight.model.input_sha256).waitFor();
  // Portkey writes the JSON anew, so what is compared is what it says.
  const last = model.server.calls.findLast((c) => c.method === 'POST');
  assert.deepEqual(JSON.parse(last.body).messages, JSON.parse(await sent.getByRole('region', { name: 'Request', exact: true }).innerText()).messages);
  assert.deepEqual(await axe(page), []);
}

/** What was found is beside the charts it cites, the worst first, and each line leads to the whole. */
export async function findBesideCharts(page, url, info, service) {
  const bearer = await token(info);
  const places = [
    ['/', 'Overview', 'Insights on the services'],
    [`/services/${service}`, service, 'Insights on this service'],
    [`/failures`, 'Failures', 'Insights on failures'],
  ];
  for (const [path, heading, strip] of places) {
    await page.goto(`${url}${path}?from=now-15m`);
    await settled(page, heading);
    const first = page.getByRole('region', { name: strip, exact: true }).getByRole('link').first();
    await first.waitFor();
    const title = await first.innerText();
    const { data } = await get(info, bearer, `/v1/insights?start=now-15m&end=now${path.startsWith('/services') ? `&service=${service}` : ''}`);
    const finding = data.flatMap((i) => i.findings).find((f) => f.title === title);
    assert.ok(finding, `${heading}: ${title} is no finding`);
    if (path === '/') assert.equal(finding.severity, 'page');
    await first.click();
    await settled(page, 'Insights');
    await page.getByRole('article', { name: `Finding: ${title}`, exact: true }).waitFor();
  }
  // By keyboard alone: closed, opened again, and the keyboard stays where it was.
  const focused = () => page.evaluate(() => document.activeElement?.closest('article')?.getAttribute('aria-label') ?? document.activeElement?.tagName);
  const card = page.getByRole('article', { name: /^Insight on / }).filter({ has: page.getByRole('button', { name: 'Close' }) });
  const name = await card.getAttribute('aria-label');
  await card.getByRole('button', { name: 'Close' }).press('Enter');
  await card.waitFor({ state: 'detached' });
  assert.equal(await focused(), name);
  await page.keyboard.press('Enter');
  await card.waitFor();
  assert.equal(await focused(), name);
}

/** An alert opened, and nobody asked: an insight looked at it, and what it found stands in its card. */
export async function insightOfAlert(page, url, info, alert, timeoutMs) {
  const bearer = await token(info);
  const made = async () => (await get(info, bearer, `/v1/insights?alert=${alert.id}&trigger=alert&state=done`)).data.find((i) => i.findings.length > 0);
  assert.ok(await eventually(made, timeoutMs, 1_000), 'no insight was made of the alert');
  await page.goto(`${url}/alerts?from=now-15m&id=${alert.id}`);
  await settled(page, 'Alerts');
  const card = page.getByRole('region', { name: 'The alert of this link' }).getByRole('article', { name: alert.title, exact: true });
  await card.getByText('by rules').waitFor();
}
