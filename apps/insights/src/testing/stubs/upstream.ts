import http from 'node:http';

/** What a gateway's provider said, or how the connection ended. */
export type Upstream = { status: number; headers: Record<string, string>; body: string } | { failed: 'dropped' | 'cut' };

/** A gateway's own request to its provider. */
export function askUpstream(url: string, body: string, headers: Record<string, string>): Promise<Upstream> {
  return new Promise((ok) => {
    const options = { method: 'POST', agent: false as const, headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers } };
    const request = http.request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (c: Buffer) => chunks.push(c));
      answer.on('error', () => ok({ failed: 'cut' }));
      answer.on('end', () => ok({ status: answer.statusCode ?? 0, headers: flat(answer.headers), body: Buffer.concat(chunks).toString('utf8') }));
    });
    request.on('error', () => ok({ failed: 'dropped' }));
    request.end(body);
  });
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !/^(connection|keep-alive|content-length|transfer-encoding)$/.test(name)) out[name] = String(value);
  }
  return out;
}
