/**
 * The platforms' connections. A start goes on without one that cannot be reached, or takes long: it is tried until it is there,
 * and what was missed is read then. Only a platform's refusal (a dead token, a port that is taken) ends the start, or the process.
 */
import type { ChatEvent, ChatPlatform, PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import { AcclaimError } from '../../src/errors.js';
import { safely } from '../../src/machine/safely.js';
import type { Patience } from '../effects/patience.js';
import type { Reach } from './reach.js';

export interface ConnectionParts {
  platforms: readonly ChatPlatform[];
  reach: Reach;
  patience: Patience;
  sink(event: ChatEvent): Promise<void>;
  /** Connected after the start had gone on without it. */
  late(platform: PlatformName): void;
  fatal(error: unknown): void;
}

export class Connections {
  private stopped = false;
  private readonly wakes = new Set<() => void>();
  private readonly there = new Set<PlatformName>();

  constructor(private readonly parts: ConnectionParts) {}

  /** Resolves when all are there, or were waited for long enough. */
  async start(): Promise<void> {
    await Promise.all(this.parts.platforms.map((platform) => this.first(platform)));
  }

  has(name: PlatformName): boolean {
    return this.there.has(name);
  }

  /** Nothing is tried any more, and whoever waits goes on. */
  stop(): void {
    this.stopped = true;
    for (const wake of this.wakes) wake();
  }

  private async first(platform: ChatPlatform): Promise<void> {
    const { reach, patience, late, fatal } = this.parts;
    const { name } = platform;
    let waiting = true;
    let away = () => {};
    const noAnswer = new Promise<void>((resolve) => {
      away = resolve;
    });
    const connected = this.connect(platform, away).then(() => {
      if (!waiting && this.there.has(name)) late(name);
    });
    connected.catch((error) => {
      if (!waiting) fatal(error);
    });
    const silent = this.rest(patience.connectMs).then(() => slow);
    const why = await Promise.race([connected, noAnswer, silent]);
    waiting = false;
    // Where there was no answer, its reason is told already.
    if (why && !this.there.has(name) && !this.stopped) reach.lost(name, why);
  }

  /** Tries until it is there, and says when it could not be reached; throws what trying again would not change. */
  private async connect(platform: ChatPlatform, away: () => void): Promise<void> {
    const { reach, sink, patience } = this.parts;
    for (let wait = patience.retryMs; !this.stopped; wait = Math.min(wait * 2, patience.mostMs)) {
      try {
        await platform.start(sink);
        this.there.add(platform.name);
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
