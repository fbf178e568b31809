/**
 * A FlatBuffers writer for the few Arrow messages we send. Its output depends on its input alone (no
 * library version moves a byte), which is what lets the decoder compare a message with what it must be.
 *
 * Objects that are referred to twice are written once; parents always precede children, as the
 * unsigned offsets of the format demand. Format: https://flatbuffers.dev/internals/
 */
export interface Scalar {
  readonly size: 1 | 2 | 4 | 8;
  readonly value: number;
}
export interface FlatTable {
  readonly kind: 'table';
  /** by field id of the .fbs file */
  readonly fields: readonly (Scalar | FlatNode | undefined)[];
}
export type FlatNode =
  | FlatTable
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'refs'; readonly items: readonly FlatNode[] }
  /** `count` structs of 16 bytes (two longs each), zeroed */
  | { readonly kind: 'structs'; readonly count: number };

export const scalar = (size: Scalar['size'], value: number): Scalar => ({ size, value });
export const table = (...fields: FlatTable['fields']): FlatTable => ({ kind: 'table', fields });
export const text = (value: string): FlatNode => ({ kind: 'string', text: value });
export const refs = (items: readonly FlatNode[]): FlatNode => ({ kind: 'refs', items });
export const structs = (count: number): FlatNode => ({ kind: 'structs', count });

export interface FlatBuffer {
  bytes: Uint8Array;
  /** where a scalar of a table was written */
  fieldAt(node: FlatTable, id: number): number;
  /** where the elements of a vector begin */
  elementsAt(node: FlatNode): number;
}

const isScalar = (f: Scalar | FlatNode): f is Scalar => 'size' in f;
const align = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Reverse postorder: every parent before its children. */
function ordered(root: FlatNode): FlatNode[] {
  const seen = new Set<FlatNode>();
  const out: FlatNode[] = [];
  const visit = (node: FlatNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const children = node.kind === 'refs' ? node.items : node.kind === 'table' ? node.fields : [];
    for (const child of [...children].reverse()) if (child !== undefined && !isScalar(child)) visit(child);
    out.push(node);
  };
  visit(root);
  return out.reverse();
}

export function writeFlatBuffer(root: FlatTable): FlatBuffer {
  const bytes = new Uint8Array(1 << 16);
  const view = new DataView(bytes.buffer);
  const at = new Map<FlatNode, number>();
  const fieldPositions = new Map<FlatTable, number[]>();
  const fixups: { pos: number; node: FlatNode }[] = [{ pos: 0, node: root }];
  const vtables = new Map<string, number>();
  let pos = 4;

  const writeTable = (node: FlatTable): void => {
    const wide = node.fields.some((f) => f !== undefined && isScalar(f) && f.size === 8);
    const offsets = node.fields.map(() => 0);
    let size = 4;
    for (const want of wide ? [8, 4, 2, 1] : [4, 2, 1]) {
      node.fields.forEach((f, id) => {
        if (f === undefined || (isScalar(f) ? f.size : 4) !== want) return;
        size = align(size, want);
        offsets[id] = size;
        size += want;
      });
    }
    const key = `${size}:${offsets.join()}`;
    let vtable = vtables.get(key);
    if (vtable === undefined) {
      vtable = align(pos, 2);
      vtables.set(key, vtable);
      view.setUint16(vtable, 4 + 2 * offsets.length, true);
      view.setUint16(vtable + 2, size, true);
      offsets.forEach((o, id) => view.setUint16(vtable! + 4 + 2 * id, o, true));
      pos = vtable + 4 + 2 * offsets.length;
    }
    const start = align(pos, wide ? 8 : 4);
    at.set(node, start);
    view.setInt32(start, start - vtable, true);
    node.fields.forEach((f, id) => {
      if (f === undefined) return;
      const p = start + offsets[id]!;
      if (!isScalar(f)) fixups.push({ pos: p, node: f });
      else if (f.size === 8) view.setBigInt64(p, BigInt(f.value), true);
      else if (f.size === 4) view.setInt32(p, f.value, true);
      else if (f.size === 2) view.setInt16(p, f.value, true);
      else view.setUint8(p, f.value);
    });
    fieldPositions.set(
      node,
      offsets.map((o) => start + o),
    );
    pos = start + size;
  };

  for (const node of ordered(root)) {
    if (node.kind === 'table') {
      writeTable(node);
    } else if (node.kind === 'string') {
      pos = align(pos, 4);
      at.set(node, pos);
      const encoded = new TextEncoder().encode(node.text);
      view.setUint32(pos, encoded.length, true);
      bytes.set(encoded, pos + 4);
      pos += 4 + encoded.length + 1;
    } else {
      const isRefs = node.kind === 'refs';
      pos = isRefs ? align(pos, 4) : align(pos + 4, 8) - 4;
      at.set(node, pos);
      view.setUint32(pos, isRefs ? node.items.length : node.count, true);
      pos += 4;
      if (isRefs) for (const item of node.items) fixups.push({ pos: (pos += 4) - 4, node: item });
      else pos += 16 * node.count;
    }
  }
  for (const { pos: from, node } of fixups) view.setUint32(from, at.get(node)! - from, true);
  const size = align(pos, 8);
  return {
    bytes: bytes.slice(0, size),
    fieldAt: (node, id) => fieldPositions.get(node)![id]!,
    elementsAt: (node) => at.get(node)! + 4,
  };
}
