/**
 * An engine's signs of life over Redis: while it beats it is there, what it tells is what it gets jobs by.
 * With each beat it compares its data folder with the one of which the bot tells: with another it gets no
 * jobs, and says so.
 */
import { toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import { MODELS_NAMED } from '../limits.js';
import { folderSchema, otherFolder } from '../transport/folder-mark.js';
import type { Line } from './connection.js';
import type { Trouble } from './trouble.js';
import type { Beat, keys } from './wire.js';

export interface HeartbeatOptions {
  redis: Line;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  engine: string;
  /** What the engine can do; read at each beat. */
  ability: Pick<Beat, 'device' | 'memoryMb' | 'models'>;
  /** Called with each sign of life: models that came or went are in those that follow. */
  onBeat?: () => void;
  /** Mark of its data folder as it is now; missing where it shares none. */
  folder?: () => Promise<string | null>;
  /** Called when the bot was told, before the folder is compared. */
  onTold: () => Promise<void>;
  /** Silence after which the bot takes the engine for gone, ms. */
  lostMs: number;
  troubles: Trouble;
  log: Log;
}

/** Models named as warm, at most: what an engine keeps compiled is bounded by its memory. */
const WARM = 3;

/** The heartbeat of one engine. */
export class Heartbeat {
  /** It leaves: told with each beat, so that no job comes any more. */
  draining = false;
  #misplaced = false;
  #warm: string[] = [];
  #unnamed = 0;
  #count = 0;
  /** When the bot was last told, on the clock of `performance`. */
  #told = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(private readonly options: HeartbeatOptions) {}

  /** The bot has heard of the engine within the time after which it is taken for gone. */
  get heard(): boolean {
    return performance.now() - this.#told < this.options.lostMs;
  }

  /** Its data folder is not the one of the bot. */
  get misplaced(): boolean {
    return this.#misplaced;
  }

  /** Hashes of models that a job has just used: they are told as warm, the newest first. */
  used(models: readonly string[]): void {
    this.#warm = [...new Set([...models, ...this.#warm])].slice(0, WARM);
  }

  /** One at a time: while Redis is away they would only pile up. */
  beat(): Promise<void> {
    this.#running ??= this.#beat().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Beats once more when the beat under way has ended; what either threw goes to `fault`. */
  async beatAgain(fault: (error: unknown) => void): Promise<void> {
    await this.#running?.catch(fault);
    await this.beat().catch(fault);
  }

  /** Takes back the last sign of life. */
  async leave(): Promise<void> {
    const { redis, keys: names, engine } = this.options;
    await redis.del(names.beat(engine));
    await redis.srem(names.engines, engine);
  }

  /** The mark of the data folder here, and what kept it from being read: then it is as good as none. */
  async marked(): Promise<{ folder: string | null | undefined; unread: unknown }> {
    try {
      return { folder: await this.options.folder?.(), unread: null };
    } catch (unread) {
      return { folder: null, unread };
    }
  }

  async #beat(): Promise<void> {
    const { redis, keys: names, envelopes, engine, ability, lostMs, troubles } = this.options;
    this.#count += 1;
    this.options.onBeat?.();
    const { folder, unread } = await this.marked();
    const words: Beat = {
      engine,
      ...ability,
      models: this.#namedModels(),
      warm: this.#warm,
      folder,
      draining: this.draining,
      count: this.#count,
    };
    // Who is named and not heard is taken for gone.
    await redis.set(names.beat(engine), envelopes.close('beat', words), 'PX', lostMs);
    await redis.sadd(names.engines, engine);
    this.#told = performance.now();
    troubles.over();
    await this.options.onTold();
    if (folder !== undefined) await this.#compare(folder, unread);
  }

  /** As many as a beat may hold. */
  #namedModels(): string[] {
    const { ability, log } = this.options;
    const named = ability.models.slice(0, MODELS_NAMED);
    const more = ability.models.length - named.length;
    const about = { models: ability.models.length, named: named.length };
    if (more > this.#unnamed) log.warn(about, 'too many models to name: jobs come for those named');
    this.#unnamed = more;
    return named;
  }

  async #compare(mine: string | null, unread: unknown): Promise<void> {
    const { redis, keys: names, envelopes, log } = this.options;
    const text = await redis.get(names.folder);
    const theirs = text === null ? null : envelopes.open('folder', text, folderSchema).folder;
    const elsewhere = theirs !== null && theirs !== mine;
    if (elsewhere && !this.#misplaced)
      log.error(
        toPlain(otherFolder(mine, unread)),
        'no jobs are taken until the data folder is the one of the bot',
      );
    else if (!elsewhere && this.#misplaced) log.info('the data folder is the one of the bot now');
    this.#misplaced = elsewhere;
  }
}
