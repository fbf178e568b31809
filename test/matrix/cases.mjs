// The cases that any server can be put through. Each gets `{ target, up }`: where it listens and the prefix under which the
// answers of origin.mjs are; it talks as a raw client and gives back what went over the wire.
import { chunked, dial, get, post, request } from './client.mjs';
import { IMITATION, LONG_FIELDS } from './origin.mjs';
import { sleep } from '../kernel/harness.mjs';

/** One connection; its exchanges are the truth. */
async function talk(world, use) {
  const wire = await dial(world.target);
  try {
    await use(wire, world.up);
  } finally {
    await wire.close();
  }
  return { truth: wire.talk.exchanges() };
}

const one =
  (use) =>
  (world, ...more) =>
    talk(world, (wire, up) => use(wire, up, ...more));

export const CASES = {
  'keep-alive': one(async (w, up) => {
    for (let i = 0; i < 5; i++) await w.ask(get(`${up}len?i=${i}`));
  }),
  'keep-alive of 10,000': one(async (w, up) => {
    for (let i = 0; i < 10_000; i++) await w.ask(get(`${up}len`, { headers: ['User-Agent: raw/1.0', 'Accept: */*'] }));
  }),
  HEAD: one(async (w, up) => {
    await w.ask(request('HEAD', `${up}len`));
    await w.ask(get(`${up}len`), request('HEAD', `${up}len`), get(`${up}len`));
  }),
  204: one((w, up) => w.ask(get(`${up}empty`), get(`${up}len`))),
  304: one((w, up) => w.ask(get(`${up}same`, { headers: ['If-None-Match: "m"'] }), get(`${up}len`))),
  503: one((w, up) => w.ask(get(`${up}broken`), get(`${up}len`))),
  'chunked request': one(async (w, up) => {
    await w.ask(request('POST', `${up}echo`, { headers: ['Transfer-Encoding: chunked'], body: chunked(['one', 'x'.repeat(3000)]) }));
    await w.write(request('POST', `${up}echo`, { headers: ['Transfer-Encoding: chunked'] }));
    for (const part of ['5\r\nfirst\r\n', '6\r\nsec', 'ond\r\n', '0\r', '\n\r\n']) {
      await w.write(part);
      await sleep(3);
    }
    await w.answers(2);
    await w.ask(get(`${up}len`));
  }),
  'chunked response': one((w, up) => w.ask(get(`${up}chunked`), get(`${up}len`))),
  'trailers both ways': one(async (w, up) => {
    await w.ask(request('POST', `${up}trailers`, { headers: ['TE: trailers', 'Trailer: X-Check', 'Transfer-Encoding: chunked'], body: chunked(['abc'], ['X-Check: 1']) }));
    await w.ask(get(`${up}len`));
  }),
  'Expect: 100-continue': one(async (w, up) => {
    await w.write(request('POST', `${up}echo`, { headers: ['Expect: 100-continue', 'Content-Length: 5'] }));
    await w.until(() => w.talk.responses.interim > 0 || w.talk.responses.messages.length > 0, 'word on the expectation');
    await w.write('12345');
    await w.answers(1);
    await w.ask(get(`${up}len`));
  }),
  '103 Early Hints': one((w, up) => w.ask(get(`${up}hints`), get(`${up}len`))),
  'early response': one(async (w, up) => {
    await w.write(request('POST', `${up}early`, { headers: ['Content-Length: 2000'], body: 'x'.repeat(1000) }));
    await w.answers(1);
    if (w.closed) return;
    await w.write('y'.repeat(1000));
    await sleep(20);
    if (!w.closed) await w.ask(get(`${up}len`));
  }),
  'until the connection ends': one((w, up) => w.ask(get(`${up}close`, { headers: ['Connection: close'] }))),
  'pipelined, no bodies': one(async (w, up) => {
    await w.write(Array.from({ length: 8 }, () => get(`${up}len`)).join(''));
    await w.answers(8);
  }),
  'pipelined, bodies': one((w, up) => pipelinedBodies(w, up, 500)),
  'pipelined, bodies over 1 KiB': one((w, up) => pipelinedBodies(w, up, 1500)),
  'pipelined, large answers': one(async (w, up) => {
    await w.write(get(`${up}large`) + get(`${up}chunked`) + get(`${up}len`));
    await w.answers(3);
  }),
  'one byte at a time': one(async (w, up) => {
    for (const bytes of [get(`${up}len`), post(`${up}echo`, 'abc')]) {
      for (const b of bytes) {
        await w.write(b);
        await sleep(1);
      }
    }
    await w.answers(2);
  }),
  'head of 60 KiB, request': one(async (w, up) => {
    await w.ask(get(`${up}len`, { headers: LONG_FIELDS }));
    if (!w.closed) await w.ask(get(`${up}len`));
  }),
  'head of 60 KiB, response': one((w, up) => w.ask(get(`${up}long`), get(`${up}len`))),
  'odd fields, response': one((w, up) => w.ask(get(`${up}odd`), get(`${up}len`))),
  'repeated fields': one((w, up) =>
    w.ask(get(`${up}len`, { headers: ['x-rep: 1', 'X-Rep: 2', 'X-REP:3', 'X-Empty:', 'X-Tab:\tt\t', 'x-~1!#$%&: a', 'X-Colon: a:b: c', 'Via: 1.1 a', 'Via: 1.1 b'] })),
  ),
  'folded field': one(async (w, up) => {
    await w.ask(get(`${up}len`, { headers: ['X-Folded: first\r\n second', 'X-After: 1'] }));
  }),
  'obs-text': one(async (w, up) => {
    await w.ask(get(`${up}len`, { headers: ['X-Obs: caf\xe9 \xff\x80\xa0', 'X-Utf8: \xc3\xa9\xe2\x82\xac'] }));
    if (!w.closed) await w.ask(get(`${up}caf%C3%A9/len`));
  }),
  'no Host': one((w, up) => w.ask(get(`${up}len`, { host: null }))),
  'HTTP/1.0': async (world) => {
    const plain = await talk(world, (w, up) => w.ask(get(`${up}len`, { version: '1.0' })));
    const kept = await talk(world, async (w, up) => {
      await w.ask(get(`${up}len`, { version: '1.0', headers: ['Connection: keep-alive'] }));
      if (!w.closed) await w.ask(get(`${up}len`, { version: '1.0', headers: ['Connection: keep-alive'] }));
    });
    return { truth: [...plain.truth, ...kept.truth] };
  },
  'absolute-form': one((w, up) => w.ask(get(`http://matrix.test${up}len?q=1`), get(`${up}len`))),
  CONNECT: one(async (w) => {
    await w.write(request('CONNECT', 'matrix.test:443'));
    await w.until(() => w.talk.responses.messages.length > 0, 'answer to CONNECT');
    if (w.talk.responses.messages[0].status >= 300) return;
    await w.write('GET /inside HTTP/1.1\r\nHost: tunnelled\r\n\r\n');
    await w.until(() => w.talk.responses.tunnelled >= 41, 'bytes from the tunnel');
  }),
  'unusual methods': async (world) => {
    const truth = [];
    // one a connection: a server may close after a method that it does not know
    for (const method of ['PROPFIND', 'M-SEARCH', 'REPORT', 'PATCH', 'DELETE', 'OPTIONS', 'FOO-BAR_1', 'TRACE'])
      truth.push(...(await talk(world, (w, up) => w.ask(request(method, `${up}len`)))).truth);
    return { truth };
  },
  'bodies that imitate requests': async (world) => {
    const told = await talk(world, async (w, up) => {
      await w.ask(post(`${up}echo`, 'GET /forged HTTP/1.1\r\nHost: forged\r\n\r\n'));
      await w.write(request('POST', `${up}echo`, { headers: [`Content-Length: ${IMITATION.length}`] }));
      await sleep(20);
      await w.write(IMITATION);
      await w.answers(2);
      await w.ask(get(`${up}imitate`), get(`${up}len`));
    });
    return { ...told, settle: 40 };
  },
  '101 upgrade': async (world) => {
    const told = await talk(world, async (w, up) => {
      await w.write(get(`${up}upgrade`, { headers: ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='] }));
      await w.until(() => w.talk.responses.messages.length > 0, 'answer to the upgrade');
      for (let i = 0; i < 20; i++) await w.write('\x81\x05hello');
      await w.until(() => w.talk.responses.tunnelled >= 140, 'bytes back');
    });
    return { ...told, check: (_, ends) => endSizes(ends, 140) };
  },
  'events (SSE)': one(async (w, up) => {
    await w.ask(get(`${up}events`, { headers: ['Accept: text/event-stream'] }));
    await w.ask(get(`${up}len`));
  }),
  'long response': one((w, up) => w.ask(get(`${up}slow`), get(`${up}len`))),
  'large body': one((w, up) => w.ask(get(`${up}large`), get(`${up}len`))),
};

/** Four requests in one write, three of them with bodies, the first of `n` bytes. */
async function pipelinedBodies(w, up, n) {
  const four = [
    post(`${up}echo`, 'b'.repeat(n)),
    get(`${up}len`),
    request('POST', `${up}echo`, { headers: ['Transfer-Encoding: chunked'], body: chunked(['GET / HTTP/1.1\r\n', 'x']) }),
    post(`${up}echo`, '12345'),
  ];
  await w.write(four.join(''));
  await w.answers(4);
}

/** The `end` row of a tunnel tells the bytes both ways. */
function endSizes(ends, bytes) {
  const sizes = ends.map((e) => `${e['http.request.body.size']}/${e['http.response.body.size']}`);
  return sizes.every((s) => s === `${bytes}/${bytes}`) ? undefined : `tunnelled ${bytes} bytes both ways, the end rows say ${sizes.join(', ')}`;
}

/** The cases of these names, or all but `without`. */
export function pick({ only, without = [] } = {}) {
  const unknown = [...(only ?? []), ...without].find((n) => !(n in CASES));
  if (unknown) throw new Error(`no case is called "${unknown}"`);
  return Object.fromEntries(Object.entries(CASES).filter(([n]) => (only ? only.includes(n) : !without.includes(n))));
}
