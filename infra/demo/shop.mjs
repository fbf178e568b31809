// The shop of the demo. Half a minute after its start a new release takes over, and with it /checkout begins to fail:
// 1.5.0 renews the token for payments by invoice, and forgets the one for payments by card.
// node infra/demo/shop.mjs PORT PAYMENTS_PORT ACCESS_LOG
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { json, serve } from './service.mjs';
import { bearer } from './token.mjs';

const [port, paymentsPort, log] = process.argv.slice(2);
const RELEASE_AFTER_MS = 30_000;
const keep = new Agent({ keepAlive: true, maxSockets: 4 });
let release = '1.4.2';
/** Forgotten by 1.5.0: issued two hours ago for one. */
const oldCardToken = bearer('shop-card', -3_600);
setTimeout(() => {
  release = '1.5.0';
  console.log(`release ${release}`);
}, RELEASE_AFTER_MS).unref();

/** A call to payments; its status, 0 when there was no answer. */
function payments(req, method, path, token) {
  return new Promise((ok) => {
    const headers = { accept: 'application/json', authorization: token, 'user-agent': `shop/${release}`, 'x-request-id': req.headers['x-request-id'] ?? 'none' };
    const body = method === 'POST' ? '{"amount":1999,"currency":"EUR"}' : undefined;
    if (body) Object.assign(headers, { 'content-type': 'application/json', 'content-length': body.length });
    const call = request({ host: '127.0.0.1', port: Number(paymentsPort), method, path, agent: keep, headers }, (res) => {
      res.resume().once('end', () => ok(res.statusCode));
    });
    call.once('error', () => ok(0));
    call.end(body);
  });
}

const ROUTES = [
  ['GET', /^\/$/, (_req, res) => answer(res, 200, 'text/html; charset=utf-8', '<!doctype html><title>Shop</title>', { 'content-security-policy': "default-src 'self'" })],
  [
    'GET',
    /^\/products$/,
    (_req, res) =>
      send(
        res,
        200,
        Array.from({ length: 20 }, (_, id) => ({ id })),
        { 'cache-control': 'max-age=30', vary: 'accept-encoding' },
      ),
  ],
  ['GET', /^\/products\/\d+$/, product],
  ['GET', /^\/search$/, search],
  ['GET', /^\/v0\/search$/, (_req, res) => send(res, 200, [], { deprecation: '@1735689600', sunset: 'Thu, 31 Dec 2026 23:59:59 GMT', link: '</search>; rel="successor-version"' })],
  ['POST', /^\/basket$/, (_req, res) => send(res, 201, { basket: 1 }, { 'set-cookie': ['basket=demo; HttpOnly; SameSite=Lax; Path=/', 'seen=1; Max-Age=60'] })],
  ['DELETE', /^\/basket\/items\/\d+$/, (_req, res) => res.writeHead(204, own()).end()],
  ['POST', /^\/checkout$/, checkout],
  ['GET', /^\/orders\/[\w-]+$/, order],
  ['GET', /^\/account$/, account],
  ['GET', /^\/images\/.*\.png$/, image],
  ['GET', /^\/reports\/\d+$/, report],
  ['GET', /^\/exports\/daily$/, dailyExport],
];

/** How often each was asked: what goes wrong goes wrong in turn. */
const times = [];

const own = () => ({ server: `shop/${release}`, 'x-content-type-options': 'nosniff' });
const send = (res, status, body, headers = {}) => json(res, status, body, { ...own(), ...headers });
const answer = (res, status, type, body, headers = {}) => res.writeHead(status, { ...own(), 'content-type': type, ...headers }).end(body);

function product(_req, res, path) {
  const id = Number(path.split('/').at(-1));
  return id > 880
    ? send(res, 404, { error: 'no such product' })
    : send(res, 200, { id, price: 1999 }, { etag: `"${id}-1"`, vary: 'accept-encoding', 'cache-control': 'max-age=30' });
}

async function search(_req, res, _path, times) {
  await sleep(times % 11 === 0 ? 350 : 15 + (times % 7) * 5);
  return send(res, 200, [], { 'cache-control': 'no-cache' });
}

async function checkout(req, res) {
  const invoice = req.headers['x-payment'] === 'invoice';
  const token = invoice ? bearer('shop-invoice', 3_600) : release === '1.4.2' ? bearer('shop-card', 3_600) : oldCardToken;
  const status = await payments(req, 'POST', '/charges', token);
  if (status === 201) return send(res, 201, { order: 'b2f3c1de-0000-4000-8000-000000000001' }, { location: '/orders/b2f3c1de-0000-4000-8000-000000000001' });
  if (status === 503) return send(res, 503, { error: 'payments are busy' }, { 'retry-after': '2' });
  return send(res, 502, { error: 'payments did not take the charge' });
}

async function order(req, res, path) {
  const status = await payments(req, 'GET', `/charges/${path.split('/').at(-1)}`, bearer('shop-invoice', 3_600));
  return status === 200 ? send(res, 200, { state: 'paid' }) : send(res, status === 429 ? 429 : 502, { error: 'the payment is not known' }, { 'retry-after': '1' });
}

function account(req, res) {
  if (/session=over/.test(req.headers.cookie ?? '')) return send(res, 401, { error: 'please log in' }, { 'www-authenticate': 'Bearer realm="shop"' });
  return send(res, 200, { name: 'demo' }, { 'cache-control': 'private, no-store' });
}

function image(req, res, _path, times) {
  if (times % 5 === 0) return send(res, 404, { error: 'no such image' });
  if (req.headers['if-none-match']) return res.writeHead(304, { ...own(), etag: '"i1"' }).end();
  return answer(res, 200, 'image/png', Buffer.alloc(1_500), { etag: '"i1"', 'cache-control': 'public, max-age=86400' });
}

async function report(_req, res, _path, times) {
  await sleep(600 + (times % 4) * 120);
  return times % 3 === 0 ? send(res, 500, { error: 'the report is too large' }) : send(res, 200, { rows: 12_000 });
}

/** Twelve chunks; every fourth time the connection breaks before the first one. */
async function dailyExport(_req, res, _path, times) {
  if (times % 4 === 0) return void res.socket.destroy();
  res.writeHead(200, { ...own(), 'content-type': 'text/csv' });
  for (let i = 0; i < 12; i++) {
    res.write('a,b,c\n'.repeat(200));
    await sleep(10);
  }
  return res.end();
}

await serve({
  port: Number(port),
  log,
  handle(req, res, path) {
    const i = ROUTES.findIndex(([method, pattern]) => method === req.method && pattern.test(path));
    if (i >= 0) times[i] = (times[i] ?? 0) + 1;
    return i >= 0 ? ROUTES[i][2](req, res, path, times[i]) : send(res, 404, { error: 'no such thing' });
  },
});
