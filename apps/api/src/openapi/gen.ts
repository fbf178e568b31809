// Writes apps/api/openapi.json from the code; with --check only compares and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeApi } from './describe.ts';

const file = fileURLToPath(new URL('../../openapi.json', import.meta.url));
const text = await describeApi();
if (process.argv.includes('--check')) {
  let stored = '';
  try {
    stored = readFileSync(file, 'utf8');
  } catch {
    // said below
  }
  if (stored !== text) {
    process.stderr.write('apps/api/openapi.json does not match the code; run: npm run gen -w @headwater/api\n');
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
process.exit(0);
