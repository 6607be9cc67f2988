/**
 * Progress with time left. The first step of a stage compiles and warms up, so the pace is that of the steps
 * after it; what was foretold stands until then.
 */
import type { JobProgress } from '../../src/queue/jobs.js';

export type Report = (
  stage: JobProgress['stage'],
  done: number,
  total: number,
  preview?: string | undefined,
  /** Seconds that the stage will take, as foretold before its first step. */
  foretold?: number | undefined,
) => void;

/** A `Report` that adds seconds left and hands on to `send`; `now` in milliseconds. */
export function paced(send: (p: JobProgress) => void, now: () => number = () => performance.now()): Report {
  let stage: JobProgress['stage'] | undefined;
  let first = { done: 0, at: 0 };
  let expected: { stage: JobProgress['stage']; perStep: number } | undefined;
  return (current, done, total, preview, foretold) => {
    if (foretold !== undefined) {
      expected = { stage: current, perStep: foretold / (total - done) };
      send({ stage: current, done, total, secondsLeft: foretold });
      return;
    }
    if (current !== stage) {
      stage = current;
      first = { done, at: now() };
    }
    const steps = done - first.done;
    const known = expected?.stage === current ? expected.perStep : null;
    const perStep = steps > 0 ? (now() - first.at) / steps / 1000 : known;
    const left = done === total ? 0 : perStep && perStep * (total - done);
    send({ stage: current, done, total, secondsLeft: left, ...(preview !== undefined && { preview }) });
  };
}
