/** Who counts: consented, not excluded, and with at least one mark (or Done) in the round. */
import { factsOf } from './ledger.js';
import type { Round, SessionState, Voter } from './model.js';
import { finish, type Steps } from './steps.js';
import { type Sheetful, sheetfuls } from './votes.js';

const day = 86_400_000;

export interface Counted {
  sheetfuls: Sheetful[];
  /** Voters with marks that were left out because a moderator excluded them. */
  excluded: number;
}

export const countedIn = (state: SessionState, round: Round): Counted => finish(counting(state, round));

export function* counting(state: SessionState, round: Round): Steps<Counted> {
  const all = yield* sheetfuls(state, round, state.session.rules.unmarkedWeight);
  const counted = all.filter(({ voter }) => counts(state.voters.get(voter)));
  const excluded = all.filter(({ voter }) => state.voters.get(voter)?.excluded).length;
  // One voter alone: what is left unmarked is bad at full weight (HERO's own feedback).
  const lone = counted.length === 1 && counted[0];
  if (lone) for (const vote of lone.votes) vote.weight = 1;
  return { sheetfuls: counted, excluded };
}

function counts(voter: Voter | undefined): boolean {
  return voter !== undefined && !voter.excluded && (voter.consentAt !== null || voter.pseudonym);
}

export interface Attendance {
  voters: number;
  /** Pressed Done. */
  done: number;
  /** Pressed Done or marked every sheet. */
  finished: number;
}

/** Who has voted so far, without working out the votes: asked at every turn of an open round. */
export function attendance(state: SessionState, round: Round): Attendance {
  const all = new Set<number>();
  const marked = new Map<string, { sheets: Set<number>; done: boolean }>();
  for (const ballot of state.ballots.values()) {
    if (ballot.round !== round.id) continue;
    all.add(ballot.sheet);
    for (const [voter, { marks, done }] of factsOf(state, ballot).standing) {
      if ((marks === 0 && !done) || !counts(state.voters.get(voter))) continue;
      const one = marked.get(voter) ?? { sheets: new Set(), done: false };
      one.done ||= done;
      if (marks > 0) one.sheets.add(ballot.sheet);
      marked.set(voter, one);
    }
  }
  const voters = [...marked.values()];
  return {
    voters: voters.length,
    done: voters.filter((one) => one.done).length,
    finished: voters.filter((one) => one.done || one.sheets.size === all.size).length,
  };
}

/**
 * A newcomer's weight is capped: young account, lately joined, or few rounds here. In a community that is itself
 * young nobody can have voted in many rounds, so as many are asked for as its eldest voter has. Gives the question, so
 * that the eldest is looked for once.
 */
export function newcomers({ session, voters }: SessionState, at: number): (key: string) => boolean {
  const { newcomerAccountDays, newcomerJoinedDays, newcomerRounds } = session.rules.guards;
  let eldest = 0;
  for (const { rounds } of voters.values()) eldest = Math.max(eldest, rounds);
  const needed = Math.min(newcomerRounds, eldest);
  return (key) => {
    const voter = voters.get(key);
    if (!voter || voter.trusted) return false;
    if (voter.bornAt !== null && at - voter.bornAt < newcomerAccountDays * day) return true;
    if (voter.joinedAt !== null && at - voter.joinedAt < newcomerJoinedDays * day) return true;
    return voter.rounds < needed;
  };
}
