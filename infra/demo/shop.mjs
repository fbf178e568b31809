// The demo shop: two small services over loopback with errors, slow routes, an expired token and a deprecated
// endpoint, and a customer who asks for a bounded number of things a second. Plain Node, no dependencies.
// node infra/demo/shop.mjs SHOP_PORT STOCK_PORT
import { Agent, createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [shopPort, stockPort] = process.argv.slice(2).map(Number);
const PER_SECOND = 8;
const keep = new Agent({ keepAlive: true, maxSockets: 4 });

const json = (res, status, body, headers = {}) => res.writeHead(status, { 'content-type': 'application/json', server: 'demo-shop', ...headers }).end(`${JSON.stringify(body)}\n`);

/** One exchange; never throws. */
function call(port, method, path, headers = {}, body) {
  return new Promise((ok) => {
    const req = request({ host: '127.0.0.1', port, method, path, agent: keep, headers: { accept: 'application/json', ...headers } }, (res) => {
      res.resume().once('end', () => ok(res.statusCode));
    });
    req.once('error', () => ok(0));
    req.end(body);
  });
}

// The stock: every seventh answer is slow, every fiftieth fails.
let asked = 0;
const stock = createServer(async (req, res) => {
  asked++;
  if (asked % 7 === 0) await sleep(180);
  if (asked % 50 === 0) return json(res, 503, { error: 'the stock is being counted' }, { 'retry-after': '1' });
  json(res, 200, { sku: req.url.split('/').at(-1), left: asked % 12 }, { 'cache-control': 'max-age=2' });
});

/** The token's claims say when it expired; nobody checks a signature in a demo. */
function expired(authorization) {
  const claims = authorization?.split('.')[1];
  try {
    return JSON.parse(Buffer.from(claims, 'base64url')).exp * 1000 < Date.now();
  } catch {
    return true;
  }
}

const shop = createServer(async (req, res) => {
  const path = req.url.split('?')[0];
  req.resume();
  if (/^\/products\/\d+$/.test(path)) {
    const status = await call(stockPort, 'GET', `/stock/${path.split('/').at(-1)}`, { 'x-request-id': req.headers['x-request-id'] ?? 'none' });
    return status === 200 ? json(res, 200, { id: path.split('/').at(-1) }, { etag: '"1"', vary: 'accept' }) : json(res, 502, { error: 'the stock does not answer' });
  }
  if (path === '/basket' && req.method === 'POST') return json(res, 201, { basket: 1 }, { 'set-cookie': 'basket=demo; HttpOnly; SameSite=Lax' });
  if (path === '/account')
    return expired(req.headers.authorization)
      ? json(res, 401, { error: 'the token has expired' }, { 'www-authenticate': 'Bearer error="invalid_token"' })
      : json(res, 200, { name: 'demo' });
  if (path === '/v0/search') return json(res, 200, [], { deprecation: '@1735689600', sunset: 'Wed, 31 Dec 2026 23:59:59 GMT', link: '</search>; rel="successor-version"' });
  if (path === '/search') return json(res, 200, []);
  if (path === '/report') {
    await sleep(400);
    return json(res, 500, { error: 'the report is too large' });
  }
  json(res, 404, { error: 'no such thing' });
});

const token = (secondsFromNow) =>
  `Bearer ${[
    { alg: 'HS256', typ: 'JWT' },
    { iss: 'https://id.example', aud: 'shop', exp: Math.floor(Date.now() / 1000) + secondsFromNow },
  ]
    .map((p) => Buffer.from(JSON.stringify(p)).toString('base64url'))
    .join('.')}.c2lnbmF0dXJl`;

const visits = [
  (n) => call(shopPort, 'GET', `/products/${(n * 37) % 900}`, { 'user-agent': 'demo-app/2.1', 'x-request-id': `r${n}` }),
  (n) => call(shopPort, 'GET', `/search?q=chair-${n % 9}`, { 'user-agent': 'demo-web/5.0' }),
  (n) => call(shopPort, 'POST', '/basket', { 'content-type': 'application/json', 'user-agent': 'demo-web/5.0', cookie: 'basket=demo' }, JSON.stringify({ sku: n })),
  (n) => call(shopPort, 'GET', '/account', { authorization: token(n % 3 === 0 ? -3_600 : 3_600), 'user-agent': 'demo-app/2.1' }),
  () => call(shopPort, 'GET', '/v0/search?q=old', { 'user-agent': 'demo-partner/0.3' }),
  (n) => call(shopPort, 'GET', `/images/${n}.png`, { 'user-agent': 'demo-web/5.0' }),
  (n) => (n % 4 === 0 ? call(shopPort, 'GET', '/report', { 'user-agent': 'demo-partner/0.3' }) : call(shopPort, 'GET', `/products/${n % 50}`, { 'user-agent': 'demo-app/2.1' })),
];

for (const [server, port] of [
  [stock, stockPort],
  [shop, shopPort],
]) {
  await new Promise((ok, bad) => server.once('error', bad).listen(port, '127.0.0.1', ok));
}
process.on('SIGTERM', () => process.exit(0));
console.log(`demo shop on 127.0.0.1:${shopPort}, its stock on 127.0.0.1:${stockPort}, ${PER_SECOND} visits a second`);
for (let n = 0; ; n++) {
  void visits[n % visits.length](n);
  await sleep(1_000 / PER_SECOND);
}
