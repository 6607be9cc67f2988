/**
 * A session's first words in a channel (what it is, who may agree) stand above all that follows: progress, ballots and notices wait until
 * they are said. Where the platform gives no answer to them, what follows waits for one as well.
 */
import type { Binding } from '../../src/domain/state/model.js';

type Address = Pick<Binding, 'platform' | 'address'>;

export class FirstWords {
  /** Channels where they are being said: the end of it. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** Channels where they could not be said: what the platform threw. */
  private readonly unsaid = new Map<string, unknown>();

  /** Runs what opens a session in the channel and says the words; nothing that it decides is posted there before its end. */
  async above<T>(to: Address, open: () => Promise<T>): Promise<T> {
    const key = keyOf(to);
    const before = this.underWay.get(key);
    const opened = before ? before.then(open) : open();
    const end = opened.then(
      () => {},
      () => {},
    );
    this.underWay.set(key, end);
    void end.then(() => {
      if (this.underWay.get(key) === end) this.underWay.delete(key);
    });
    return opened;
  }

  /** They are said, or refused for good, or wanted no more: what follows may be posted. */
  over(to: Address): void {
    this.unsaid.delete(keyOf(to));
  }

  /** The platform gave no answer. */
  wait(to: Address, error: unknown): void {
    this.unsaid.set(keyOf(to), error);
  }

  /** Resolves once what follows may be posted. Throws what the words met where the platform gave no answer. */
  async mayFollow(to: Address): Promise<void> {
    const key = keyOf(to);
    await this.underWay.get(key);
    if (this.unsaid.has(key)) throw this.unsaid.get(key);
  }
}

function keyOf({ platform, address }: Address): string {
  return JSON.stringify([platform, address]);
}
