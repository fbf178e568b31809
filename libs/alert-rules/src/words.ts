/** Sentences of alerts: plain figures with units. Names of services, routes and hosts come from the traffic, so they are cleaned and cut. */

const MAX_NAME = 100;
const MAX_TITLE = 240;
const MAX_DESCRIPTION = 900;
// Control and format characters, private use and unpaired surrogates: what could hide or turn around the rest of a line.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function name(text: string): string {
  return cut(
    text
      .slice(0, 4 * MAX_NAME)
      .replace(UNSEEN, ' ')
      .trim() || '(no name)',
    MAX_NAME,
  );
}

export function title(text: string): string {
  return cut(text, MAX_TITLE);
}

export function description(...sentences: string[]): string {
  return cut(sentences.filter((s) => s !== '').join(' '), MAX_DESCRIPTION);
}

/** By code points: half a character is none. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const points = Array.from(text);
  return points.length <= most ? text : `${points.slice(0, most - 1).join('')}…`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${whole(n)} ${n === 1 ? one : many}`;
}

/** 1234567 as 1,234,567 */
export function whole(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three digits that matter: 0.0123, 1.24, 12.4, 124, 1,240 */
export function figure(n: number): string {
  if (n >= 1000) return whole(n);
  if (n >= 100) return n.toFixed(0);
  return String(Number(n.toPrecision(3)));
}

export function percent(ratio: number): string {
  return `${figure(ratio * 100)} %`;
}

export function span(minutes: number): string {
  if (minutes >= 1440 && minutes % 1440 === 0) return count(minutes / 1440, 'day');
  if (minutes >= 60 && minutes % 60 === 0) return count(minutes / 60, 'hour');
  return count(figureOf(minutes), 'minute');
}

function figureOf(n: number): number {
  return Number(n.toPrecision(3));
}

/** Figures as they travel: no more digits than they mean. */
export function rounded(values: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([k, v]) => [k, Number.isInteger(v) ? v : Number(v.toPrecision(6))]));
}
