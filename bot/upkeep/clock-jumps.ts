/**
 * Keeps what was promised for a time when the machine's clock is set: forward, every deadline moves along before the bot's
 * clock does, so that no round closes early, no code expires and nothing is purged before its time; back, the bot's clock
 * runs ahead until the machine's has caught up. The time that a machine slept has passed for everybody: it moves nothing.
 */
import type { SteadyClock } from '../../src/clock.js';
import type { Event } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';

export interface TimeParts {
  clock: SteadyClock;
  log: Log;
  sessions(): readonly SessionState[];
  dispatch(session: string, event: Event): Promise<unknown>;
  /** Moves what else is due. */
  postpone(by: number): Promise<void>;
}

const LOOK_MS = 1000;

export class Time {
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();
  private behind = false;

  constructor(private readonly parts: TimeParts) {}

  start(): void {
    const fault = (error: unknown) => this.parts.log.warn(toPlain(error), 'no look at the clock');
    const look = () => {
      this.looking = this.looking.then(() => this.look()).catch(fault);
    };
    this.timer = setInterval(safely(look, fault), LOOK_MS);
  }

  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.looking;
  }

  async look(): Promise<void> {
    const { clock, log, sessions, dispatch, postpone } = this.parts;
    const by = clock.ahead();
    if (by < 0 !== this.behind) {
      this.behind = by < 0;
      if (this.behind)
        log.warn({ seconds: -by / 1000 }, "this machine's clock was set back: the bot's runs ahead of it");
    }
    if (by <= 0) return;
    log.warn({ seconds: by / 1000 }, "this machine's clock was set forward: deadlines move along");
    const event = { kind: 'clock-set', by, at: clock.now() } as const;
    const running = sessions().filter(({ session }) => session.state !== 'ended');
    await Promise.all(running.map(({ session }) => dispatch(session.id, event)));
    await postpone(by);
    clock.follow(by);
  }
}
