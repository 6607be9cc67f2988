/**
 * Where a secret is asked for, guesses are slow: those of one network address pass one after the other, each
 * after the same pause, whether it was right or wrong, and only so many wait. Other addresses wait for none
 * of them.
 */
import { AcclaimError } from '../../../src/errors.js';
import { say } from '../../../src/words/text.js';

/** Tries of a token or an invite, one after the other from each address. */
export class Door {
  private readonly lines = new Map<string, { last: Promise<void>; waiting: number }>();

  constructor(
    private readonly pauseMs = 300,
    private readonly most = 10,
    /** Told of an address whose tries are too many. */
    private readonly full: (address: string) => void = () => {},
  ) {}

  /** Resolves when it is this one's turn; `limited` where too many wait. */
  async knock(address: string): Promise<void> {
    const line = this.lines.get(address) ?? { last: Promise.resolve(), waiting: 0 };
    if (line.waiting >= this.most) {
      this.full(address);
      const seconds = Math.ceil((this.most * this.pauseMs) / 1000);
      throw new AcclaimError(
        'limited',
        say('Too many tries come from this address.'),
        say('Try again in {seconds} s.', { seconds }),
      );
    }
    this.lines.set(address, line);
    line.waiting += 1;
    line.last = line.last.then(() => new Promise((resolve) => setTimeout(resolve, this.pauseMs)));
    await line.last;
    line.waiting -= 1;
    if (line.waiting === 0) this.lines.delete(address);
  }
}
