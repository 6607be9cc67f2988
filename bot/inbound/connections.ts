/**
 * The platforms' connections. A start goes on without one that cannot be reached, or takes long: it is tried
 * until it is there, and what was missed is read then. Only a platform's refusal (a dead token, a port that
 * is taken) ends the start, or the process.
 */
import type { ChatEvent, ChatPlatform } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import { AcclaimError } from '../../src/errors.js';
import { safely } from '../../src/machine/safely.js';
import type { Patience } from '../effects/patience.js';
import type { Platforms } from '../effects/platforms.js';
import type { Reach } from '../monitoring/reach.js';
import type { Guests } from '../services/guests.js';
import type { MissedEvents } from '../services/missed-events.js';
import type { Chat } from './chat.js';

export interface ConnectionParts {
  platforms: Platforms;
  reach: Reach;
  patience: Patience;
  guests: Guests;
  chat: Chat;
  missed: MissedEvents;
  /** A platform is refused for good: ends the process. */
  fatal(error: unknown): void;
}

/** Connects platforms, and takes what they tell. */
export class Connections {
  private stopped = false;
  private readonly wakes = new Set<() => void>();

  constructor(private readonly parts: ConnectionParts) {}

  /** Resolves when all are there, or were waited for long enough. */
  async start(): Promise<void> {
    await Promise.all([...this.parts.platforms].map((platform) => this.first(platform)));
  }

  /** All that platforms tell, by the rights that count where it is done. Resolves when it is durable. */
  async receive(event: ChatEvent): Promise<void> {
    await this.parts.chat.receive(await this.parts.guests.admit(event));
  }

  /** Nothing is tried any more, and whoever waits goes on. */
  stop(): void {
    this.stopped = true;
    for (const wake of this.wakes) wake();
  }

  private async first(platform: ChatPlatform): Promise<void> {
    const { platforms, reach, patience, missed, fatal } = this.parts;
    const { name } = platform;
    let waiting = true;
    let away = () => {};
    const noAnswer = new Promise<void>((resolve) => {
      away = resolve;
    });
    const connected = this.connect(platform, away).then(() => {
      if (!waiting && platforms.isConnected(name)) missed.connectedLate(name);
    });
    connected.catch((error) => {
      if (!waiting) fatal(error);
    });
    const silent = this.rest(patience.connectMs).then(() => slow);
    const why = await Promise.race([connected, noAnswer, silent]);
    waiting = false;
    // Where there was no answer, its reason is told already.
    if (why && !platforms.isConnected(name) && !this.stopped) reach.lost(name, why);
  }

  /**
   * Tries until it is there, and says when it could not be reached; throws what trying again would not
   * change.
   */
  private async connect(platform: ChatPlatform, away: () => void): Promise<void> {
    const { platforms, reach, patience } = this.parts;
    for (let wait = patience.retryMs; !this.stopped; wait = Math.min(wait * 2, patience.mostMs)) {
      try {
        await platform.start((event) => this.receive(event));
        platforms.setConnected(platform.name);
        reach.connected(platform.name);
        return;
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        reach.lost(platform.name, error);
        away();
      }
      await this.rest(wait);
    }
  }

  private rest(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.wakes.delete(end);
        resolve();
      };
      const timer = setTimeout(safely(end, this.parts.fatal), ms);
      this.wakes.add(end);
    });
  }
}

const slow = new AcclaimError(
  'platform-unreachable',
  'it takes long to connect',
  'Check the connection; it is tried further.',
);
