/**
 * The sessions that are held in memory, and what can be asked of them: all that go on, and the few that ended
 * and were asked for last.
 */
import { communities } from '../../src/domain/state/apply.js';
import type { Binding, SessionState } from '../../src/domain/state/model.js';
import { type BallotPlace, BallotPlaces } from './ballot-places.js';

type Voters = SessionState['voters'];

/** Reads alone: Sessions changes them. */
export class HeldSessions {
  protected readonly states = new Map<string, SessionState>();
  protected readonly places = new BallotPlaces();

  /** One that is held: undefined of one that ended unless somebody asked for it of late. */
  get(id: string): SessionState | undefined {
    return this.states.get(id);
  }

  /** Those that go on. */
  live(): SessionState[] {
    return this.holding().filter(({ session }) => session.state !== 'ended');
  }

  /** Those, and the ones that ended and are held. */
  holding(): SessionState[] {
    return [...this.states.values()];
  }

  /** Somebody who agreed to be known. */
  knows(voter: string): boolean {
    const circles = new Set(this.holding().map(({ voters }) => voters));
    return [...circles].some((voters) => voters.get(voter)?.consentAt != null);
  }

  /** The newest that goes on in a channel. */
  liveIn(platform: Binding['platform'], address: string): SessionState | undefined {
    return newestIn(this.live(), platform, address);
  }

  /** Of sessions that are held. */
  ballotAt(platform: Binding['platform'], address: string, message: string): BallotPlace | undefined {
    return this.places.at(platform, address, message);
  }

  /** Of a session that is held and has just these communities. */
  readonly votersOf = (those: ReadonlySet<string>): Voters | undefined => {
    const name = circleOf(those);
    for (const state of this.states.values()) if (circle(state) === name) return state.voters;
    return undefined;
  };
}

/** The communities whose people vote in a session, as one text. */
export const circle = (state: SessionState): string => circleOf(communities(state));
const circleOf = (those: ReadonlySet<string>): string => [...those].sort().join(' ');

/** The newest that takes place in a channel now. */
export function newestIn(
  states: readonly SessionState[],
  platform: Binding['platform'],
  address: string,
): SessionState | undefined {
  const here = states.filter((s) =>
    s.bindings.some((b) => b.platform === platform && b.address === address && b.leftAt === null),
  );
  return here.sort((a, b) => b.session.createdAt - a.session.createdAt)[0];
}
