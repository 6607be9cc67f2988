/**
 * Servers (or workspaces) that channels belong to, and what becomes of their data when the bot is removed:
 * after a stated delay it is purged, rows and pictures, unless the bot is back before. Departures are stored,
 * so neither a restart nor a crash in the middle of a purge forgets one. Events alone are not trusted: at
 * every connection the platform's list of servers is held against what is stored, both ways, and right before
 * a purge the platform is asked once more.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifacts } from '../../src/artifacts/artifacts.js';
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Departure } from '../../src/domain/state/model.js';
import { toPlain } from '../../src/errors.js';
import { ifMissing } from '../../src/files/reading.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { Store } from '../../src/store/store.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { EffectRunner } from '../effects/effect-runner.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Guests } from './guests.js';
import type { Proposals } from './proposals.js';
import type { ServerChannels } from './server-channels.js';

export interface ServerParts {
  clock: Clock;
  log: Log;
  store: Store;
  queue: JobQueue;
  paths: DataPaths;
  sessions: Sessions;
  platforms: Platforms;
  /** Where bot and engines meet in a bucket. */
  bucket: Pick<Artifacts, 'withdraw'> | null;
  /** From removal to purge, ms. */
  delayMs: number;
  effects: EffectRunner;
  channels: ServerChannels;
  /** Which servers the bot is there for; what it holds of a server that is purged is read anew. */
  guests: Guests;
  /** The same. */
  proposals: Proposals;
}

/** Timers count no further. */
const LONGEST_MS = 2 ** 31 - 1;
/** Before a platform that did not answer is asked again, ms; doubles up to the most. */
const ASK_MS = 5000;
const ASK_MOST_MS = 300_000;

/** Comings and goings of servers, and the purge of what is kept of those that the bot was removed from. */
export class Servers {
  private waiting: Departure[] = [];
  private timer: NodeJS.Timeout | null = null;
  private begun = false;
  private stopped = false;
  private readonly asking = new Map<PlatformName, NodeJS.Timeout>();
  /** One purge after the other. */
  private running: Promise<void> = Promise.resolve();
  /** What is heard is taken in one after the other, in the order in which it was told. */
  private hearing: Promise<void> = Promise.resolve();
  /** How much was heard. */
  private told = 0;

  constructor(private readonly parts: ServerParts) {}

  /** What is stored; call it before platforms are connected, so that what they tell finds it. */
  async load(): Promise<void> {
    await this.clear();
    this.waiting = await this.parts.store.places.departures();
  }

  /** Purges begin: call it when who is there was asked. */
  begin(): void {
    this.begun = true;
    this.schedule();
  }

  /**
   * Asks a platform that is connected (again) for the servers that the bot is on; until it answers it is
   * asked again.
   */
  async refresh(name: PlatformName, wait = ASK_MS): Promise<void> {
    const platform = this.parts.platforms.get(name);
    if (!platform || this.stopped) return;
    clearTimeout(this.asking.get(name));
    this.asking.delete(name);
    await this.learn(platform);
    if (!platform.servers) return;
    try {
      const told = this.told;
      const on = await platform.servers();
      // Somebody came or went while it was asked: the answer may be older than that.
      if (told !== this.told) return this.refresh(name, wait);
      await this.present(name, on);
    } catch (error) {
      if (this.stopped) return;
      this.parts.log.warn({ platform: name, error: String(error) }, 'no list of servers');
      const fault = (more: unknown) => this.parts.log.warn({ platform: name, ...toPlain(more) }, 'no look');
      const again = () => this.refresh(name, Math.min(wait * 2, ASK_MOST_MS));
      const timer = setTimeout(safely(again, fault), wait);
      clearTimeout(this.asking.get(name));
      this.asking.set(name, timer);
    }
  }

  /** All servers of a platform that the bot is on: those that it is back on stay, the others' time begins. */
  async present(platform: PlatformName, on: ReadonlySet<string>): Promise<void> {
    for (const server of await this.known(platform)) await this.heard(platform, server, on.has(server));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    for (const timer of this.asking.values()) clearTimeout(timer);
    await Promise.all([this.running, this.hearing]);
  }

  /** Told as often as one likes. `server` null: whatever is known of the platform. */
  async heard(platform: PlatformName, server: string | null, present: boolean): Promise<void> {
    this.told += 1;
    const turn = this.hearing.then(async () => {
      const servers = server === null ? await this.known(platform) : [server];
      for (const one of servers) await this.take(platform, one, present);
    });
    this.hearing = turn.catch(() => {});
    return turn;
  }

  private async take(platform: PlatformName, server: string, present: boolean): Promise<void> {
    const { store, clock, delayMs, channels, guests } = this.parts;
    const left = this.waiting.find((d) => d.platform === platform && d.server === server);
    if (present ? !left : left) return;
    if (present) {
      await store.places.comeBack(platform, server);
      this.waiting = this.waiting.filter((d) => d !== left);
    } else {
      if (!(await channels.of(platform, server)).length) return;
      const at = clock.now();
      const departure = { platform, server, at, due: at + delayMs };
      await store.places.depart(departure);
      this.waiting.push(departure);
    }
    this.schedule();
    await channels.setPosts(platform, server, present && guests.serves(platform, server));
  }

  /** The clock was set: purges come as much later. */
  async postpone(by: number): Promise<void> {
    if (this.waiting.length === 0) return;
    await this.parts.store.places.postponePurges(by);
    for (const left of this.waiting) left.due += by;
    this.schedule();
  }

  private async known(platform: PlatformName): Promise<ReadonlySet<string>> {
    const found = await this.parts.store.places.channels();
    return new Set(found.flatMap((c) => (c.platform === platform && c.server ? [c.server] : [])));
  }

  /** Channels that sessions came to without being opened there (a branch, a pool). */
  private async learn({ name: of, serverOf }: ChatPlatform): Promise<void> {
    const { store, log, platforms } = this.parts;
    if (!serverOf) return;
    for (const { binding, session, channel: row } of await store.lookups.withoutServer([of])) {
      const { channel, platform, address } = binding;
      const server = await platforms.serverOf(platform, address).catch((error) => {
        log.warn({ channel, error: String(error) }, 'no server');
        return null;
      });
      if (server === null) continue;
      const { title: name, nsfw } = session;
      const place = row ?? { id: channel, community: platform, platform, address, name, nsfw };
      await store.ensureChannel({ id: platform, platform, name: platform }, { ...place, server });
    }
  }

  private schedule(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (!this.begun || this.stopped || this.waiting.length === 0) return;
    const due = Math.min(...this.waiting.map((d) => d.due));
    const wait = Math.min(Math.max(0, due - this.parts.clock.now()), LONGEST_MS);
    const fault = (error: unknown) => this.parts.log.error(toPlain(error), 'purge failed');
    const purge = () => {
      this.running = this.running.then(() => this.purgeDue()).catch(fault);
    };
    this.timer = setTimeout(safely(purge, fault), wait);
  }

  private async purgeDue(): Promise<void> {
    const now = this.parts.clock.now();
    for (const left of this.waiting.filter((d) => d.due <= now)) {
      if (this.stopped) return;
      try {
        if (await this.isBack(left)) await this.heard(left.platform, left.server, true);
        // It may have returned while that was asked.
        else if (this.waiting.includes(left)) {
          await this.purge(left);
          this.waiting = this.waiting.filter((d) => d !== left);
        }
      } catch (error) {
        // It stays a duty: of this process in an hour, of the next one at its start.
        this.parts.log.error({ platform: left.platform, error: String(error) }, 'purge failed');
        left.due = now + 3_600_000;
      }
    }
    this.schedule();
  }

  /** A platform without a token is not asked: whoever took the token away has left as well. */
  private async isBack({ platform, server }: Departure): Promise<boolean> {
    const present = await this.parts.platforms.get(platform)?.servers?.();
    return present?.has(server) ?? false;
  }

  private async purge(left: Departure): Promise<void> {
    const { sessions, store, queue, effects, guests, proposals, platforms, log } = this.parts;
    let elsewhere: { platform: PlatformName; address: string }[] = [];
    let running: string[] = [];
    let busy = false;
    await sessions.hold(async () => {
      const before = sessions.holding();
      const purged = await store.purge(left);
      elsewhere = purged.elsewhere;
      running = before
        .filter(({ session }) => purged.sessions.includes(session.id))
        .flatMap(({ jobs }) =>
          [...jobs.values()].filter((job) => job.state === 'running').map((job) => job.key),
        );
      for (const session of purged.sessions) busy = effects.drop(session) || busy;
      sessions.remove(purged.sessions);
      return store.loadUnfinished();
    });
    await proposals.load();
    await guests.load();
    for (const job of running) await queue.cancel(job);
    for (const { platform, address } of elsewhere) await platforms.get(platform)?.forgetChannel?.(address);
    // An engine that was stopped in the middle may still put something down: the next start looks again.
    await this.clear(running.length === 0 && !busy);
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
      await this.withdraw(
        [join(folder, 'rounds'), checkpoints, paths.evaluation(session, ''), paths.strength(session, '')],
        kept,
      );
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
