// The payments service of the demo: takes charges from whoever has a token that is not over.
// node infra/demo/payments.mjs PORT ACCESS_LOG
import { setTimeout as sleep } from 'node:timers/promises';
import { json, serve } from './service.mjs';
import { endOf } from './token.mjs';

const [port, log] = process.argv.slice(2);
const HEADERS = { server: 'payments/3.1.0', 'cache-control': 'no-store' };
let asked = 0;

/** 401 as RFC 6750 section 3.1 words it; null when the token is good. */
function refusal(req) {
  const end = endOf(req.headers.authorization ?? '');
  if (end === null) return 'Bearer realm="payments"';
  return end < Date.now() ? 'Bearer realm="payments", error="invalid_token", error_description="The access token expired"' : null;
}

await serve({
  port: Number(port),
  log,
  async handle(req, res, path) {
    asked++;
    const refused = refusal(req);
    if (refused) return json(res, 401, { error: 'invalid_token' }, { ...HEADERS, 'www-authenticate': refused });
    if (asked % 40 === 0) return json(res, 503, { error: 'the bank does not answer' }, { ...HEADERS, 'retry-after': '2' });
    if (req.method === 'POST' && path === '/charges') {
      // A bank takes its time, and now and then three times as long.
      await sleep(asked % 9 === 0 ? 240 : 60 + (asked % 5) * 8);
      return json(res, 201, { charge: asked }, { ...HEADERS, location: `/charges/${asked}` });
    }
    if (req.method === 'GET' && /^\/charges\/[\w-]+$/.test(path)) {
      const limit = { 'ratelimit-limit': '10', 'ratelimit-remaining': String(9 - (asked % 10)), 'ratelimit-reset': '1' };
      if (asked % 10 === 9) return json(res, 429, { error: 'too many questions' }, { ...HEADERS, ...limit, 'retry-after': '1' });
      return json(res, 200, { state: 'paid' }, { ...HEADERS, ...limit });
    }
    return json(res, 404, { error: 'no such thing' }, HEADERS);
  },
});
