// Who uses the demo shop: nine visits a second, in the same order again and again, for at most a day.
// node infra/demo/customers.mjs SHOP_PORT
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [shopPort] = process.argv.slice(2).map(Number);
/** With what the shop asks payments this is under 12 exchanges a second. */
const PER_SECOND = 9;
const FOR_MS = 24 * 3_600_000;
const keep = new Agent({ keepAlive: true, maxSockets: 8 });
const WEB = { 'user-agent': 'demo-web/5.0', 'accept-language': 'en' };
const APP = { 'user-agent': 'demo-app/2.1', accept: 'application/json' };
const PARTNER = { 'user-agent': 'demo-partner/0.3' };
/** A browser of 2006 that somebody still has. */
const OLD = { 'user-agent': 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1)' };

const pending = new Set();
let n = 0;
/** How often the list of visits has been gone through: what alternates goes by it. */
let turn = 0;

/** One exchange; never throws. */
function visit(method, path, headers, body) {
  const one = new Promise((ok) => {
    const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const req = request({ host: '127.0.0.1', port: shopPort, method, path, agent: keep, headers: { ...headers, 'x-request-id': `r${n}`, ...length } }, (res) => {
      res.on('error', ok).resume().once('close', ok);
    });
    req.once('error', ok);
    req.end(body);
  });
  pending.add(one);
  void one.then(() => pending.delete(one));
}

const product = () => visit('GET', `/products/${(n * 37) % 920}`, APP);
const search = () => visit('GET', `/search?q=chair-${n % 9}`, WEB);
const checkout = () => visit('POST', '/checkout', { ...WEB, cookie: 'basket=demo', 'x-payment': turn % 4 === 0 ? 'invoice' : 'card' }, JSON.stringify({ basket: 1 }));
const VISITS = [
  () => visit('GET', '/', turn % 5 === 0 ? OLD : WEB),
  product,
  search,
  () => visit('POST', '/basket', WEB, JSON.stringify({ sku: n })),
  checkout,
  product,
  () => visit('GET', '/account', { ...APP, cookie: turn % 3 === 0 ? 'session=over' : 'session=open' }),
  () => visit('GET', '/v0/search?q=old', turn % 2 === 0 ? PARTNER : OLD),
  () => visit('GET', `/images/${turn}.png`, turn % 2 === 0 ? { ...WEB, 'if-none-match': '"i1"' } : WEB),
  () => visit('GET', '/products?page=1', { ...APP, 'accept-encoding': 'gzip' }),
  product,
  checkout,
  search,
  () => visit('GET', '/orders/b2f3c1de-0000-4000-8000-000000000001', APP),
  () => visit('GET', `/reports/${2_020 + (turn % 6)}`, PARTNER),
  () => visit('DELETE', `/basket/items/${n % 50}`, { ...WEB, cookie: 'basket=demo' }),
  product,
  () => (turn % 3 === 0 ? visit('GET', '/wp-login.php', OLD) : visit('GET', '/exports/daily', PARTNER)),
];

let ending = false;
/** Those under way are waited for, so that what the shop logged and what was seen of it are the same. */
process.once('SIGTERM', () => {
  ending = true;
  void Promise.race([Promise.all(pending), sleep(1_500)]).then(() => process.exit(0));
});
console.log(`${PER_SECOND} visits a second to 127.0.0.1:${shopPort}`);
const began = performance.now();
while (!ending && performance.now() - began < FOR_MS) {
  turn = Math.floor(n / VISITS.length);
  VISITS[n % VISITS.length]();
  n++;
  await sleep(1_000 / PER_SECOND);
}
if (!ending) {
  console.log('a day is over: no more visits; start again for more');
  setInterval(() => {}, 60_000);
}
