/**
 * What keeps repeated and disordered events harmless. `Seen`: an event, a command or a press is handled once by its id,
 * however often Slack, or somebody who kept the signed request, sends it; one that failed is handled anew. `Newest`: of a key's events an older one is dropped. Both forget the oldest:
 * what slips through is put right by the sweep.
 */
import { later } from './timestamp.js';

/** What was done already, by its id. */
export class Seen {
  private readonly events = new Map<string, Promise<void>>();

  constructor(private readonly most = 20_000) {}

  /** Whoever brings it again waits for the first. */
  once(id: string, job: () => Promise<void>): Promise<void> {
    const known = this.events.get(id);
    if (known) return known;
    const done = job();
    this.events.set(id, done);
    done.catch(() => this.events.delete(id));
    trim(this.events, this.most);
    return done;
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
