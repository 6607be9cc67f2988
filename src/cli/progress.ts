/**
 * Progress of a job on a person's terminal: one line that is drawn over. Says nothing where nobody watches.
 */
import type { JobProgress } from '../queue/jobs.js';
import type { Io } from './command.js';

const words: Record<JobProgress['stage'], string> = {
  load: 'loading',
  sample: 'sampling',
  decode: 'decoding',
  check: 'checking',
  embed: 'reading the votes',
  train: 'training',
  score: 'judging',
  write: 'writing',
  pull: 'fetching',
};

const WIDTH = 24;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** A bar, what is done of what, and the time that is left, in one line. */
export function progressLine({ stage, done: told, total, secondsLeft }: JobProgress): string {
  // A file may be longer than was promised: the line never says more than all.
  const done = Math.min(told, total);
  const filled = Math.round((WIDTH * done) / Math.max(total, 1));
  const rate = stage === 'pull' && secondsLeft ? `, ${megabytes((total - done) / secondsLeft)}/s` : '';
  const left =
    secondsLeft === null || done === total
      ? ''
      : `${rate}, about ${Math.max(0, Math.ceil(secondsLeft))} s left`;
  const much = stage === 'pull' ? `${megabytes(done)} of ${megabytes(total)}` : `${done}/${total}`;
  return `${words[stage].padEnd(18)}[${'#'.repeat(filled).padEnd(WIDTH, '.')}] ${much}${left}`;
}

/** Draws the line anew in the same place of a terminal; elsewhere nothing. */
export function drawProgress(io: Io): { report: (progress: JobProgress) => void; clear: () => void } {
  const erase = '\r\u001b[K';
  return {
    report: (progress) => {
      if (io.interactive) io.err(`${erase}${progressLine(progress)}`);
    },
    clear: () => {
      if (io.interactive) io.err(erase);
    },
  };
}
