/** Linking a person's accounts: a code on one, the same code on the other. What was read into memory is read anew. */
import type { Clock } from '../../src/clock.js';
import { codeHash, newCode } from '../../src/store/codes.js';
import type { Linked } from '../../src/store/links.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions.js';

export const LINK_MINUTES = 10;

export class Links {
  constructor(private readonly parts: { clock: Clock; store: Store; sessions: Sessions }) {}

  /** Null for somebody who has not agreed to be known. */
  async ask(voter: string): Promise<string | null> {
    const { clock, store } = this.parts;
    const code = newCode();
    const until = clock.now() + LINK_MINUTES * 60_000;
    const kept = await store.keepLinkCode(codeHash(store.secret, 'link', code), voter, until);
    return kept ? code : null;
  }

  async link(code: string, voter: string): Promise<Linked> {
    const { clock, store } = this.parts;
    return this.afterwards(() => store.link(codeHash(store.secret, 'link', code), voter, clock.now()));
  }

  /** False: it was not linked. */
  unlink(voter: string): Promise<boolean> {
    return this.afterwards(() => this.parts.store.unlink(voter));
  }

  private async afterwards<T>(work: () => Promise<T>): Promise<T> {
    const { store, sessions } = this.parts;
    let result: T | undefined;
    await sessions.hold(async () => {
      result = await work();
      return store.loadSettled();
    });
    return result as T;
  }
}
