/**
 * What keeps repeated and disordered events harmless. `Seen`: an event, a command or a press is handled once
 * by its id, however often Slack, or somebody who kept the signed request, sends it, over restarts too.
 * `Newest`: of a key's events an older one is dropped. Both forget the oldest: what slips through is put
 * right by the sweep.
 */
import type { DoneFile } from './done.js';
import { later } from './timestamp.js';

/** What was done already, by its id. */
export class Seen {
  private readonly events = new Map<string, Promise<void>>();
  /** What earlier processes did, and this one; without it only this one knows. */
  kept: Pick<DoneFile, 'has' | 'add'> | null = null;

  constructor(
    private readonly most = 20_000,
    /** Told of ids that could not be kept: they may come again. */
    private readonly fault: (error: unknown) => void = () => {},
  ) {}

  /**
   * For what Slack sends again until it is told that it is done: kept when it is. One that failed is handled
   * anew; whoever brings one again waits for the first.
   */
  once(id: string, job: () => Promise<void>): Promise<void> {
    return this.first(id, async () => {
      await job();
      await this.keep(id);
    });
  }

  /** For what Slack sends once, whose doing twice would be seen: kept before it is done. */
  atMostOnce(id: string, job: () => Promise<void>): Promise<void> {
    return this.first(id, async () => {
      await this.keep(id);
      await job();
    });
  }

  private first(id: string, job: () => Promise<void>): Promise<void> {
    const known = this.events.get(id);
    if (known) return known;
    if (this.kept?.has(id)) return Promise.resolve();
    const done = job();
    this.events.set(id, done);
    done.catch(() => this.events.delete(id));
    trim(this.events, this.most);
    return done;
  }

  private async keep(id: string): Promise<void> {
    await this.kept?.add(id).catch(this.fault);
  }
}

/** The newest time that is known of a key. */
export class Newest {
  private readonly known = new Map<string, string>();

  constructor(private readonly most = 100_000) {}

  /** False for an event that is older than one already known; the same one may come again. */
  take(key: string, ts: string): boolean {
    const known = this.known.get(key);
    if (known !== undefined && later(known, ts)) return false;
    this.known.delete(key);
    this.known.set(key, ts);
    trim(this.known, this.most);
    return true;
  }
}

function trim(map: Map<string, unknown>, most: number): void {
  const oldest = map.keys().next();
  if (map.size > most && !oldest.done) map.delete(oldest.value);
}
