/**
 * An engine's word of itself over Redis, by which the bot tells people why a job waits, and by which the
 * engine itself chooses what it takes; a worker of BullMQ has a name, and no more. With each beat it compares
 * its data folder with the one of which the bot tells, and says so where it is another.
 */
import { type AcclaimError, toPlain } from '../../errors.js';
import { MODELS_NAMED } from '../limits.js';
import type { Beat } from '../matching/ability.js';
import { folderSchema, otherFolder } from '../transport/folder-mark.js';
import type { End } from './end.js';

/** What an engine is, and tells of itself. */
export interface EngineAbout {
  /** Lower case, digits and dashes; no other engine's. */
  engine: string;
  /** What it can do; read at each beat. */
  ability: Pick<Beat, 'device' | 'memoryMb' | 'models'>;
  /** Called with each sign of life: models that came or went are in those that follow. */
  onBeat?: () => void;
  /** Mark of its data folder as it is now; missing where it shares none. */
  folder?: () => Promise<string | null>;
  /** Silence after which the bot takes the engine for gone, and gives its job to another, ms. */
  lostMs: number;
}

/** The heartbeat of one engine. */
export class Heartbeat {
  /** It leaves: told with each beat. */
  draining = false;
  /** Its data folder is not the one of the bot: it meets the need of no job. */
  misplaced = false;
  /** As it was last told. */
  last: Beat | null = null;
  /** When the bot was last told, on the clock of `performance`. */
  #told = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly end: End,
    private readonly about: EngineAbout,
  ) {}

  /** The bot has heard of the engine within the time after which it is taken for gone. */
  get heard(): boolean {
    return performance.now() - this.#told < this.about.lostMs;
  }

  /** Tells of the engine as it is now. */
  async beat(): Promise<void> {
    const { redis, keys, envelopes, log, troubles } = this.end;
    const { engine, ability, onBeat } = this.about;
    onBeat?.();
    const { folder, unread } = await this.#marked();
    const { device, memoryMb } = ability;
    const models = ability.models.slice(0, MODELS_NAMED);
    if (models.length < ability.models.length && this.last?.models.length !== MODELS_NAMED)
      log.warn({ models: ability.models.length }, 'too many models to name: jobs are taken for the first');
    const count = (this.last?.count ?? 0) + 1;
    this.last = { engine, device, memoryMb, models, folder, draining: this.draining, count };
    await redis.hset(keys.serving, engine, envelopes.close('beat', this.last));
    this.#told = performance.now();
    troubles.over();
    if (folder !== undefined) await this.#compare(folder, unread);
  }

  /** Takes back the last sign of life. */
  async leave(): Promise<void> {
    await this.end.redis.hdel(this.end.keys.serving, this.about.engine);
  }

  /** Why this engine's data folder is not the one that bears this mark; null where it is. */
  async otherThan(theirs: string): Promise<AcclaimError | null> {
    const { folder = null, unread } = await this.#marked();
    return folder === theirs ? null : otherFolder(folder, unread);
  }

  /** The mark of the data folder here, and what kept it from being read: then it is as good as none. */
  async #marked(): Promise<{ folder: string | null | undefined; unread: unknown }> {
    try {
      return { folder: await this.about.folder?.(), unread: null };
    } catch (unread) {
      return { folder: null, unread };
    }
  }

  async #compare(mine: string | null, unread: unknown): Promise<void> {
    const { redis, keys, envelopes, log } = this.end;
    const text = await redis.get(keys.folder);
    const theirs = text === null ? mine : envelopes.open('folder', text, folderSchema).folder;
    const meaning = 'no jobs are taken until the data folder is the one of the bot';
    if (theirs !== mine && !this.misplaced) log.error(toPlain(otherFolder(mine, unread)), meaning);
    if (theirs === mine && this.misplaced) log.info('the data folder is the one of the bot now');
    this.misplaced = theirs !== mine;
  }
}
