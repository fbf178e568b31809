// Tests against real servers (Kafka, Redis): they start what they need through infra/*/start.mjs.
import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

const merged = mergeConfig(base, defineConfig({ test: { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false } }));
merged.test.include = ['src/**/*.integration.ts'];
export default merged;
