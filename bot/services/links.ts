/**
 * Linking a person's accounts: a code on one, the same code on the other. Sessions in memory are told of the
 * accounts' new rows; a code that is wrong costs one look into the database, and nobody waits for it.
 */
import type { Clock } from '../../src/clock.js';
import { codeHash, newCode } from '../../src/store/codes.js';
import type { Linked } from '../../src/store/links.js';
import type { Store } from '../../src/store/store.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Admission } from './admission.js';
import type { Asker } from './requests.js';

/** How long a code is good. */
export const LINK_MINUTES = 10;

export interface LinkParts {
  clock: Clock;
  store: Store;
  sessions: Sessions;
  admission: Admission;
}

/** Codes, links, and the end of one. */
export class Links {
  constructor(private readonly parts: LinkParts) {}

  /** A code for another account of the person; null for somebody who has not agreed to be known. */
  async ask(voter: string): Promise<string | null> {
    const { clock, store } = this.parts;
    const code = newCode();
    const until = clock.now() + LINK_MINUTES * 60_000;
    const kept = await store.keepLinkCode(codeHash(store.secret, 'link', code), voter, until, clock.now());
    return kept ? code : null;
  }

  /** The account is the person's whose code it is. Throws `Limited`. */
  async link(code: string, { account, by: { key: voter } }: Pick<Asker, 'account' | 'by'>): Promise<Linked> {
    const { clock, store, admission } = this.parts;
    await admission.tryCode(account, voter);
    const hash = codeHash(store.secret, 'link', code);
    const outcome = await store.tryLink(hash, voter, clock.now());
    if (outcome !== 'linked') return outcome;
    return this.amend(voter, () => store.link(hash, voter, clock.now()));
  }

  /** False: it was not linked. */
  async unlink(voter: string): Promise<boolean> {
    const { store } = this.parts;
    if ((await store.accountsOf(voter)).length < 2) return false;
    return this.amend(voter, () => store.unlink(voter));
  }

  /** `work` writes the rows of the voter's accounts, of before or after it. */
  private async amend<T>(voter: string, work: () => Promise<T>): Promise<T> {
    const { store, sessions } = this.parts;
    let result: T | undefined;
    await sessions.amend(async () => {
      const before = await store.accountsOf(voter);
      result = await work();
      const after = await store.accountsOf(voter);
      const keys = new Set([...before, ...after].map(({ key }) => key));
      return Promise.all([...keys].map(async (key) => (await store.voter(key))!));
    });
    return result as T;
  }
}
