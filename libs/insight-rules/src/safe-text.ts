import { survives } from './scrubber.ts';

/** In the place of what looks like an id, a secret or an address, or cannot be written safely. */
export const REDACTED = '{redacted}';
export const MAX_ROUTE = 128;
export const MAX_NAME = 64;
export const MAX_METHOD = 16;

/** Control and format characters (bidi, zero width), private use, unpaired surrogates, line and paragraph separators. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** What the capture itself writes in the place of a segment: `{int}`, `{uuid}.png`. */
const TEMPLATE = /^\{[a-z_]{1,16}\}(?:\.[A-Za-z]{1,8})?$/;
const SEGMENT = /^[A-Za-z0-9_.~:;=+,*%{}()-]*$/;
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}/i;
const HEX = /(?=[a-f]*[0-9])[0-9a-f]{12,}/i;
const IPV4 = /(?:^|[^0-9])\d{1,3}(?:[.-]\d{1,3}){3}(?:[^0-9]|$)/;
/** Two or more colons between hex digits: the least of an IPv6 address, and of a MAC. */
const IPV6 = /[0-9a-f]{0,4}:[0-9a-f]{0,4}:[0-9a-f]{0,4}/i;
/** How well-known secrets begin: OpenAI and Stripe, GitHub, GitLab, Slack, AWS, Google, npm, JWT and PASETO. */
const SECRET = /^(?:sk|pk|rk)[-_]|^gh[opsur]_|^github_pat|^glpat|^xox[a-z]-|^A[KS]IA[0-9A-Z]|^AIza|^npm_|^ya29|^eyJ|^v[1-4]\.(?:local|public)\./;
const POSTAL = /(?:^|[^A-Za-z0-9])[A-Za-z]\d[A-Za-z](?:%20|\+|[ -])?\d[A-Za-z]\d(?:[^A-Za-z0-9]|$)/;

/** Whether a text looks like an id, a secret, a person or an address. */
export function looksPrivate(text: string): boolean {
  if (text.includes('@') || /%40/.test(text)) return true;
  if ((text.match(/\d/g)?.length ?? 0) >= 9) return true;
  if (UUID.test(text) || HEX.test(text) || IPV4.test(text) || IPV6.test(text) || SECRET.test(text) || POSTAL.test(text)) return true;
  return text.split(/[^A-Za-z0-9]+/).some(isRandom) || !survives(text);
}

/** Letters and digits in turn, or capitals in the midst, more often than words have them: tokens in base 32, 62 or 64. */
function isRandom(run: string): boolean {
  if (run.length < 10) return false;
  const turns = run.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  const humps = run.match(/[a-z](?=[A-Z])|[A-Z]{2}(?=[a-z])/g)?.length ?? 0;
  return turns >= 3 || (run.length >= 16 && turns >= 1 && /[A-Z]/.test(run) && /[a-z]/.test(run)) || (run.length >= 16 && humps > run.length / 4) || run.length > 48;
}

/**
 * A route for a model: at most 128 characters of ASCII, no query, and segment by segment nothing that looks like an id, a secret or an
 * address. `{other}` and the classes that the capture writes stay.
 */
export function safeRoute(route: string): string {
  if (route === '{other}') return route;
  const path = route.slice(0, 4 * MAX_ROUTE).replace(/[?#].*$/s, '');
  const safe = path.replace(UNSEEN, '').split('/').map(safeSegment);
  // Segments that are harmless alone may be a date together.
  const text = cutSegments(survives(safe.join('/')) ? safe : safe.map((s) => (/\d/.test(s) ? REDACTED : s)));
  return text === '' ? '/' : survives(text) ? text : `/${REDACTED}`;
}

function safeSegment(segment: string): string {
  if (segment === '' || TEMPLATE.test(segment)) return segment;
  if (!SEGMENT.test(segment) || looksPrivate(segment)) return REDACTED;
  // A parameter's name may stay, its value does not.
  return segment.replace(/=[^;,]*/g, `=${REDACTED}`);
}

function cutSegments(segments: readonly string[]): string {
  let text = segments.join('/');
  for (let n = segments.length - 1; text.length > MAX_ROUTE && n >= 0; n--) text = `${segments.slice(0, n).join('/')}/${REDACTED}`;
  return text;
}

/** A header's name in lower case, at most 64 characters. */
export function safeName(name: string): string {
  return token(name.toLowerCase(), MAX_NAME);
}

/** At most 16 characters; what is no plain token is `{redacted}`. */
export function safeMethod(method: string): string {
  return token(method, MAX_METHOD);
}

/** Why there was no whole response, at most 64 characters. */
export function safeErrorType(type: string): string {
  return token(type, MAX_NAME);
}

/** A service's name, where names may be told. */
export function safeService(name: string): string {
  return token(name, MAX_NAME);
}

/** One line for people, made of text that came from the traffic or from a model: nothing unseen, at most so many characters. */
export function plainText(text: string, most: number): string {
  const line = text
    .slice(0, 8 * most)
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNSEEN, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const points = line.length > most ? Array.from(line) : [];
  return points.length > most ? `${points.slice(0, most - 1).join('')}…` : line;
}

function token(text: string, most: number): string {
  if (text === '{other}') return text;
  return text.length <= most && /^[A-Za-z0-9_.-]+$/.test(text) && !looksPrivate(text) ? text : REDACTED;
}
