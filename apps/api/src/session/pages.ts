import { createHash } from 'node:crypto';

/** Contrast of text at least 4.5:1 in both schemes (WCAG 2.2 AA); the look of identity's pages. */
const STYLE = `
:root { color-scheme: light dark; --bg: #f6f7f9; --card: #ffffff; --text: #1a1d21; --line: #d3d7dd; --accent: #0b57c2; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --bg: #111418; --card: #1a1e24; --text: #e8eaed; --line: #3a4048; --accent: #8ab4f8; --on-accent: #0b1a33; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: start center; padding: 8vh 16px 32px; background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 416px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-wrap: anywhere; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; font-weight: 600; }
a { display: block; min-height: 44px; margin-top: 16px; padding: 9px 16px; font-weight: 600; text-align: center; text-decoration: none; border-radius: 4px; background: var(--accent); color: var(--on-accent); }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (forced-colors: active) { a { border: 1px solid LinkText; } }
`;
const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; img-src 'self'; style-src ${STYLE_HASH}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  'referrer-policy': 'no-referrer',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** A page that says one thing and offers one way on. */
export function sessionPage(title: string, sentences: readonly string[], link: { href: string; text: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} - Headwater</title>
<link rel="icon" href="/favicon.svg">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${sentences.map((s) => `<p>${escaped(s)}</p>`).join('\n')}
<a href="${escaped(link.href)}">${escaped(link.text)}</a>
</main>
</body>
</html>
`;
}

/** What a refused sign-in means to the person. */
export function refusalWords(code: string, issuer: string): [title: string, ...sentences: string[]] {
  if (code === 'access_denied') return ['You are not signed in', 'You, or the sign-in server, did not allow the dashboard to act for you, so it got nothing.'];
  if (code === 'invalid_client' || code === 'unauthorized_client')
    return [
      'The dashboard is not known',
      `The sign-in server ${issuer} does not know this dashboard, or not its secret.`,
      'Whoever runs Headwater can look at dashboard.client_id and dashboard.client_secret_file in the settings of the API, and at the clients of that server.',
    ];
  if (code === 'invalid_token')
    return [
      'The sign-in does not fit this API',
      `The sign-in server ${issuer} gave a token that this API does not take; its log says why.`,
      'Whoever runs Headwater can look at audience and issuers in the settings of the API.',
    ];
  return [
    'The sign-in did not work',
    'What came back from the sign-in server does not fit what was asked, so it was not used.',
    'Sign in again; if that does not help, tell whoever runs Headwater.',
  ];
}
