/** Edits (insert, remove, replace, swap of neighbours) that make `b` of `a`. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(row[j - 1]! + same, row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The name that was probably meant, or null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const written = plain(name.slice(0, 64));
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of known) {
    const meant = plain(candidate);
    // A plural, a singular or the beginning of a name is a near miss of any length.
    const n = written.length > 2 && (meant.startsWith(written) || written.startsWith(meant)) ? 1 : edits(written, meant);
    if (n < least && n <= Math.max(1, Math.floor(meant.length / 3))) [best, least] = [candidate, n];
  }
  return best;
}
