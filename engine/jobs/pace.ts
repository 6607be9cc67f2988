/**
 * Progress with time left. The first step of a stage compiles and warms up, so the pace is that of the steps after it.
 */
import type { JobProgress } from '../../src/queue/jobs.js';

export type Report = (
  stage: JobProgress['stage'],
  done: number,
  total: number,
  preview?: string | undefined,
) => void;

export function paced(send: (p: JobProgress) => void, now: () => number = () => performance.now()): Report {
  let stage: JobProgress['stage'] | undefined;
  let first = { done: 0, at: 0 };
  return (current, done, total, preview) => {
    if (current !== stage) {
      stage = current;
      first = { done, at: now() };
    }
    const steps = done - first.done;
    const secondsLeft = steps > 0 ? ((now() - first.at) / steps / 1000) * (total - done) : null;
    const left = done === total ? 0 : secondsLeft;
    send({ stage: current, done, total, secondsLeft: left, ...(preview !== undefined && { preview }) });
  };
}
