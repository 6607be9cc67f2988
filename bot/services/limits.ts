/**
 * How much anybody may ask for in a time: of one person, from one network address, of all strangers of a
 * server. Chat asks here before anything is done, so it is the same on all platforms. Counts are in memory
 * and fixed windows (rate-limiter-flexible); that library reads the machine's clock itself, and lets a window
 * go by a timer too, so that a clock that is set back locks nobody out. Moderators have some times as much,
 * and whoever runs the host is not bounded.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Account } from '../../src/chat/port.js';
import type { Config } from '../../src/config/schema.js';
import { atLeast } from '../../src/domain/state/roles.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';

type Bounds = Config['limits'];

/** What is counted, each on its own. */
export type Act = 'command' | 'typing' | 'code' | 'agreement' | 'mark';

/** Within one window; null = not bounded that way. */
interface Rule {
  seconds: number;
  person: number;
  /** Of somebody who has not agreed to be known. */
  stranger: number;
  address: number | null;
  /** All strangers of one server together. */
  strangers: number | null;
}

const rules: Record<Act, (bounds: Bounds) => Rule> = {
  command: ({ commands }) => ({ seconds: 60, ...commands }),
  // What is offered while somebody types is asked for with every letter.
  typing: ({ commands }) => ({ seconds: 60, ...times(commands, 5) }),
  code: ({ codes }) => ({ seconds: 600, ...codes, stranger: codes.person }),
  agreement: ({ agreements }) => ({ seconds: 600, ...agreements, stranger: agreements.person }),
  // Over ten seconds, because people mark in bursts.
  mark: ({ marks }) => ({
    seconds: 10,
    person: 10 * marks,
    stranger: 10 * marks,
    address: null,
    strangers: null,
  }),
};

function times({ person, stranger, address, strangers }: Bounds['commands'], by: number) {
  return { person: person * by, stranger: stranger * by, address: address * by, strangers: strangers * by };
}

/** Told to whoever has to wait; `seconds` until it goes on. */
export class Limited extends AcclaimError {
  constructor(readonly seconds: number) {
    super('limited', say('That is more than I can follow.'), say('Try again in {seconds} s.', { seconds }));
  }
}

/** Whoever asks for something, as it is counted. */
export interface Counted {
  account: Pick<Account, 'platform' | 'id' | 'role' | 'from'>;
  /** Agreed to be known here. */
  known: boolean;
  /** Where it is asked for. */
  server: string;
}

/** Counts of this process. */
export class Limits {
  /** By act and by what it counts; moderators have their own. */
  private readonly limiters = new Map<string, RateLimiterMemory>();

  constructor(private readonly bounds: Bounds) {}

  /** Throws `Limited`. Whoever is refused as a person costs their network and their server nothing. */
  async admit(act: Act, { account, known, server }: Counted): Promise<void> {
    const { platform, id, role, from } = account;
    if (role === 'operator') return;
    const rule = rules[act](this.bounds);
    const wider = atLeast(role, 'moderator') ? this.bounds.moderators : 1;
    const who = `${platform} ${id}`;
    if (known || wider > 1) await this.take(act, 'person', rule.person * wider, rule, who);
    else await this.take(act, 'stranger', rule.stranger, rule, who);
    if (from != null && rule.address !== null)
      await this.take(act, 'address', rule.address * wider, rule, from);
    if (!known && wider === 1 && rule.strangers !== null)
      await this.take(act, 'strangers', rule.strangers, rule, server);
  }

  private async take(
    act: Act,
    what: keyof Rule,
    points: number,
    { seconds }: Rule,
    key: string,
  ): Promise<void> {
    const name = `${act} ${what} ${points}`;
    const limiter =
      this.limiters.get(name) ?? new RateLimiterMemory({ keyPrefix: '', points, duration: seconds });
    this.limiters.set(name, limiter);
    try {
      await limiter.consume(key);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new Limited(Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
    }
  }
}
