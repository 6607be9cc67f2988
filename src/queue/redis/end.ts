/** What both ends of the queue over Redis begin with: the line, the names, the envelopes and the log. */
import type { Log } from '../../log.js';
import { connect, type Line, type RedisSettings } from '../../redis/connection.js';
import { Trouble } from '../../redis/trouble.js';
import { Envelopes } from '../envelope.js';
import { keys, type Word } from './wire.js';

export interface EndOptions {
  redis: RedisSettings;
  prefix: string;
  /** Shared by bot and engines; null = nothing is signed. */
  key: string | null;
  log: Log;
}

/** One end of the queue. */
export class End {
  readonly redis: Line;
  readonly prefix: string;
  readonly keys: ReturnType<typeof keys>;
  readonly envelopes: Envelopes;
  readonly log: Log;
  readonly troubles: Trouble;
  /** This side leaves: what fails now is nobody's business. */
  closing = false;
  /** Hears of each fault of the line, or of what was asked over it. */
  readonly fault: (error: unknown) => void;

  /** `meaning`: what trouble with Redis means for this side; `away` hears of it, too. */
  constructor(options: EndOptions, meaning: string, away: (error: unknown) => void = () => {}) {
    const { redis, prefix, key, log } = options;
    this.prefix = prefix;
    this.keys = keys(prefix);
    this.envelopes = new Envelopes(key);
    this.log = log;
    this.troubles = new Trouble({ url: redis.url, prefix, log, meaning });
    this.fault = (error) => {
      if (this.closing) return;
      this.troubles.tell(error);
      away(error);
    };
    this.redis = connect(redis, this.fault);
  }

  /** Says a word to all engines. */
  async say(word: Word): Promise<void> {
    await this.redis.publish(this.keys.words, this.envelopes.close('word', word));
  }
}
