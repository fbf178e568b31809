// All tests against real servers in one run, one file after another.
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.integration.config.ts';

const merged = mergeConfig(base, defineConfig({ root: fileURLToPath(new URL('../..', import.meta.url)), test: {} }));
merged.test.include = ['libs/*/src/**/*.integration.ts', 'apps/*/src/**/*.integration.ts'];
export default merged;
