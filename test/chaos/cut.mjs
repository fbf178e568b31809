// A TCP proxy before a broker that, when told to, cuts a connection between a Produce request and its answer: the broker has
// written, the producer does not know.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

const PRODUCE = 0;

/**
 * @param {{ port: number, to: () => string }} o port: of the proxy; to: `host:port` of the broker
 * @returns {Promise<{ cuts: () => number, cutFor: (ms: number) => void, close: () => Promise<void> }>} cutFor: for so long no answer to a
 *   produce request is let through; the connection ends when the answer comes
 */
export async function startProxy({ port, to }) {
  const sockets = new Set();
  let until = 0;
  let cuts = 0;
  const server = createServer((client) => {
    const [host, brokerPort] = to().split(':');
    const broker = connect(Number(brokerPort), host);
    for (const s of [client, broker]) {
      sockets.add(s);
      s.on('error', () => undefined);
      s.once('close', () => {
        sockets.delete(s);
        client.destroy();
        broker.destroy();
      });
    }
    let doomed = null;
    const frames = new Frames();
    client.on('data', (bytes) => {
      // Requests are answered in order: the answer to look for is that of this correlation id.
      for (const frame of frames.push(bytes)) {
        if (Date.now() < until && doomed === null && frame.readInt16BE(4) === PRODUCE) doomed = frame.readInt32BE(8);
      }
      broker.write(bytes);
    });
    const answers = new Frames();
    broker.on('data', (bytes) => {
      for (const frame of answers.push(bytes)) {
        if (doomed !== null && frame.readInt32BE(4) === doomed) {
          cuts += 1;
          client.destroy();
          return;
        }
        client.write(frame);
      }
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    cuts: () => cuts,
    cutFor: (ms) => (until = Date.now() + ms),
    close: async () => {
      for (const s of sockets) s.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Whole messages of Kafka's protocol, each with its four bytes of length. */
class Frames {
  #rest = Buffer.alloc(0);

  push(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames = [];
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0);
      frames.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}
