import { createHash } from 'node:crypto';

const STYLE = `:root { color-scheme: light dark; } body { margin: 12vh auto 32px; max-width: 40rem; padding: 0 16px; font: 16px/1.5 system-ui, sans-serif; } h1 { font-size: 1.5rem; } a { display: inline-block; padding: 8px 0; color: LinkText; }`;
const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src ${STYLE_HASH}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
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
