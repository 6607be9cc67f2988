/**
 * Time left: foretold before the first step, from the second on by the pace, whose first step does not count.
 */
import { expect, it } from 'vitest';
import { paced } from '../../../engine/jobs/pace.js';
import type { JobProgress } from '../../../src/queue/jobs.js';

/** Reports of one stage at moments of the clock, ms; what was sent of the time left, s. */
function leftOf(reports: readonly (readonly [done: number, at: number, foretold?: number])[]) {
  const sent: JobProgress[] = [];
  let at = 0;
  const report = paced(
    (p) => sent.push(p),
    () => at,
  );
  for (const [done, when, foretold] of reports) {
    at = when;
    report('sample', done, 4, undefined, foretold);
  }
  return sent.map(({ secondsLeft }) => secondsLeft);
}

it('is unknown at the first step, then goes by the steps after it', () => {
  expect(
    leftOf([
      [1, 9000],
      [2, 10_000],
      [3, 12_000],
      [4, 13_000],
    ]),
  ).toEqual([null, 2, 1.5, 0]);
});

it('is as it was foretold until there is a pace', () => {
  expect(
    leftOf([
      [0, 0, 8],
      [1, 9000],
      [2, 10_000],
      [4, 13_000],
    ]),
  ).toEqual([8, 6, 2, 0]);
});
