import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['test/browser/**/*.test.ts'],
    exclude: [],
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
