// What somebody does with an alert, on the pages: follow it, mute it, end the mute, try its rule with other figures.
import assert from 'node:assert/strict';
import { eventually, get, token } from '../e2e/standalone.mjs';
import { axe } from './browser.mjs';
import { settled } from './pages.mjs';

const RULE = 'error-burn-page';

/** The alert that the failing checkout is. */
export async function openAlert(info, service, timeoutMs) {
  const bearer = await token(info);
  const find = async () => (await get(info, bearer, '/v1/alerts?state=open')).data.find((a) => a.rule === RULE && a.subject.service === service);
  const alert = await eventually(find, timeoutMs, 1_000);
  assert.ok(alert, `no alert of ${RULE} is open`);
  return alert;
}

const cardOf = (page, alert) => page.getByRole('region', { name: 'Open now' }).getByRole('article', { name: alert.title, exact: true });

/** The alert leads to its service at the time it opened, where it is on the charts. */
export async function followAlert(page, url, alert) {
  await page.goto(`${url}/alerts?from=now-15m`);
  await settled(page, 'Alerts');
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: /^Alerts.*\d+ open/ })
    .waitFor();
  await cardOf(page, alert)
    .getByRole('link', { name: /^shop at \d\d:\d\d$/ })
    .click();
  await settled(page, 'shop');
  assert.match(page.url(), /\/services\/shop\?from=2\S+&to=now/);
  await page
    .getByRole('region', { name: 'Alerts of this service' })
    .getByRole('link', { name: /failed in/ })
    .waitFor();
  await page.goBack();
  await settled(page, 'Alerts');
}

/** Two clicks mute it, one ends that; the API says the same each time. */
export async function muteAlert(page, info, alert) {
  const bearer = await token(info);
  const muted = async () => (await get(info, bearer, `/v1/alerts?id=${alert.id}`)).data[0].muted;
  const card = cardOf(page, alert);
  const mute = async (how) => {
    await card.getByRole('button', { name: 'Mute shop' }).click();
    assert.deepEqual(await axe(page), []);
    await card.getByRole('button', { name: how }).click();
    await card.getByText(/muted until/).waitFor();
    assert.equal(await muted(), true);
  };
  await mute('1 h');
  await page.getByRole('button', { name: 'End now: the mute of service shop' }).click();
  await card.getByRole('button', { name: 'Mute shop' }).waitFor();
  assert.equal(await muted(), false);
  await mute('4 h');
  const [mine] = (await get(info, bearer, '/v1/mutes')).data.filter((m) => m.state === 'active');
  assert.deepEqual([mine.match, mine.created_by], [{ service: 'shop' }, 'admin']);
  assert.equal(Math.round((Date.parse(mine.ends_at) - Date.parse(mine.starts_at)) / 60_000), 240);
}

/** A maintenance window is refused with the field that is wrong, then planned, then called off. */
export async function planMaintenance(page) {
  await page.getByRole('button', { name: 'Plan a maintenance window' }).click();
  const form = page.getByRole('form', { name: 'Mute' });
  await form.getByRole('button', { name: 'Mute' }).click();
  await form.getByRole('alert').filter({ hasText: 'Say what it is for' }).waitFor();
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel('From').fill(`${day}T02:00`);
  await form.getByLabel('Until').fill(`${day}T04:00`);
  await form.getByLabel('Service').fill('pay*');
  await form.getByLabel('Why').fill('Release of payments');
  assert.deepEqual(await axe(page), []);
  await form.getByRole('button', { name: 'Mute' }).click();
  await form.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: /Planned.*service pay\*.*Release of payments/ });
  await row.getByRole('button', { name: 'Call off: the mute of service pay*' }).click();
  await row.waitFor({ state: 'detached' });
}

/** The rule with an objective that the shop keeps would not have fired; what was tried is in the URL and as YAML. */
export async function tryRule(page) {
  await page
    .getByRole('row', { name: new RegExp(RULE) })
    .getByRole('link')
    .click();
  const preview = page.getByRole('region', { name: 'Preview' });
  const objective = page.getByRole('textbox', { name: /^Objective/ });
  await preview.getByText(/It would have fired \S+/).waitFor();
  await objective.fill('500');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText('Objective is a number from 50 to 99.9999').waitFor();
  await objective.fill('50');
  await page.getByRole('button', { name: 'Preview' }).click();
  await preview.getByText('With these figures it would not have fired in the last day.').waitFor();
  assert.match(page.url(), /with=objective(=|%3D)50/);
  assert.match(await page.getByRole('region', { name: 'The rule as YAML' }).innerText(), /id: error-burn-page[\s\S]*objective: 50\n/);
  assert.deepEqual(await axe(page), []);
}

/** By the next minute the analyzer has met the mute, and names it in the alert it no longer sends. */
export async function analyzerMutes(info, alert) {
  const bearer = await token(info);
  const mute = (await get(info, bearer, '/v1/mutes')).data.find((m) => m.state === 'active');
  const met = async () => (await get(info, bearer, `/v1/alerts?id=${alert.id}`)).data[0].muted_by === mute.id;
  assert.ok(await eventually(met, 90_000, 1_000), 'the analyzer does not know of the mute');
}
