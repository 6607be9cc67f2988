/**
 * Keeps what was promised for a time when the machine's clock is set: forward, every deadline moves along
 * before the bot's clock does, so that no round closes early, no code expires and nothing is purged before
 * its time; back, the bot's clock runs ahead until the machine's has caught up. The time that a machine slept
 * has passed for everybody: it moves nothing.
 */
import type { SteadyClock } from '../../src/clock.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import type { Servers } from '../services/servers.js';
import type { Sessions } from '../sessions/sessions.js';

export interface ClockJumpParts {
  clock: SteadyClock;
  log: Log;
  sessions: Pick<Sessions, 'live' | 'dispatch'>;
  /** Whose purges come later as well. */
  servers: Pick<Servers, 'postpone'>;
}

const CHECK_MS = 1000;

/** Looks at the clock every second. */
export class ClockJumps {
  private timer: NodeJS.Timeout | null = null;
  private checking: Promise<void> = Promise.resolve();
  private behind = false;

  constructor(private readonly parts: ClockJumpParts) {}

  start(): void {
    const fault = (error: unknown) => this.parts.log.warn(toPlain(error), 'no look at the clock');
    const check = () => {
      this.checking = this.checking.then(() => this.check()).catch(fault);
    };
    this.timer = setInterval(safely(check, fault), CHECK_MS);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.checking;
  }

  /** Moves deadlines along where it was set forward. */
  async check(): Promise<void> {
    const { clock, log, sessions, servers } = this.parts;
    const by = clock.ahead();
    if (by < 0 !== this.behind) {
      this.behind = by < 0;
      if (this.behind)
        log.warn({ seconds: -by / 1000 }, "this machine's clock was set back: the bot's runs ahead of it");
    }
    if (by <= 0) return;
    log.warn({ seconds: by / 1000 }, "this machine's clock was set forward: deadlines move along");
    const event = { kind: 'clock-set', by, at: clock.now() } as const;
    await Promise.all(sessions.live().map(({ session }) => sessions.dispatch(session.id, event)));
    await servers.postpone(by);
    clock.follow(by);
  }
}
