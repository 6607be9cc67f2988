/**
 * The marks that stand in a round, each under the name of the person whose it is. A person may mark the same
 * sheet in several channels and from several linked accounts: of each mark (person, sheet, emoji) the latest
 * change wins, whichever order the changes came to be known in, and so it does between a like and a dislike
 * on two messages, and between the stars of two accounts, and between a star by command and those by
 * reaction, and between the answers to a duel. What a moderator cleared away in one channel is no change of
 * mind: it says nothing of the others.
 */
import { duelAnswers, meaning } from '../state/emoji.js';
import type { Fact } from '../state/facts.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, Round } from '../state/round.js';
import type { Steps } from '../state/steps.js';
import { factsOf } from './ledger.js';
import { accountsOf, personOf } from './people.js';

export interface EffectiveMark {
  person: string;
  ballot: Ballot;
  fact: Fact;
  /**
   * A star that a later one, given from elsewhere (`giver`), has taken the place of: it says good, not best.
   */
  oldStar: boolean;
}

/** Of one person, by sheet and emoji. */
type Latest = Map<string, { ballot: Ballot; fact: Fact }>;

/** Everyone's; late marks are left out. */
export function* effectiveMarks(state: SessionState, round: Round): Steps<EffectiveMark[]> {
  const people = new Map<string, Latest>();
  for (const ballot of state.ballots.values()) {
    if (ballot.round !== round.id) continue;
    yield;
    for (const fact of factsOf(state, ballot).known(false)) {
      const person = personOf(state.voters, fact.voter);
      const latest = people.get(person) ?? new Map();
      take(latest, ballot, fact);
      people.set(person, latest);
    }
  }
  const marks: EffectiveMark[] = [];
  let done = 0;
  for (const [person, latest] of people) {
    marks.push(...whatHolds(person, latest));
    if (++done % 500 === 0) yield;
  }
  return marks;
}

/** One person's, on the ballots of a round. */
export function effectiveMarksOf(
  state: SessionState,
  ballots: readonly Ballot[],
  person: string,
): EffectiveMark[] {
  const latest: Latest = new Map();
  for (const { key } of accountsOf(state.voters, person))
    for (const ballot of ballots)
      for (const fact of factsOf(state, ballot).ofVoter(key, false)) take(latest, ballot, fact);
  return whatHolds(person, latest);
}

function take(latest: Latest, ballot: Ballot, fact: Fact): void {
  if (fact.source === 'cleared') return;
  const key = `${ballot.sheet} ${fact.emoji}`;
  const before = latest.get(key);
  if (!before || isLater(fact, before.fact)) latest.set(key, { ballot, fact });
}

/** A total order in all that is read of a fact, so that ties do not depend on which came first. */
function isLater(a: Fact, b: Fact): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.present !== b.present) return a.present;
  if (a.source !== b.source) return a.source === 'live';
  return a.voter > b.voter;
}

function whatHolds(person: string, latest: Latest): EffectiveMark[] {
  let star: Fact | undefined;
  for (const { fact } of latest.values())
    if (fact.present && isStar(fact) && (!star || isLater(fact, star))) star = fact;
  return [...latest.values()]
    .filter(({ ballot, fact }) => fact.present && !isOverruled(ballot, fact, latest))
    .map(({ ballot, fact }) => ({
      person,
      ballot,
      fact,
      oldStar: isStar(fact) && star !== undefined && giver(star) !== giver(fact),
    }));
}

const opposite: Record<string, string> = { like: 'dislike', dislike: 'like' };

/** On one message a like and a dislike stand side by side (and are no vote); on two the later one holds. */
function isOverruled(ballot: Ballot, fact: Fact, latest: Latest): boolean {
  if (meaning(fact.emoji)?.kind === 'answer') return isAnsweredAnew(ballot, fact, latest);
  const against = opposite[fact.emoji];
  const other = against === undefined ? undefined : latest.get(`${ballot.sheet} ${against}`);
  return other?.fact.present === true && other.ballot !== ballot && other.fact.at > fact.at;
}

/** Of a duel the last answer holds, wherever it was given. */
function isAnsweredAnew({ sheet }: Ballot, fact: Fact, latest: Latest): boolean {
  return duelAnswers.some((says) => {
    const other = says === fact.emoji ? undefined : latest.get(`${sheet} ${says}`);
    if (!other?.fact.present) return false;
    return other.fact.at === fact.at ? says > fact.emoji : isLater(other.fact, fact);
  });
}

/**
 * Whence a star came: the account, and whether as a reaction (of a gallery) or by command. Stars of one giver
 * stand side by side: which of several reactions came last nobody knows who was away.
 */
function giver({ voter, emoji }: Fact): string {
  return `${voter} ${meaning(emoji)?.kind}`;
}

function isStar({ emoji }: Fact): boolean {
  const kind = meaning(emoji)?.kind;
  return kind === 'best' || kind === 'star';
}
