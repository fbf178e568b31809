// A person with a browser, as far as HTTP goes: a cookie jar, redirects one by one, forms found in pages and sent.
import http from 'node:http';
import https from 'node:https';

export class Person {
  #jar = new Map();
  #ca;

  /** @param {{ ca?: string }} [options] `ca`: PEM of a certificate this person trusts */
  constructor({ ca } = {}) {
    this.#ca = ca;
  }

  /** Cookies held for an origin's host, name -> value. */
  cookies(url) {
    return this.#jar.get(new URL(url).host) ?? new Map();
  }

  /** One exchange; no redirect is followed. @returns {Promise<{ url: string, status: number, headers: object, text: string }>} */
  send(url, { method = 'GET', form, json, headers = {} } = {}) {
    const { request: open } = url.startsWith('https:') ? https : http;
    const body = form ? new URLSearchParams(form).toString() : json ? JSON.stringify(json) : undefined;
    const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
    const cookies = [...this.cookies(url)].map(([k, v]) => `${k}=${v}`).join('; ');
    const all = {
      accept: 'text/html',
      ...(cookies ? { cookie: cookies } : {}),
      ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body), origin: new URL(url).origin }),
      ...headers,
    };
    return new Promise((ok, bad) => {
      const request = open(url, { method, headers: all, agent: false, ...(this.#ca ? { ca: this.#ca } : {}) }, (response) => {
        this.#keep(url, response.headers['set-cookie'] ?? []);
        let text = '';
        response.setEncoding('utf8').on('data', (d) => (text += d));
        response.once('end', () => ok({ url, status: response.statusCode, headers: response.headers, text }));
      });
      request.once('error', bad).end(body);
    });
  }

  /** GET or a form, then wherever it leads. */
  async follow(url, options) {
    let answer = await this.send(url, options);
    for (let hops = 0; ; hops++) {
      // A page may send on too: a cookie with SameSite=Strict is not sent while one comes from another site.
      const next = answer.headers.location ?? /^0; *url=(.*)$/i.exec(answer.headers.refresh ?? '')?.[1];
      if (!next) return answer;
      if (hops > 12) throw new Error(`redirected in a circle: ${answer.url}`);
      answer = await this.send(new URL(next, answer.url).href);
    }
  }

  /** Fills the form of a page and sends it with one of its buttons. */
  submit(page, fields, button) {
    const form = /<form[^>]*>([\s\S]*?)<\/form>/.exec(page.text);
    if (!form) throw new Error(`no form on ${page.url} (${page.status}):\n${page.text}`);
    const of = (tag, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1].replaceAll('&amp;', '&');
    const values = {};
    for (const [tag] of form[1].matchAll(/<input\b[^>]*>/g)) if (of(tag, 'name')) values[of(tag, 'name')] = of(tag, 'value') ?? '';
    for (const [tag, text] of form[1].matchAll(/<button\b[^>]*>([\s\S]*?)<\/button>/g)) {
      if (button && !text.includes(button)) continue;
      if (of(tag, 'name')) values[of(tag, 'name')] = of(tag, 'value') ?? '';
    }
    const action = new URL(of(form[0], 'action') ?? page.url, page.url).href;
    return this.follow(action, { method: 'POST', form: { ...values, ...fields } });
  }

  #keep(url, lines) {
    const { host } = new URL(url);
    const jar = this.#jar.get(host) ?? new Map();
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/;\s*/);
      const at = pair.indexOf('=');
      const gone = attributes.some((a) => /^max-age=0$/i.test(a) || (/^expires=/i.test(a) && Date.parse(a.slice(8)) < Date.now()));
      if (gone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    this.#jar.set(host, jar);
  }
}
