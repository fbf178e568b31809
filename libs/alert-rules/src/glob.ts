/** Whether `*` (any number) and `?` (one character) of the glob make the text of it; in time |glob| x |text| at most, whatever they hold. */
export function matches(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++;
      from = t;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++from;
    } else return false;
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

/** Whether one of the globs matches; none at all matches everything. */
export function isFor(globs: readonly string[], name: string): boolean {
  return globs.length === 0 || globs.some((g) => matches(g, name));
}
