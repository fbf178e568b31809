import type { HeaderField } from './exchange.ts';
import { comparable } from './value.ts';

export type Mark = 'same' | 'changed' | 'only_left' | 'only_right';

/** One line of two header lists side by side. */
export interface DiffLine {
  mark: Mark;
  left: HeaderField | null;
  right: HeaderField | null;
  /** stands elsewhere among the others than on the other side */
  moved: boolean;
  /** the same name in other letters */
  casing: boolean;
}

interface Pair {
  l: number | null;
  r: number | null;
}

/**
 * Two lists of header fields in wire order, line by line: fields of one name are paired (first equal values in their
 * order, then what is left between those), names compare without case. The left side's order leads; what only the right
 * has stands after what it followed there.
 */
export function diffHeaders(left: readonly HeaderField[], right: readonly HeaderField[]): DiffLine[] {
  const names = new Map<string, { l: number[]; r: number[] }>();
  const of = (name: string): { l: number[]; r: number[] } => {
    const key = name.toLowerCase();
    let entry = names.get(key);
    if (entry === undefined) names.set(key, (entry = { l: [], r: [] }));
    return entry;
  };
  left.forEach((f, i) => of(f.name).l.push(i));
  right.forEach((f, i) => of(f.name).r.push(i));

  const ofLeft = new Map<number, number | null>();
  const rightOnly = new Set<number>();
  for (const { l, r } of names.values()) {
    for (const pair of pairRepeats(l, r, (a, b) => comparable(left[a]!) === comparable(right[b]!))) {
      if (pair.l === null) rightOnly.add(pair.r!);
      else ofLeft.set(pair.l, pair.r);
    }
  }

  const pairs: Pair[] = left.map((_, l) => ({ l, r: ofLeft.get(l) ?? null }));
  right.forEach((_, r) => {
    if (!rightOnly.has(r)) return;
    const after = r === 0 ? -1 : pairs.findIndex((p) => p.r === r - 1);
    pairs.splice(after + 1, 0, { l: null, r });
  });

  const kept = longestRising(pairs.flatMap((p) => (p.l === null || p.r === null ? [] : [p.r])));
  return pairs.map(({ l, r }): DiffLine => {
    const a = l === null ? null : left[l]!;
    const b = r === null ? null : right[r]!;
    if (a === null || b === null) return { mark: a === null ? 'only_right' : 'only_left', left: a, right: b, moved: false, casing: false };
    return { mark: comparable(a) === comparable(b) ? 'same' : 'changed', left: a, right: b, moved: !kept.has(r!), casing: a.name !== b.name };
  });
}

/** Pairs the occurrences of one name: a longest common subsequence of equal ones, and in order what lies between two of them. */
function pairRepeats(l: readonly number[], r: readonly number[], equal: (a: number, b: number) => boolean): Pair[] {
  const best: number[][] = Array.from({ length: l.length + 1 }, () => new Array<number>(r.length + 1).fill(0));
  for (let i = l.length - 1; i >= 0; i--) {
    for (let j = r.length - 1; j >= 0; j--) {
      best[i]![j] = equal(l[i]!, r[j]!) ? best[i + 1]![j + 1]! + 1 : Math.max(best[i + 1]![j]!, best[i]![j + 1]!);
    }
  }
  const out: Pair[] = [];
  let between: { l: number[]; r: number[] } = { l: [], r: [] };
  const settle = (): void => {
    for (let k = 0; k < Math.max(between.l.length, between.r.length); k++) out.push({ l: between.l[k] ?? null, r: between.r[k] ?? null });
    between = { l: [], r: [] };
  };
  let i = 0;
  let j = 0;
  while (i < l.length || j < r.length) {
    if (i < l.length && j < r.length && equal(l[i]!, r[j]!)) {
      settle();
      out.push({ l: l[i++]!, r: r[j++]! });
    } else if (j >= r.length || (i < l.length && best[i + 1]![j]! >= best[i]![j + 1]!)) between.l.push(l[i++]!);
    else between.r.push(r[j++]!);
  }
  settle();
  return out;
}

/** Members of a longest rising run of distinct numbers: what is not in it has moved. */
function longestRising(values: readonly number[]): Set<number> {
  const length: number[] = [];
  const before: number[] = [];
  let end = -1;
  values.forEach((v, i) => {
    length[i] = 1;
    before[i] = -1;
    for (let k = 0; k < i; k++) {
      if (values[k]! < v && length[k]! + 1 > length[i]!) {
        length[i] = length[k]! + 1;
        before[i] = k;
      }
    }
    if (end === -1 || length[i]! > length[end]!) end = i;
  });
  const kept = new Set<number>();
  for (let i = end; i !== -1; i = before[i]!) kept.add(values[i]!);
  return kept;
}

/** Names (lower case) whose values differ between exchanges of one kind anyway: `date`, request ids. */
export function varying(lists: readonly (readonly HeaderField[])[]): Set<string> {
  const seen = new Map<string, string>();
  const out = new Set<string>();
  for (const list of lists) {
    const mine = new Map<string, string>();
    for (const f of list) {
      const name = f.name.toLowerCase();
      mine.set(name, `${mine.get(name) ?? ''}\n${comparable(f)}`);
    }
    for (const [name, value] of mine) {
      if (seen.has(name) && seen.get(name) !== value) out.add(name);
      seen.set(name, value);
    }
  }
  return out;
}
