#!/usr/bin/env node
// src/api/types.generated.ts from apps/api/openapi.json. `--check` writes nothing and fails when the file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const source = new URL('../api/openapi.json', import.meta.url);
const file = new URL('src/api/types.generated.ts', import.meta.url);
const text = `// Written by apps/web/gen.mjs from apps/api/openapi.json; do not edit.\n${astToString(await openapiTS(JSON.parse(readFileSync(source, 'utf8'))))}`;

if (process.argv.includes('--check')) {
  let held = '';
  try {
    held = readFileSync(file, 'utf8');
  } catch {}
  if (held !== text) {
    console.error('apps/web/src/api/types.generated.ts is not what apps/api/openapi.json says; run: npm run gen');
    process.exit(1);
  }
} else writeFileSync(file, text);
