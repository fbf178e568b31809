// One configuration for every package: sources are used directly (no build needed), specs live beside the code.
import { defineConfig } from 'vitest/config';

const conditions = ['@headwater/source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.spec.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    passWithNoTests: true,
  },
});
