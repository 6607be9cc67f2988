// The tests of one area (MUTATE_AREA), for Stryker: it has a process and threads of its own.
import { defineConfig } from 'vitest/config';
import { areas } from './areas.mjs';

export default defineConfig({
  test: {
    include: areas[process.env.MUTATE_AREA].tests,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
