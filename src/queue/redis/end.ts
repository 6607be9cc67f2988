/** What both ends of the queue over Redis begin with: the line, the names, the envelopes and the log. */
import type { Log } from '../../log.js';
import { connect, type Line, type RedisSettings } from '../../redis/connection.js';
import { Envelopes } from '../envelope.js';
import { keys, type Word } from './wire.js';

export interface EndOptions {
  redis: RedisSettings;
  prefix: string;
  /** Shared by bot and engines; null = nothing is signed. */
  key: string | null;
  log: Log;
}

/** One end of the queue. `onError` hears of each fault of its line. */
export class End {
  readonly redis: Line;
  readonly prefix: string;
  readonly keys: ReturnType<typeof keys>;
  readonly envelopes: Envelopes;
  readonly log: Log;

  constructor({ redis, prefix, key, log }: EndOptions, onError: (error: unknown) => void) {
    this.redis = connect(redis, onError);
    this.prefix = prefix;
    this.keys = keys(prefix);
    this.envelopes = new Envelopes(key);
    this.log = log;
  }

  /** Says a word to all engines. */
  async say(word: Word): Promise<void> {
    await this.redis.publish(this.keys.words, this.envelopes.close('word', word));
  }
}
