// All packages in one run: sources are used directly, specs live beside the code.
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const merged = mergeConfig(base, defineConfig({ root: fileURLToPath(new URL('../..', import.meta.url)), test: { maxWorkers: 2 } }));
merged.test.include = ['libs/*/src/**/*.spec.ts', 'apps/*/src/**/*.spec.ts'];
export default merged;
