/**
 * What is mutated, area by area: its files, the share of its mutants that is drawn (150 or more), the test
 * files that answer for it (`without` some that see nothing of it), and the percentage of the drawn that must
 * be killed.
 */
export const areas = {
  domain: {
    files: ['src/domain/**/*.ts'],
    tests: ['tests/src/domain/**/*.test.ts'],
    share: 0.06,
    bar: 90,
  },
  learn: {
    files: ['engine/learn/**/*.ts'],
    tests: ['tests/engine/learn/**/*.test.ts'],
    share: 0.06,
    bar: 90,
  },
  store: {
    files: ['src/store/**/*.ts', 'src/queue/**/*.ts'],
    tests: ['tests/src/store/**/*.test.ts', 'tests/src/queue/**/*.test.ts'],
    share: 0.05,
    bar: 90,
  },
  bot: {
    files: ['bot/**/*.ts'],
    tests: ['tests/bot/**/*.test.ts', 'tests/src/chat/**/*.test.ts'],
    // They watch a bot that is a process of its own, built without mutants.
    without: ['tests/bot/{crash,crash-redis,descriptors,monitor,service-lines}.test.ts'],
    share: 0.015,
    bar: 80,
  },
  engine: {
    files: ['engine/{graph,runtime,nn,models,adapters,diffusion}/**/*.ts'],
    tests: ['tests/engine/{graph,runtime,nn,models,adapters,diffusion}/**/*.test.ts'],
    share: 0.02,
    bar: 80,
  },
};
