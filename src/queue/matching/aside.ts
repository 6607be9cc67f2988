/**
 * Engines that get no jobs for a while, because what they said that they had written was not there, or what
 * they were to read was not: each time for longer. They are named in the log once, and whoever measures is
 * told. BullMQ gives a job to any worker of its queue.
 */
import type { Log } from '../../log.js';

export interface SetAside {
  engine: string;
  why: string;
}

const FIRST_MS = 60_000;
const LONGEST_MS = 15 * 60_000;

/** Engines set aside, each for longer the more often it happens. */
export class Aside {
  private readonly known = new Map<string, { until: number; times: number; why: string }>();

  constructor(
    private readonly log: Log,
    private readonly firstMs = FIRST_MS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  put(engine: string, why: string): void {
    const times = (this.known.get(engine)?.times ?? 0) + 1;
    const ms = Math.min(this.firstMs * 2 ** (times - 1), LONGEST_MS);
    this.known.set(engine, { until: this.now() + ms, times, why });
    this.log.error({ engine, why, seconds: ms / 1000 }, 'engine set aside: it gets no jobs for a while');
  }

  has(engine: string): boolean {
    return (this.known.get(engine)?.until ?? 0) > this.now();
  }

  /** It did a job well. */
  forgive(engine: string): void {
    this.known.delete(engine);
  }

  list(): SetAside[] {
    return [...this.known].flatMap(([engine, { why }]) => (this.has(engine) ? [{ engine, why }] : []));
  }
}
