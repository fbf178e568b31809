// One configuration for every package: sources are used directly (no build needed), specs live beside the code.
import { defineConfig } from 'vitest/config';

// Vitest hands these conditions to node, where "import" would also hold for require(): express' router (CommonJS) would
// get the ES module of is-promise and fail with "isPromise is not a function". Vite adds "import" where it belongs itself.
const conditions = ['@headwater/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.spec.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Property tests take many times as long on a machine that is busy with others.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    passWithNoTests: true,
  },
});
