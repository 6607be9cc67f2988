/**
 * Channels that take no posts. Each is told once, and looked at again whenever something may have changed;
 * where the platform gives no answer to that, it is asked later, after waits that double.
 */
import { isUnreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';

/** What a look found: posts are taken; not; or the channel was deleted. */
export type Looked = { takes: true; nsfw: boolean } | { takes: false; gone?: boolean };

export interface Change {
  canPost: boolean;
  nsfw?: boolean;
  gone?: boolean;
}

export interface LostChannelsParts {
  /** The first wait, ms. */
  again: number;
  fault(error: unknown): void;
  look(channel: string): Promise<Looked>;
  tell(channel: string, change: Change): void;
}

/** Between two tries, ms. */
export const longestWait = 300_000;

/** Of one platform; empty again with each connection. */
export class LostChannels {
  private readonly refusing = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  /** Counts the connections: a look of an earlier one brings about nothing more. */
  private connection = 0;

  constructor(private readonly parts: LostChannelsParts) {}

  /** The platform says of a channel whether it takes posts. */
  told(channel: string, canPost: boolean): void {
    if (canPost) this.refusing.delete(channel);
    else this.refusing.add(channel);
  }

  /** Runs it; a channel that turns out to be lost is told. `isDeleted`: by what it threw. */
  async unlessLost<T>(
    channel: string,
    job: () => Promise<T>,
    isDeleted: (error: unknown) => boolean,
  ): Promise<T> {
    const { connection } = this;
    try {
      return await job();
    } catch (error) {
      const lost = error instanceof AcclaimError && error.code === 'channel-lost';
      if (lost && !this.refusing.has(channel) && this.connection === connection) {
        this.refusing.add(channel);
        this.parts.tell(channel, { canPost: false, gone: isDeleted(error) });
      }
      throw error;
    }
  }

  /** One that took no posts when it was last heard of. */
  watch(channel: string): void {
    this.refusing.add(channel);
    this.lookAgain();
  }

  /** They may be taken again: nobody need have told. */
  lookAgain(): void {
    this.lookAll(this.parts.again).catch(this.parts.fault);
  }

  /** The connection ended. */
  clear(): void {
    this.connection += 1;
    this.refusing.clear();
    clearTimeout(this.timer);
  }

  private async lookAll(wait: number): Promise<void> {
    const { connection } = this;
    clearTimeout(this.timer);
    try {
      for (const channel of [...this.refusing]) await this.lookAt(channel);
    } catch (error) {
      if (!isUnreachable(error) || this.connection !== connection) throw error;
      clearTimeout(this.timer);
      const again = () => this.lookAll(Math.min(wait * 2, longestWait));
      this.timer = setTimeout(safely(again, this.parts.fault), wait).unref();
    }
  }

  private async lookAt(channel: string): Promise<void> {
    const found = await this.parts.look(channel);
    if (!found.takes) {
      if (found.gone) this.parts.tell(channel, { canPost: false, gone: true });
    } else if (this.refusing.delete(channel)) this.parts.tell(channel, { canPost: true, nsfw: found.nsfw });
  }
}
