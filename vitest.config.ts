import { defineConfig } from 'vitest/config';
import { aloneFiles, discordFiles, LongestFirst, slackFiles } from './tests/support/longest-first.js';

const all = 'tests/**/*.test.ts';
// A test that asserts nothing cannot fail.
const expect = { requireAssertions: true };

export default defineConfig({
  test: {
    pool: 'forks',
    // A third of the longest files is waiting, so that four keep two cores busy.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What arrives later is waited for as long as only a fault takes.
    expect: { poll: { timeout: 60_000, interval: 25 } },
    projects: [
      { extends: true, test: { name: 'alone', include: aloneFiles } },
      { extends: true, test: { name: 'slack', include: slackFiles, isolate: false, expect } },
      { extends: true, test: { name: 'discord', include: discordFiles, isolate: false, expect } },
      // Most files take a fraction of the time that a process takes to load the libraries for them.
      {
        extends: true,
        test: {
          name: 'shared',
          include: [all],
          exclude: [...aloneFiles, ...slackFiles, ...discordFiles],
          isolate: false,
          expect,
        },
      },
    ],
  },
});
