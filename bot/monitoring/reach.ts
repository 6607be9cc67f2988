/**
 * Which platforms can be reached. Two things are known of each: whether its connection is there, and what was
 * decided and waits because it does not answer. One line of the log when it begins and one when it is over,
 * one sentence for readiness and status while it lasts.
 */
import type { PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';

interface State {
  connected: boolean;
  /** Since when the connection is away; null before the first. */
  awaySince: number | null;
  /** Keys of what waits. */
  waiting: Set<string>;
  waitingSince: number;
  /** When it was last told that something waits for long. */
  longToldAt: number | null;
  /** While it is not certain that the platform answers again. */
  over: NodeJS.Timeout | null;
  /** What the platform, or the network, said last. */
  why: string;
}

const QUIET_MS = 1000;
/** What waits for longer is told again, by what the platform said, and from then on as often. */
const LONG_MS = 10 * 60_000;
const AGAIN_MS = 60 * 60_000;

/** Told by connections and by the outbox; asked by readiness and status. */
export class Reach {
  private readonly states = new Map<PlatformName, State>();

  constructor(private readonly parts: { clock: Clock; log: Log }) {}

  /** The connection is there, for the first time or again. */
  connected(platform: PlatformName): void {
    const state = this.of(platform);
    if (state.connected) return;
    state.connected = true;
    const { awaySince } = state;
    if (awaySince === null) this.parts.log.info({ platform }, 'connected');
    else this.parts.log.info({ platform, seconds: this.seconds(awaySince) }, 'connected again');
    state.awaySince = null;
  }

  /** It is away; told as often as one likes. */
  lost(platform: PlatformName, error: unknown): void {
    const state = this.of(platform);
    const { code, message, hint } = toPlain(error);
    state.why = message;
    if (!state.connected && state.awaySince !== null) return;
    const line = { platform, code, error: message, hint };
    const { log, clock } = this.parts;
    // Connections break every few hours, and are there again at once.
    if (state.connected) log.info(line, 'the connection is lost: it is tried until it is there');
    else log.warn(line, 'not connected yet: it is tried until it is there');
    state.connected = false;
    state.awaySince = clock.now();
  }

  /** Something for the platform waits. */
  waits(platform: PlatformName, key: string, error: unknown): void {
    const state = this.of(platform);
    const { code, message, hint } = toPlain(error);
    state.why = message;
    const over = state.over;
    if (over) clearTimeout(over);
    state.over = null;
    if (state.waiting.size === 0 && !over) {
      state.waitingSince = this.parts.clock.now();
      state.longToldAt = null;
      const line = { platform, code, error: message, hint };
      this.parts.log.warn(line, 'no answer: what was decided waits, and is tried until it is done');
    }
    state.waiting.add(key);
    this.tellLong(platform, state, { code, error: message, hint });
  }

  /** It may pass no more by itself. */
  private tellLong(platform: PlatformName, state: State, said: object): void {
    const { clock, log } = this.parts;
    const now = clock.now();
    if (now - state.waitingSince < LONG_MS) return;
    if (state.longToldAt !== null && now - state.longToldAt < AGAIN_MS) return;
    state.longToldAt = now;
    const about = {
      platform,
      ...said,
      waiting: state.waiting.size,
      seconds: this.seconds(state.waitingSince),
    };
    log.error(about, 'what was decided has waited for long, and waits on');
  }

  /** It waits no more; true when it had waited. */
  goesOn(platform: PlatformName, key: string): boolean {
    const state = this.of(platform);
    if (!state.waiting.delete(key)) return false;
    if (state.waiting.size > 0) return true;
    const seconds = this.seconds(state.waitingSince);
    // The next of its ordering key may find that nothing has changed.
    const over = () => {
      state.over = null;
      this.parts.log.info({ platform, seconds }, 'nothing waits for an answer any more');
    };
    state.over = setTimeout(
      safely(over, () => {}),
      QUIET_MS,
    ).unref();
    return true;
  }

  /** Why not everything is well, in a sentence; null where it is. */
  trouble(platform: PlatformName): string | null {
    const state = this.states.get(platform);
    if (!state) return null;
    const { connected, awaySince, waiting, waitingSince, why } = state;
    if (!connected && awaySince !== null) return `not connected for ${this.seconds(awaySince)} s: ${why}`;
    if (waiting.size === 0) return null;
    const things = waiting.size === 1 ? 'one thing waits' : `${waiting.size} things wait`;
    return `${things} for an answer for ${this.seconds(waitingSince)} s: ${why}`;
  }

  private seconds(since: number): number {
    return Math.max(0, Math.round((this.parts.clock.now() - since) / 1000));
  }

  private of(platform: PlatformName): State {
    const found = this.states.get(platform);
    if (found) return found;
    const fresh = {
      connected: false,
      awaySince: null,
      waiting: new Set<string>(),
      waitingSince: 0,
      longToldAt: null,
      over: null,
      why: '',
    };
    this.states.set(platform, fresh);
    return fresh;
  }
}
