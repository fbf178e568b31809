export type StatusFilter = (status: number) => boolean;

/** `404`, `4xx`, `404,5xx`, `0`; null when it is none of these. */
export function parseStatus(value: string): StatusFilter | null {
  const exact = new Set<number>();
  const classes = new Set<number>();
  for (const part of value.split(',')) {
    if (/^[1-9]xx$/i.test(part)) classes.add(Number(part[0]));
    else if (/^(0|[1-9]\d\d)$/.test(part)) exact.add(Number(part));
    else return null;
  }
  return (status) => exact.has(status) || classes.has(Math.floor(status / 100));
}
