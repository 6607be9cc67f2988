/**
 * Servers (or workspaces) that channels belong to, and what becomes of their data when the bot is removed: after a stated
 * delay it is purged, rows and pictures, unless the bot is back before. A removal that nobody told of, because the bot was down,
 * counts from when it is noticed. Departures are stored, so neither a restart nor a crash in the middle of a purge forgets one.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Departure } from '../../src/domain/model.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { JobQueue } from '../../src/queue/contract.js';
import { ifMissing } from '../../src/reading.js';
import type { Store } from '../../src/store/store.js';
import type { DataPaths } from '../paths.js';
import type { Sessions } from '../sessions.js';
import type { MeetingBucket } from './tidy.js';

export interface ServerParts {
  clock: Clock;
  log: Log;
  store: Store;
  queue: JobQueue;
  paths: DataPaths;
  sessions: Sessions;
  platforms: ReadonlyMap<string, ChatPlatform>;
  /** Where bot and engines meet in a bucket. */
  bucket: MeetingBucket | null;
  /** From removal to purge, ms. */
  delayMs: number;
  /** The session's effects are no longer wanted. */
  drop(session: string): void;
  /** What else is held in memory of a server may be gone. */
  purged(): Promise<void>;
}

/** Timers count no further. */
const LONGEST_MS = 2 ** 31 - 1;

export class Servers {
  private waiting: Departure[] = [];
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;
  /** One purge after the other. */
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ServerParts) {}

  /** Call it when platforms are connected: whoever is back by then is not purged. */
  async start(): Promise<void> {
    const { store, platforms, log } = this.parts;
    await this.clear();
    this.waiting = await store.places.departures();
    await this.learn();
    const known = await store.places.channels();
    for (const [name, platform] of platforms) {
      const servers = known.flatMap((c) => (c.platform === name && c.server ? [c.server] : []));
      if (!platform.servers || servers.length === 0) continue;
      const present = await platform.servers().catch((error) => {
        log.warn({ platform: name, error: String(error) }, 'no list of servers');
        return null;
      });
      if (present === null) continue;
      for (const server of new Set(servers)) await this.heard(platform.name, server, present.has(server));
    }
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  /** The server of a channel that a session is to hang in; null where there is no such thing. */
  async of(platform: PlatformName, address: string): Promise<string | null> {
    return (await this.parts.platforms.get(platform)?.serverOf?.(address)) ?? null;
  }

  /** Told as often as one likes. */
  async heard(platform: PlatformName, server: string, present: boolean): Promise<void> {
    const { store, clock, delayMs } = this.parts;
    const left = this.waiting.find((d) => d.platform === platform && d.server === server);
    if (present ? !left : left) return;
    if (present) {
      this.waiting = this.waiting.filter((d) => d !== left);
      await store.places.comeBack(platform, server);
      await this.takePosts(platform, server);
    } else {
      if (!(await this.channels(platform, server)).length) return;
      const at = clock.now();
      const departure = { platform, server, at, due: at + delayMs };
      await store.places.depart(departure);
      this.waiting.push(departure);
    }
    this.schedule();
  }

  /** The clock was set: purges come as much later. */
  async postpone(by: number): Promise<void> {
    if (this.waiting.length === 0) return;
    await this.parts.store.places.postponePurges(by);
    for (const left of this.waiting) left.due += by;
    this.schedule();
  }

  private async channels(platform: PlatformName, server: string): Promise<string[]> {
    const found = await this.parts.store.places.channels();
    return found.flatMap((c) => (c.platform === platform && c.server === server ? [c.id] : []));
  }

  /** Channels that sessions came to without being opened there (a branch, a pool). */
  private async learn(): Promise<void> {
    const { store, platforms, log } = this.parts;
    const those = [...platforms.values()].filter(({ serverOf }) => serverOf).map(({ name }) => name);
    for (const { binding, session, channel: row } of await store.lookups.withoutServer(those)) {
      const { channel, platform, address } = binding;
      const server = await this.of(platform, address).catch((error) => {
        log.warn({ channel, error: String(error) }, 'no server');
        return null;
      });
      if (server === null) continue;
      const { title: name, nsfw } = session;
      const place = row ?? { id: channel, community: platform, platform, address, name, nsfw };
      await store.ensureChannel({ id: platform, platform, name: platform }, { ...place, server });
    }
  }

  /** Sessions that were shut out may post again; pictures that need care wait for a look at the channel. */
  private async takePosts(platform: PlatformName, server: string): Promise<void> {
    const { sessions, clock } = this.parts;
    const channels = await this.channels(platform, server);
    for (const { session, bindings } of sessions.live())
      for (const { channel, canPost } of bindings) {
        if (canPost || !channels.includes(channel) || session.nsfw) continue;
        const event = { kind: 'channel', channel, canPost: true, nsfw: false, at: clock.now() } as const;
        await sessions.dispatch(session.id, event);
      }
  }

  private schedule(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.stopped || this.waiting.length === 0) return;
    const due = Math.min(...this.waiting.map((d) => d.due));
    const wait = Math.min(Math.max(0, due - this.parts.clock.now()), LONGEST_MS);
    this.timer = setTimeout(() => {
      this.running = this.running.then(() => this.purgeDue());
    }, wait);
  }

  private async purgeDue(): Promise<void> {
    const now = this.parts.clock.now();
    for (const left of this.waiting.filter((d) => d.due <= now)) {
      if (this.stopped) return;
      try {
        await this.purge(left);
        this.waiting = this.waiting.filter((d) => d !== left);
      } catch (error) {
        // It stays a duty: of this process in an hour, of the next one at its start.
        this.parts.log.error({ platform: left.platform, error: String(error) }, 'purge failed');
        left.due = now + 3_600_000;
      }
    }
    this.schedule();
  }

  private async purge(left: Departure): Promise<void> {
    const { sessions, store, queue, drop, platforms, log } = this.parts;
    let elsewhere: { platform: PlatformName; address: string }[] = [];
    let running: string[] = [];
    await sessions.hold(async () => {
      const before = sessions.holding();
      const purged = await store.purge(left);
      elsewhere = purged.elsewhere;
      running = before
        .filter(({ session }) => purged.sessions.includes(session.id))
        .flatMap(({ jobs }) =>
          [...jobs.values()].filter((job) => job.state === 'running').map((job) => job.key),
        );
      for (const session of purged.sessions) drop(session);
      sessions.remove(purged.sessions);
      return store.loadUnfinished();
    });
    await this.parts.purged();
    for (const job of running) await queue.cancel(job);
    for (const { platform, address } of elsewhere) await platforms.get(platform)?.forgetChannel?.(address);
    // An engine that was stopped in the middle may still put something down: the next start looks again.
    await this.clear(running.length === 0);
    log.info({ platform: left.platform }, 'purged a server that the bot was removed from');
  }

  /** Takes folders off the disk whose sessions are gone. */
  private async clear(last = true): Promise<void> {
    const { store, paths } = this.parts;
    for (const { session, keep } of await store.leftovers()) {
      const folder = join(paths.root, 'sessions', session);
      const checkpoints = join(folder, 'checkpoints');
      const kept = new Set(keep.map((round) => paths.checkpoint(session, round)));
      // While they can be read: what they are called in the bucket is the hash of their bytes.
      await this.withdraw([join(folder, 'rounds'), checkpoints], kept);
      if (keep.length === 0) await rm(folder, { recursive: true, force: true });
      else
        for (const path of await within(folder, checkpoints))
          if (!kept.has(path)) await rm(path, { recursive: true, force: true });
      if (last) await store.cleared(session);
    }
  }

  /** Out of the bucket and out of engines' caches; where that fails it goes by its age. */
  private async withdraw(folders: readonly string[], kept: ReadonlySet<string>): Promise<void> {
    const { bucket, queue, log } = this.parts;
    if (!bucket) return;
    try {
      const places = (await Promise.all(folders.map(list))).flat().filter((path) => !kept.has(path));
      await queue.forget?.(await bucket.withdraw(places));
    } catch (error) {
      log.warn(toPlain(error), 'what a purged session has in the bucket goes by its age');
    }
  }
}

const list = async (dir: string) => (await readdir(dir).catch(ifMissing([]))).map((name) => join(dir, name));

/** What lies in the folder, with one of its folders opened. */
async function within(folder: string, opened: string): Promise<string[]> {
  const top = await list(folder);
  return [...top.filter((path) => path !== opened), ...(await list(opened))];
}
