/**
 * An engine's word of itself over Redis, by which the bot tells people why a job waits, and by which the
 * engine itself chooses what it takes; a worker of BullMQ has a name, and no more. With each beat it compares
 * its data folder with the one of which the bot tells, and says so where it is another.
 */
import { toPlain } from '../../errors.js';
import type { Trouble } from '../../redis/trouble.js';
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

export interface HeartbeatOptions extends EngineAbout {
  end: End;
  troubles: Trouble;
}

/** The heartbeat of one engine. */
export class Heartbeat {
  /** It leaves: told with each beat. */
  draining = false;
  /** Its data folder is not the one of the bot: it meets the need of no job. */
  misplaced = false;
  /** As it was last told. */
  last: Beat | null = null;
  #unnamed = 0;
  /** When the bot was last told, on the clock of `performance`. */
  #told = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(private readonly options: HeartbeatOptions) {}

  /** The bot has heard of the engine within the time after which it is taken for gone. */
  get heard(): boolean {
    return performance.now() - this.#told < this.options.lostMs;
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
    const { end, engine } = this.options;
    await end.redis.hdel(end.keys.serving, engine);
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
    const { end, engine, ability, troubles } = this.options;
    this.options.onBeat?.();
    const { folder, unread } = await this.marked();
    const { device, memoryMb } = ability;
    const models = this.#namedModels();
    const count = (this.last?.count ?? 0) + 1;
    this.last = { engine, device, memoryMb, models, folder, draining: this.draining, count };
    await end.redis.hset(end.keys.serving, engine, end.envelopes.close('beat', this.last));
    this.#told = performance.now();
    troubles.over();
    if (folder !== undefined) await this.#compare(folder, unread);
  }

  /** As many as a beat may hold. */
  #namedModels(): string[] {
    const { ability, end } = this.options;
    const named = ability.models.slice(0, MODELS_NAMED);
    const more = ability.models.length - named.length;
    const about = { models: ability.models.length, named: named.length };
    if (more > this.#unnamed) end.log.warn(about, 'too many models to name: jobs are taken for those named');
    this.#unnamed = more;
    return named;
  }

  async #compare(mine: string | null, unread: unknown): Promise<void> {
    const { redis, keys, envelopes, log } = this.options.end;
    const text = await redis.get(keys.folder);
    const theirs = text === null ? null : envelopes.open('folder', text, folderSchema).folder;
    const elsewhere = theirs !== null && theirs !== mine;
    if (elsewhere && !this.misplaced)
      log.error(
        toPlain(otherFolder(mine, unread)),
        'no jobs are taken until the data folder is the one of the bot',
      );
    else if (!elsewhere && this.misplaced) log.info('the data folder is the one of the bot now');
    this.misplaced = elsewhere;
  }
}
