/**
 * Jobs that wait for what nobody here can give them: whoever asked is told, and whether there are any at all.
 */
import { aboutJob, type Log } from '../../log.js';
import type { Held } from '../contract.js';
import type { Entry } from './entry.js';

export interface WaitingJobsParts {
  log: Log;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
}

/** Jobs that no engine can do, together. */
export class WaitingJobs {
  private starved = false;

  constructor(
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly parts: WaitingJobsParts,
  ) {}

  readonly tell = ({ id, need, watchers }: Entry, why: Held | null): void => {
    const { log } = this.parts;
    const job = aboutJob(id);
    if (why) log.warn({ ...job, ...why, need: need?.memoryMb }, `job waits: ${why.message}`);
    else log.info(job, 'what waited goes on');
    for (const watcher of watchers) watcher(why);
    this.weigh();
  };

  /** Call it when a job is over, too. */
  weigh(): void {
    const starved = [...this.entries.values()].some((entry) => entry.unschedulable.known !== null);
    if (starved !== this.starved) this.parts.onStarved?.(starved);
    this.starved = starved;
  }
}

/**
 * What is on its way for a job is held up, or (null) goes on. Told at once where it was told before, else
 * once it has lasted.
 */
export function hold(entry: Entry, why: Held | null): void {
  entry.held = why;
  entry.unschedulable.mark(why);
}
