import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Html, html } from './html.ts';

/** Contrast of text at least 4.5:1 and of borders of controls 3:1 in both schemes (WCAG 2.2 AA). */
const STYLE = `
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #ffffff; --text: #1a1d21; --quiet: #555c66; --line: #767d88; --accent: #0b57c2; --on-accent: #ffffff; --bad: #b3261e; --bad-bg: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --bg: #111418; --card: #1a1e24; --text: #e8eaed; --quiet: #a9b0ba; --line: #7b838f; --accent: #8ab4f8; --on-accent: #0b1a33; --bad: #f2b8b5; --bad-bg: #3b1715; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: start center; padding: 8vh 16px 32px; background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 416px; padding: 32px; background: var(--card); border: 1px solid color-mix(in srgb, var(--line) 40%, transparent); border-radius: 8px; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; font-weight: 600; }
p { margin: 0 0 16px; }
.quiet { color: var(--quiet); }
label { display: block; margin: 16px 0 4px; font-weight: 600; }
input { width: 100%; min-height: 44px; padding: 8px 12px; font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 4px; }
button, .button { display: block; width: 100%; min-height: 44px; margin-top: 16px; padding: 8px 16px; font: inherit; font-weight: 600; text-align: center; text-decoration: none; border: 1px solid var(--accent); border-radius: 4px; background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.plain, .button.plain { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
ul { margin: 0 0 16px; padding-left: 24px; }
li { margin: 4px 0; }
.error { padding: 12px; border-left: 4px solid var(--bad); background: var(--bad-bg); }
code { overflow-wrap: anywhere; }
@media (forced-colors: active) { button, .button { border: 1px solid ButtonText; } }
`;

const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/**
 * `formTo`: origins a form may lead to beside our own. A browser applies form-action to every redirect behind the form
 * too, so the client's origin must be in it or the way back after signing in is blocked.
 */
export function pageHeaders(formTo: readonly string[] = []): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src ${STYLE_HASH}; form-action ${["'self'", ...formTo].join(' ')}; frame-ancestors 'none'; base-uri 'none'`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
  };
}

/** A whole document. One `h1` a page, the title says the same. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Headwater</title>
        ${styleElement}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `.text;
}

/** Whole, so that no white space comes between the tags and the hashed text. */
const styleElement = new Html(`<style>${STYLE}</style>`);

export function send(res: ServerResponse, status: number, document: string, headers: Readonly<Record<string, string>> = pageHeaders()): void {
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(document) });
  res.end(document);
}
