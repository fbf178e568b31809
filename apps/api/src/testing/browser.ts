import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Page {
  url: string;
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
  // oxlint-disable-next-line -- a test looks into whatever came
  json: any;
}

export interface Cookie {
  name: string;
  value: string;
  path: string;
  secure: boolean;
  strict: boolean;
  attributes: string;
}

interface Options {
  method?: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  /** a redirect that leads there is not followed, but answered */
  stopAt?: (url: URL) => boolean;
}

/** Scheme and registrable name, roughly: enough for one-label suffixes and addresses. */
function siteOf(url: URL): string {
  return `${url.protocol}//${/^[\d.]+$/.test(url.hostname) ? url.hostname : url.hostname.split('.').slice(-2).join('.')}`;
}

/**
 * As much of a browser as signing in needs: cookies by host, path, Secure and SameSite, redirects, Refresh, forms. All
 * names lead to this machine. Runs no scripts.
 */
export class Browser {
  readonly jar = new Map<string, Cookie>();
  readonly visited: string[] = [];
  readonly #ca: string | undefined;

  constructor(ca?: string) {
    this.#ca = ca;
  }

  cookie(name: string): Cookie | undefined {
    return [...this.jar.values()].find((c) => c.name === name);
  }

  cookies(url: URL, sameSite = true): string {
    return [...this.jar.entries()]
      .filter(
        ([key, c]) =>
          key.startsWith(`${url.hostname}\0`) &&
          (url.pathname === c.path || url.pathname.startsWith(c.path.endsWith('/') ? c.path : `${c.path}/`)) &&
          (!c.secure || url.protocol === 'https:') &&
          (sameSite || !c.strict),
      )
      .map(([, c]) => `${c.name}=${c.value}`)
      .join('; ');
  }

  #keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/; */);
      const at = pair.indexOf('=');
      const found = (name: string): string | undefined => attributes.find((a) => a.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
      const has = (name: string): boolean => attributes.some((a) => a.toLowerCase() === name);
      const cookie: Cookie = {
        name: pair.slice(0, at),
        value: pair.slice(at + 1),
        path: found('path') ?? '/',
        secure: has('secure'),
        strict: found('samesite')?.toLowerCase() === 'strict',
        attributes: attributes.join('; '),
      };
      // What a browser would not take (RFC 6265bis section 4.1.3).
      if (cookie.name.startsWith('__Host-') && (!cookie.secure || cookie.path !== '/' || found('domain') !== undefined)) throw new Error(`not a __Host- cookie: ${line}`);
      if (cookie.name.startsWith('__Secure-') && !cookie.secure) throw new Error(`not a __Secure- cookie: ${line}`);
      if (cookie.secure && url.protocol !== 'https:') throw new Error(`a Secure cookie over http: ${line}`);
      const key = `${url.hostname}\0${cookie.path}\0${cookie.name}`;
      const expires = found('expires');
      if (cookie.value === '' || found('max-age') === '0' || (expires !== undefined && Date.parse(expires) < Date.now())) this.jar.delete(key);
      else this.jar.set(key, cookie);
    }
  }

  /** One request, no redirect followed. `sameSite`: whether Strict cookies go along. */
  async once(address: string, options: Options = {}, sameSite = true): Promise<Page> {
    const url = new URL(address);
    this.visited.push(url.href);
    const body = options.form === undefined ? options.body : new URLSearchParams(options.form).toString();
    const cookie = this.cookies(url, sameSite);
    const headers: Record<string, string> = {
      host: url.host,
      accept: 'text/html,application/xhtml+xml',
      ...(cookie === '' ? {} : { cookie }),
      ...(options.form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...options.headers,
    };
    const https = url.protocol === 'https:';
    return new Promise((ok, bad) => {
      const req = (https ? httpsRequest : httpRequest)(
        {
          host: '127.0.0.1',
          port: url.port,
          path: url.pathname + url.search,
          method: options.method ?? (body === undefined ? 'GET' : 'POST'),
          headers,
          agent: false,
          ...(https ? { servername: /^[\d.]+$/.test(url.hostname) ? '' : url.hostname, ca: this.#ca } : {}),
        },
        (res) => {
          let text = '';
          res
            .setEncoding('utf8')
            .on('data', (d: string) => (text += d))
            .on('end', () => {
              this.#keep(url, res.headers['set-cookie'] ?? []);
              let json: unknown = null;
              try {
                json = JSON.parse(text);
              } catch {
                // not every answer is JSON
              }
              ok({ url: url.href, status: res.statusCode ?? 0, headers: res.headers, text, json });
            });
        },
      );
      req.once('error', bad).end(body);
    });
  }

  /** With redirects, and with pages that lead on by a Refresh header. `from`: the page whose link or form this is. */
  async go(address: string, options: Options = {}, from?: string): Promise<Page> {
    const { stopAt, ...first } = options;
    let sites = new Set(from === undefined ? [] : [siteOf(new URL(from))]);
    let to = new URL(address);
    let page: Page | null = null;
    for (let i = 0; i < 15; i += 1) {
      sites.add(siteOf(to));
      page = await this.once(to.href, page === null ? first : {}, sites.size === 1);
      const refresh = /^\d+; ?url=(.+)$/i.exec(page.headers['refresh'] === undefined ? '' : String(page.headers['refresh']))?.[1];
      const redirect = page.status >= 300 && page.status < 400 ? page.headers.location : undefined;
      const next = redirect ?? refresh;
      if (next === undefined) return page;
      // A refresh is begun by the page itself: a new chain, of its own site.
      if (redirect === undefined) sites = new Set([siteOf(to)]);
      to = new URL(next, page.url);
      if (stopAt?.(to) === true) return { ...page, headers: { ...page.headers, location: to.href } };
    }
    throw new Error(`too many redirects: ${this.visited.slice(-5).join(' ')}`);
  }

  /** Fills in the one form of a page and sends it. */
  async submit(page: Page, fields: Record<string, string>, options: Options = {}): Promise<Page> {
    const action = /<form method="post" action="([^"]+)"/.exec(page.text)?.[1];
    if (action === undefined) throw new Error(`no form at ${page.url}: ${page.text.slice(0, 2_000)}`);
    const hidden = Object.fromEntries([...page.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((m) => [m[1] as string, m[2] as string]));
    return this.go(new URL(action, page.url).href, { form: { ...hidden, ...fields }, ...options }, page.url);
  }
}
