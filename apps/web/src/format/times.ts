/** Times in the zone of the browser, 24 hours; dates only where they are needed. All take ms since the epoch. */
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const secondsFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `12:04` */
export function formatClock(ms: number): string {
  return clockFormat.format(ms);
}

/** `12:04:10` */
export function formatSeconds(ms: number): string {
  return secondsFormat.format(ms);
}

/** `22 Nov` */
export function formatDay(ms: number): string {
  return dayFormat.format(ms);
}

/** `22 Nov 12:04:10`, without seconds where they are zero. */
export function formatInstant(ms: number): string {
  return `${formatDay(ms)} ${ms % 60_000 === 0 ? formatClock(ms) : formatSeconds(ms)}`;
}

/** `12:04`, with the day when that is not the day of `now`. */
export function formatSince(ms: number, now: number): string {
  return formatDay(ms) === formatDay(now) && Math.abs(now - ms) < 86_400_000 ? formatClock(ms) : `${formatDay(ms)} ${formatClock(ms)}`;
}

/** A length of time in seconds: `10 s`, `15 min`, `6 h`, `7 d`, `1 h 30 min`. */
export function formatLength(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [size, unit] of units) {
    const n = Math.floor(rest / size);
    if (n > 0 && parts.length < 2) {
      parts.push(`${n}\u00a0${unit}`);
      rest -= n * size;
    } else if (parts.length > 0) break;
  }
  return parts.join(' ') || '0\u00a0s';
}

/** How long ago: `8 s ago`, `3 min ago`, `2 d ago`. */
export function formatAgo(ms: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  const largest = formatLength(seconds).split(' ')[0];
  return `${largest} ago`;
}
