// What the alerts' test puts around the analyzers: a proxy that stops a conversation with Redis at a chosen word, receivers,
// a real Alertmanager, and traffic whose minutes pass in a second.
import { createHmac } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { EventColumnsBuilder, makeRecord } from '@headwater/header-event';
import { freePort } from './nginx.mjs';

export const MINUTE = 60_000;

const listen = async (server) => {
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  return server.address().port;
};

/**
 * A TCP proxy. `trap({ sees, hold })` waits until a client's bytes contain what `sees` (a predicate of the last 64 kB of
 * text): with `hold: 'request'` these bytes do not reach the server, with `'reply'` they do and the answer does not come back.
 * From then on nothing passes, until `release()` (which cuts all connections).
 */
export async function proxyTo(port) {
  const sockets = new Set();
  let trap = null;
  let shut = false;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let recent = '';
    let answering = true;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (shut) return;
      recent = (recent + bytes.toString('latin1')).slice(-65_536);
      if (trap && trap.sees(recent)) {
        shut = true;
        if (trap.hold === 'reply') {
          answering = false;
          upstream.write(bytes);
          // The server has it before anybody is told.
          upstream.once('data', () => trap.caught());
        } else trap.caught();
        return;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!shut && answering) client.write(bytes);
    });
  });
  const at = await listen(server);
  return {
    port: at,
    trap: ({ sees, hold }) => new Promise((caught) => (trap = { sees, hold, caught })),
    release() {
      trap = null;
      for (const socket of sockets) socket.destroy();
      shut = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((ok) => server.close(ok));
    },
  };
}

/** A receiver as the README shows it: verifies, and counts events by their id. `holdNext()` takes one and never answers it. */
export async function webhookReceiver(secret) {
  const posts = [];
  let held = null;
  const server = createHttp((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['headwater-signature'] ?? '') ?? [];
      const verified = v1 === createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
      const id = request.headers['headwater-event-id'];
      posts.push({ id, verified, event: JSON.parse(body), body });
      if (held) {
        held(id);
        held = null;
      } else response.writeHead(204).end();
    });
  });
  const port = await listen(server);
  return {
    posts,
    url: `http://127.0.0.1:${port}/hook`,
    holdNext: () => new Promise((ok) => (held = ok)),
    close() {
      server.closeAllConnections();
      return new Promise((ok) => server.close(ok));
    },
  };
}

/** Debian's Alertmanager, alone, which tells what it was told to a receiver of ours. */
export async function startAlertmanager({ dir, start }) {
  const told = [];
  const server = createHttp((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      for (const alert of JSON.parse(Buffer.concat(parts)).alerts) told.push({ status: alert.status, labels: alert.labels });
      response.writeHead(200).end();
    });
  });
  const hook = await listen(server);
  const port = await freePort();
  mkdirSync(join(dir, 'alertmanager'), { recursive: true });
  const file = join(dir, 'alertmanager.yml');
  const settings = {
    route: { receiver: 'test', group_by: ['...'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{ name: 'test', webhook_configs: [{ url: `http://127.0.0.1:${hook}/`, send_resolved: true }] }],
  };
  writeFileSync(file, JSON.stringify(settings));
  start('alertmanager', 'prometheus-alertmanager', [
    `--config.file=${file}`,
    `--storage.path=${join(dir, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    told,
    open: async () => (await fetch(`${url}/api/v2/alerts`)).json(),
    close() {
      server.closeAllConnections();
      return new Promise((ok) => server.close(ok));
    },
  };
}

/**
 * One host whose minutes pass at will: each `minute()` is a batch of everything that happened in the next minute, with a
 * watermark at its end. `failing(service, minute)` says whether the service fails then.
 */
export class PastHost {
  #seq = 0;
  #minute = 0;
  constructor({ bus, topic, startMs, services, failing }) {
    Object.assign(this, { bus, topic, startMs, services, failing });
  }

  get minutes() {
    return this.#minute;
  }

  async minute() {
    const at = this.startMs + this.#minute * MINUTE;
    const columns = new EventColumnsBuilder();
    let rows = 0;
    for (const service of this.services) {
      for (let i = 0; i < 60; i++) {
        const status = this.failing(service, this.#minute) && i % 3 !== 0 ? 500 : 200;
        columns.add({
          start_time: BigInt(at + i * 900) * 1_000_000n,
          'service.name': service,
          'http.request.method': 'GET',
          'http.route': '/checkout',
          'http.response.status_code': status,
          'headwater.ttfb_ns': 2_000_000n,
        });
        rows++;
      }
    }
    await this.#send(columns, rows, at + MINUTE);
    this.#minute++;
  }

  /** Nothing happens; without a word for 30 s the host would no longer hold the minutes open. */
  idle() {
    return this.#send(new EventColumnsBuilder(), 0, this.startMs + this.#minute * MINUTE);
  }

  async #send(columns, rows, watermark) {
    const starts = { started: rows, emitted: rows, filtered: {}, lost: {}, in_flight: 0 };
    const account = {
      watermark_unix_ms: watermark,
      since_unix_ms: watermark - MINUTE,
      until_unix_ms: watermark,
      request: starts,
      response: starts,
      exchanges: rows,
      unread: {},
      coverage: 1,
      source: 'live',
    };
    const record = makeRecord({ identity: { hostId: 'past', incarnation: 'i' }, seq: ++this.#seq, columns: columns.finish(), account });
    await this.bus.publish(this.topic, [{ ...record, partition: 0 }]);
  }
}
