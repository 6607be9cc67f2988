/**
 * Somebody takes their consent back: told to the sessions that have marks of theirs, which take them back and
 * ask for the person to be forgotten. Nothing is kept of somebody who never agreed, and nothing done.
 */
import type { Account } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { ConsentChanged } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { communityOn, hasMarksOf } from '../../src/domain/voting/people.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import { spread } from '../sessions/time-slices.js';
import type { Admission } from './admission.js';
import type { Forgetting } from './forgetting.js';
import type { Notices } from './notices.js';
import type { Voters } from './voters.js';

export interface WithdrawalParts {
  clock: Clock;
  sessions: Sessions;
  platforms: Platforms;
  voters: Voters;
  admission: Admission;
  forgetting: Forgetting;
  notices: Notices;
}

/** Consent as it is taken back. */
export class Withdrawals {
  constructor(private readonly parts: WithdrawalParts) {}

  /**
   * `at`: epoch ms. Resolves when every session has heard of it. Throws `Limited` where nothing is kept and
   * somebody asks over and over.
   */
  async withdraw(account: Account, channel: string, at: number): Promise<void> {
    const { sessions, voters, admission, forgetting, notices } = this.parts;
    const voter = voters.seen(account);
    const known = await voters.isKnown(voter.key);
    // Nothing is kept of them, and asking for that over and over is a command like others.
    if (!known) return admission.admit('command', account, channel, known);
    const here = sessions.holding().filter((state) => communityOn(state, account.platform) !== undefined);
    const told = this.tellAll(here, { kind: 'consent', voter, given: false, excluded: false, at });
    forgetting.after(voter.key, told);
    await told;
    // Where no session decides it, nobody asks for it.
    if (!here.some((state) => state.voters.has(voter.key))) await forgetting.forget(voter.key);
    await notices.withdrawn(account);
  }

  /** By one's own word, wherever it is said: with what the platform itself keeps. */
  async leave(account: Account): Promise<void> {
    const { clock, platforms } = this.parts;
    await this.withdraw(account, '', clock.now());
    await platforms.get(account.platform)?.forget?.((id) => id === account.id);
  }

  /**
   * Side by side, so that what they decide is written together, and in slices: most have nothing to decide.
   */
  private async tellAll(states: readonly SessionState[], event: ConsentChanged): Promise<void> {
    const { sessions } = this.parts;
    const { key } = event.voter;
    const asks = states.find(({ voters }) => voters.has(key)) ?? null;
    const told: Promise<unknown>[] = [];
    const tell = function* () {
      for (const state of states) {
        yield;
        if (state !== asks && !hasMarksOf(state, key)) continue;
        const askedElsewhere = asks !== null && state !== asks;
        const one = sessions.dispatch(state.session.id, { ...event, askedElsewhere });
        // A fault is told of below, and not as one that nobody looks at.
        one.catch(() => {});
        told.push(one);
      }
    };
    await spread(tell());
    await Promise.all(told);
  }
}
