import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Page {
  url: string;
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
  secure: boolean;
  attributes: string;
}

/** As much of a browser as signing in needs: cookies by host and path, redirects, forms. Runs no scripts. */
export class Browser {
  readonly jar = new Map<string, Cookie>();
  readonly #ca: string | undefined;
  /** all addresses that were asked */
  readonly visited: string[] = [];

  constructor(ca?: string) {
    this.#ca = ca;
  }

  cookies(url: URL): string {
    return [...this.jar.entries()]
      .filter(
        ([key, c]) =>
          key.startsWith(`${url.hostname}\0`) &&
          (url.pathname === c.path || url.pathname.startsWith(c.path.endsWith('/') ? c.path : `${c.path}/`)) &&
          (!c.secure || url.protocol === 'https:'),
      )
      .map(([, c]) => `${c.name}=${c.value}`)
      .join('; ');
  }

  #keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/; */);
      const at = pair.indexOf('=');
      const found = (name: string): string | undefined => attributes.find((a) => a.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
      const cookie = {
        name: pair.slice(0, at),
        value: pair.slice(at + 1),
        path: found('path') ?? '/',
        secure: attributes.some((a) => a.toLowerCase() === 'secure'),
        attributes: attributes.join('; '),
      };
      const key = `${url.hostname}\0${cookie.path}\0${cookie.name}`;
      const expires = found('expires');
      if (cookie.value === '' || found('max-age') === '0' || (expires !== undefined && Date.parse(expires) < Date.now())) this.jar.delete(key);
      else this.jar.set(key, cookie);
    }
  }

  /** One request, no redirect followed. */
  async once(address: string, options: { method?: string; form?: Record<string, string>; headers?: Record<string, string>; body?: string } = {}): Promise<Page> {
    const url = new URL(address);
    this.visited.push(url.href);
    const body = options.form === undefined ? options.body : new URLSearchParams(options.form).toString();
    const cookie = this.cookies(url);
    const headers: Record<string, string> = {
      accept: 'text/html,application/xhtml+xml',
      ...(cookie === '' ? {} : { cookie }),
      ...(options.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...options.headers,
    };
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((ok, bad) => {
      const req = request(
        url,
        { method: options.method ?? (body === undefined ? 'GET' : 'POST'), headers, agent: false, ...(this.#ca === undefined ? {} : { ca: this.#ca }) },
        (res) => {
          let text = '';
          res
            .setEncoding('utf8')
            .on('data', (d: string) => (text += d))
            .on('end', () => {
              this.#keep(url, res.headers['set-cookie'] ?? []);
              ok({ url: url.href, status: res.statusCode ?? 0, headers: res.headers, text });
            });
        },
      );
      req.once('error', bad).end(body);
    });
  }

  /** With redirects, and with pages that lead on by a Refresh header. `stopAt`: not asked any more, its redirect is the answer. */
  async go(address: string, options: Parameters<Browser['once']>[1] & { stopAt?: (url: URL) => boolean } = {}): Promise<Page> {
    const { stopAt, ...first } = options;
    let page = await this.once(address, first);
    for (let i = 0; i < 15; i += 1) {
      const refresh = /^\d+; ?url=(.+)$/i.exec(String(page.headers['refresh'] ?? ''))?.[1];
      const next = page.status >= 300 && page.status < 400 ? page.headers.location : refresh;
      if (next === undefined) return page;
      const to = new URL(next, page.url);
      if (stopAt?.(to) === true) return { ...page, headers: { ...page.headers, location: to.href } };
      page = await this.once(to.href);
    }
    throw new Error(`too many redirects: ${this.visited.slice(-5).join(' ')}`);
  }

  /** Fills in the one form of a page and sends it. */
  async submit(page: Page, fields: Record<string, string>, options: Parameters<Browser['go']>[1] = {}): Promise<Page> {
    const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form at ${page.url}: ${page.text.slice(0, 2_000)}`);
    const hidden = Object.fromEntries([...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((m) => [m[1] as string, m[2] as string]));
    return this.go(new URL(action, page.url).href, { form: { ...hidden, ...fields }, ...options });
  }
}
