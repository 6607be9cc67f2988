import { defineConfig } from 'vitest/config';
import { aloneFiles, LongestFirst } from './tests/support/longest-first.js';

const all = 'tests/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // Much of the longest files is waiting, so that three keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'alone', include: aloneFiles } },
      // Most files take a fraction of the time that a process takes to load the libraries for them: these share processes.
      {
        extends: true,
        test: {
          name: 'shared',
          include: [all],
          exclude: aloneFiles,
          isolate: false,
          // A test that asserts nothing cannot fail.
          expect: { requireAssertions: true },
        },
      },
    ],
  },
});
