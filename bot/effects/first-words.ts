/**
 * A session's first words in a channel (what it is, who may agree) stand above all that follows: progress,
 * ballots and notices wait until they are said. Where the platform gives no answer to them, what follows
 * waits for one as well.
 */
import type { Binding } from '../../src/domain/state/model.js';

type Address = Pick<Binding, 'platform' | 'address'>;

export class FirstWords {
  /** Channels where they are being said: the end of it. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** Channels where they could not be said: what the platform threw. */
  private readonly unsaid = new Map<string, unknown>();

  /**
   * Runs what opens a session in the channel and says the words; nothing that it decides is posted there
   * before its end.
   */
  async above<T>(to: Address, open: () => Promise<T>): Promise<T> {
    const key = keyOf(to);
    const before = this.underWay.get(key);
    let end = () => {};
    const own = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.underWay.set(key, own);
    try {
      // One that opens there meanwhile comes after.
      await before;
      return await open();
    } finally {
      end();
      if (this.underWay.get(key) === own) this.underWay.delete(key);
    }
  }

  /** They are said, or refused for good, or wanted no more: what follows may be posted. */
  over(to: Address): void {
    this.unsaid.delete(keyOf(to));
  }

  /** The platform gave no answer. */
  wait(to: Address, error: unknown): void {
    this.unsaid.set(keyOf(to), error);
  }

  /**
   * Resolves once what follows may be posted. Throws what the words met where the platform gave no answer.
   */
  async mayFollow(to: Address): Promise<void> {
    const key = keyOf(to);
    await this.underWay.get(key);
    if (this.unsaid.has(key)) throw this.unsaid.get(key);
  }
}

function keyOf({ platform, address }: Address): string {
  return JSON.stringify([platform, address]);
}
