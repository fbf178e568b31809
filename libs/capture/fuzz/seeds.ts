// Writes the seed corpus from the golden cases: node --conditions=@headwater/source fuzz/seeds.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseGolden } from '../src/testing/golden.ts';

const folder = new URL('../test/golden/', import.meta.url);
for (const file of readdirSync(folder).filter((f) => /^\d/.test(f)))
  for (const golden of parseGolden(readFileSync(new URL(file, folder), 'utf8'))) {
    const framed = golden.records.flatMap((r) => {
      const n = Buffer.alloc(4);
      n.writeUInt32LE(r.length);
      return [n, r];
    });
    writeFileSync(new URL(`corpus/${golden.title.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}.bin`, import.meta.url), Buffer.concat(framed));
  }
