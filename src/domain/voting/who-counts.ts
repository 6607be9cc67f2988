/**
 * Who counts: consented, not excluded, and with at least one mark (or Done) in the round; an account that
 * anybody could have made only once somebody vouched for it, before the round closed. Linked accounts are one
 * person: excluded as soon as one of them is, a newcomer, or waiting, only while all of them are. Where a
 * session was split, those of its camp and those of none, as it was when the round closed.
 */
import { meaning } from '../state/emoji.js';
import type { SessionState, Voter } from '../state/model.js';
import type { Ballot, Round } from '../state/round.js';
import { campOf } from '../state/split.js';
import { finish, type Steps } from '../state/steps.js';
import { type EffectiveMark, effectiveMarksOf } from './effective-marks.js';
import { factsOf } from './ledger.js';
import { accountsOf, personOf } from './people.js';
import type { VoterBallot } from './vote.js';
import { voterBallots } from './votes.js';

export interface Counted {
  voterBallots: VoterBallot[];
  /** Voters with marks that were left out because a moderator excluded them. */
  excluded: number;
  /** The same because they are of the other camp. */
  otherCamp: number;
}

/** `counting` in one go. */
export const countedIn = (state: SessionState, round: Round): Counted => finish(counting(state, round));

/** Ballots of the voters who count in a round, and how many were left out. */
export function* counting(state: SessionState, round: Round): Steps<Counted> {
  const all = yield* voterBallots(state, round, state.session.rules.unmarkedWeight);
  const counted = all.filter(({ voter }) => counts(state, round, voter));
  const excluded = all.filter(({ voter }) => isExcluded(state, voter)).length;
  const heard = all.filter(({ voter }) => isHeard(state, round, voter)).length;
  // One voter alone: what is left unmarked is bad at full weight (HERO's own feedback).
  const lone = counted.length === 1 && counted[0];
  if (lone && !lone.comparisons) for (const vote of lone.votes) vote.weight = 1;
  return { voterBallots: counted, excluded, otherCamp: heard - counted.length };
}

/** They are heard, and not of the other camp. */
export function counts(state: SessionState, round: Round, person: string): boolean {
  return isHeard(state, round, person) && !isOfOtherCamp(state, round, person);
}

/** The person has agreed, is admitted and is not excluded. */
export function isHeard(state: SessionState, round: Round, person: string): boolean {
  const accounts = accountsOf(state.voters, person);
  const agreed = accounts.some(
    (voter) => (voter.consentAt !== null || voter.pseudonym) && isAdmitted(voter, round),
  );
  return agreed && !accounts.some((voter) => voter.excluded);
}

function isOfOtherCamp({ session, voters }: SessionState, { closedAt }: Round, person: string): boolean {
  const { split } = session;
  if (!split?.camp) return false;
  const own = campOf(accountsOf(voters, person), split, closedAt ?? Number.POSITIVE_INFINITY);
  return own !== undefined && own !== split.camp;
}

/** What becomes of somebody's marks: `waits` until somebody vouches for them. */
export function marksOf(
  state: SessionState,
  round: Round,
  key: string,
): 'count' | 'waits' | 'excluded' | 'other-camp' {
  const person = personOf(state.voters, key);
  if (counts(state, round, person)) return 'count';
  if (isHeard(state, round, person)) return 'other-camp';
  return isExcluded(state, person) ? 'excluded' : 'waits';
}

/** An account that had to wait was vouched for before the round closed. */
export function isAdmitted({ waits, admittedAt = 0 }: Voter, { closedAt }: Pick<Round, 'closedAt'>): boolean {
  return !waits && (closedAt === null || admittedAt <= closedAt);
}

function isExcluded(state: SessionState, person: string): boolean {
  return accountsOf(state.voters, person).some((voter) => voter.excluded);
}

export interface Attendance {
  voters: number;
  /** Pressed Done. */
  done: number;
  /** Pressed Done or marked every sheet. */
  finished: number;
  /** Of duels: whoever has answered all of them is through, Done or not. Left out on other ballots. */
  duels?: true;
}

/** People that are looked at before anything else may go on. */
const PEOPLE_A_STEP = 100;

interface Attending {
  sheets: Set<number>;
  /**
   * Sheets on which they said what is wrong with a picture: they have voted, and not marked the sheet by
   * that.
   */
  faulted: Set<number>;
  done: boolean;
  /** Sheets that they were heard of on, in some channel and from some account. */
  heard: Set<number>;
  /** Heard of twice on one sheet: what holds there is to be looked up. */
  twice: boolean;
}

/** Who has voted so far, without working out the votes: asked at every turn of an open round. */
export const attendance = (state: SessionState, round: Round): Attendance => finish(attending(state, round));

/** The same in steps. */
export function* attending(state: SessionState, round: Round): Steps<Attendance> {
  const ballots = [...state.ballots.values()].filter((ballot) => ballot.round === round.id);
  const all = sheetsToMark(state, round, ballots);
  const marked = new Map<string, Attending>();
  for (const ballot of ballots) {
    for (const [voter, { marks, faults, done }] of factsOf(state, ballot).byVoter) {
      const person = personOf(state.voters, voter);
      if (!counts(state, round, person)) continue;
      const one = marked.get(person) ?? nobody();
      one.twice ||= one.heard.has(ballot.sheet);
      one.heard.add(ballot.sheet);
      one.done ||= done;
      if (marks > 0) one.sheets.add(ballot.sheet);
      if (faults > 0) one.faulted.add(ballot.sheet);
      marked.set(person, one);
      if (marked.size % PEOPLE_A_STEP === 0) yield;
    }
  }
  for (const [person, { twice }] of marked) {
    if (!twice) continue;
    marked.set(person, attendingBy(effectiveMarksOf(state, ballots, person)));
    yield;
  }
  const voters = [...marked.values()].filter((one) => one.done || one.sheets.size + one.faulted.size > 0);
  return {
    voters: voters.length,
    done: voters.filter((one) => one.done).length,
    finished: voters.filter((one) => one.done || all.every((sheet) => one.sheets.has(sheet))).length,
    ...(ballots.some(({ style }) => style === 'duel') && { duels: true }),
  };
}

/**
 * Time of the newest change that counts: whoever does not count holds no round open. Most changes are by
 * people who do.
 */
export function lastChange(state: SessionState, round: Round): number {
  let newest = Math.max(round.openedAt ?? 0, round.restFrom ?? 0);
  const heard = (voter: string) => counts(state, round, personOf(state.voters, voter));
  for (const ballot of state.ballots.values()) {
    if (ballot.round !== round.id) continue;
    const { newest: last, byVoter } = factsOf(state, ballot);
    if (!last || last.at <= newest) continue;
    if (heard(last.voter)) newest = last.at;
    else for (const [voter, { at }] of byVoter) if (at > newest && heard(voter)) newest = at;
  }
  return newest;
}

/** Those that still show a picture: of what was taken down nobody is asked. */
function sheetsToMark(state: SessionState, round: Round, ballots: readonly Ballot[]): number[] {
  const images = state.images.get(round.id) ?? [];
  const shown = new Set(images.flatMap((image) => (image.state === 'shown' ? [image.index] : [])));
  const open = ballots.filter(({ cells }) => cells.some((index) => shown.has(index)));
  return [...new Set(open.map(({ sheet }) => sheet))];
}

const nobody = (): Attending => ({
  sheets: new Set(),
  faulted: new Set(),
  done: false,
  heard: new Set(),
  twice: false,
});

function attendingBy(marks: readonly EffectiveMark[]): Attending {
  const one = nobody();
  for (const { ballot, fact } of marks) {
    const kind = meaning(fact.emoji)?.kind;
    if (kind === 'done') one.done = true;
    else if (kind === 'fault') one.faulted.add(ballot.sheet);
    else if (kind !== 'flag') one.sheets.add(ballot.sheet);
  }
  return one;
}
