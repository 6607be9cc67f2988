/**
 * The ledger of reactions. What is known of a (ballot, voter, emoji) is its last row. A row is appended only
 * when it changes what is known: the state, or (order is not guaranteed) the time up to which the state is
 * vouched for. So any order of the same events, each any number of times, ends in the same set of reactions.
 */

import { say } from '../../words/text.js';
import type { Draft } from '../state/draft.js';
import { type DuelAnswer, meaning } from '../state/emoji.js';
import type { Cleared, ReactionSet, Swept } from '../state/events.js';
import type { Fact } from '../state/facts.js';
import { Facts } from '../state/facts.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, RoundPhase } from '../state/round.js';

const taking: ReadonlySet<RoundPhase> = new Set(['generating', 'review', 'posting', 'open', 'closing']);

const keyOf = (voter: string, emoji: string): string => `${voter} ${emoji}`;

/** The facts of a ballot; none of one that nobody marked. */
export function factsOf(state: SessionState, ballot: Pick<Ballot, 'id'>): Facts {
  return state.facts.get(ballot.id) ?? Facts.none;
}

/** Writes down one reaction; true when it changed what counts. Refuses what no longer counts but keeps it. */
export function recordReaction(draft: Draft, event: ReactionSet): boolean {
  const ballot = draft.state.ballots.get(event.ballot);
  if (!ballot) {
    draft.refuse(
      'unknown',
      say('This ballot is not known here.'),
      say('Vote on the newest ballot of the channel.'),
    );
    return false;
  }
  if (!fits(draft, ballot, event.emoji)) return false;
  if (consented(draft, event.voter.key) === false) {
    draft.refuse(
      'no-consent',
      say('Votes are kept only with consent.'),
      say('Agree to the notice, then vote.'),
    );
    return false;
  }
  const late = isLate(draft, ballot);
  if (late)
    draft.refuse(
      'round-closed',
      say('This round has closed.'),
      say('Vote on the newest ballot of the channel.'),
    );
  const last = factsOf(draft.state, ballot).last(event.voter.key, event.emoji);
  if (last && (event.at < last.at || (event.at === last.at && event.present === last.present))) return false;
  const { emoji, present, at } = event;
  append(draft, { ballot: ballot.id, voter: event.voter.key, emoji, present, source: 'live', at, late });
  return !late;
}

/**
 * Adds and withdraws until the ledger equals what was read, but for keys with live events since the reading
 * began.
 */
export function recordSweep(draft: Draft, event: Swept): void {
  const ballot = draft.state.ballots.get(event.ballot);
  if (!ballot) return;
  const late = isLate(draft, ballot);
  const facts = factsOf(draft.state, ballot).known();
  const last = new Map(facts.map((fact) => [keyOf(fact.voter, fact.emoji), fact]));
  const found = new Set<string>();
  const write = (voter: string, emoji: string, present: boolean): void => {
    const before = last.get(keyOf(voter, emoji));
    if (before ? before.at >= event.beganAt || before.present === present : !present) return;
    append(draft, { ballot: ballot.id, voter, emoji, present, source: 'sweep', at: event.beganAt, late });
  };
  for (const { voter, emoji } of event.marks) {
    if (!fits(draft, ballot, emoji) || !consented(draft, voter.key)) continue;
    const key = keyOf(voter.key, emoji);
    if (!found.has(key)) write(voter.key, emoji, true);
    found.add(key);
  }
  for (const [key, fact] of last) {
    if (found.has(key) || !fact.present || isPrivate(fact.emoji)) continue;
    // A forgotten voter's reaction cannot be recognised any more: their votes stand.
    if (!draft.state.voters.get(fact.voter)?.pseudonym) write(fact.voter, fact.emoji, false);
  }
  if ((ballot.sweptAt ?? 0) < event.beganAt) draft.setBallot(ballot, { sweptAt: event.beganAt });
}

/** A moderator wiped reactions: no one is named, so all of them are withdrawn. */
export function recordCleared(draft: Draft, event: Cleared): number {
  const ballot = draft.state.ballots.get(event.ballot);
  // What was pressed hangs nowhere.
  if (!ballot || ballot.buttons) return 0;
  const late = isLate(draft, ballot);
  const gone = factsOf(draft.state, ballot)
    .known()
    .filter(
      (fact) =>
        fact.present &&
        fact.at <= event.at &&
        !isPrivate(fact.emoji) &&
        (event.emoji === null || fact.emoji === event.emoji),
    );
  for (const { voter, emoji } of gone) {
    append(draft, { ballot: ballot.id, voter, emoji, present: false, source: 'cleared', at: event.at, late });
  }
  return gone.length;
}

/** Withdraws or sets a mark that a command stands for (best, flag, why). */
export function recordMark(
  draft: Draft,
  ballot: Ballot,
  voter: string,
  emoji: string,
  present: boolean,
): void {
  const last = factsOf(draft.state, ballot).last(voter, emoji);
  if (last ? last.present === present || last.at > draft.at : !present) return;
  const late = isLate(draft, ballot);
  append(draft, { ballot: ballot.id, voter, emoji, present, source: 'live', at: draft.at, late });
}

/** The account has agreed that its votes are kept. */
export function consented(draft: Draft, voter: string): boolean {
  return draft.state.voters.get(voter)?.consentAt != null;
}

/** Marks given by command or button: no reaction shows them, so no sweep or clearing can withdraw them. */
function isPrivate(emoji: string): boolean {
  const kind = meaning(emoji)?.kind;
  return kind === 'flag' || kind === 'best' || kind === 'done' || kind === 'fault' || kind === 'answer';
}

/** Its round is not counted yet. */
export function takesVotes(draft: Draft, ballot: Ballot): boolean {
  return !isLate(draft, ballot);
}

function isLate(draft: Draft, ballot: Ballot): boolean {
  const round = draft.state.rounds.find((row) => row.id === ballot.round);
  // A ballot closes before its round where its channel left the pool.
  return !round || !taking.has(round.state) || ballot.state === 'closed';
}

/** A mark that this kind of ballot knows, on a cell that it has. */
function fits({ session }: Draft, ballot: Ballot, emoji: string): boolean {
  const mark = meaning(emoji);
  if (!mark) return false;
  // Where people are there to be rid of unsafe pictures, nothing else is asked of them.
  if (mark.kind === 'fault' && session.nsfw) return false;
  if ('cell' in mark) {
    return mark.cell <= ballot.cells.length && (ballot.style === 'sheet' || mark.kind !== 'good');
  }
  if (mark.kind === 'done') return true;
  if (mark.kind === 'answer') return isAnswer(ballot, mark.says);
  return mark.kind === 'none' ? ballot.style === 'sheet' : ballot.style === 'gallery';
}

/** A picture that hangs alone is the left one. */
function isAnswer({ style, cells }: Ballot, says: DuelAnswer): boolean {
  return style === 'duel' && (cells.length > 1 || says === 'left' || says === 'neither');
}

function append(draft: Draft, row: Fact): void {
  draft.put({ table: 'fact', row });
}
