// The tests of one area (MUTATE_AREA), for Stryker: it has a process and threads of its own. Quick files come
// first: most mutants are noticed by one of them, and then the others need not run.
import { defineConfig } from 'vitest/config';
import { LongestFirst } from '../../tests/support/longest-first.ts';
import { areas } from './areas.mjs';

class QuickestFirst extends LongestFirst {
  async sort(files) {
    return (await super.sort(files)).reverse();
  }
}

const { tests, without = [] } = areas[process.env.MUTATE_AREA];
export default defineConfig({
  test: {
    include: tests,
    exclude: without,
    sequence: { sequencer: QuickestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
