/**
 * What the guards did in a round, in plain words for moderators: whose votes weigh less and why, and which
 * picture they held back. People go by their codes; each line says how it is undone.
 */
import { count } from '../../src/domain/state/count.js';
import { voterCode } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Round } from '../../src/domain/state/round.js';
import type { Guards } from '../../src/domain/state/rules.js';
import type { Judgement } from '../../src/domain/voting/feedback.js';
import { accountsOf } from '../../src/domain/voting/people.js';
import { imageName, percent } from './words.js';

type People = SessionState['voters'];

/** Of a person with several accounts that of the first; nothing of somebody who was forgotten. */
function codeOf(voters: People, person: string): string | null {
  const [account] = accountsOf(voters, person).filter(({ pseudonym }) => !pseudonym);
  return account ? voterCode(account.key) : null;
}

const MOST = 12;

function named(
  voters: People,
  people: readonly string[],
  say = (code: string, _person: string) => `**${code}**`,
): string {
  const codes = people.flatMap((person) => {
    const code = codeOf(voters, person);
    return code === null ? [] : [say(code, person)];
  });
  const more = people.length - Math.min(codes.length, MOST);
  const shown = codes.slice(0, MOST).join(', ');
  return more > 0 ? `${shown}${shown ? ' and ' : ''}${count(more, 'other')}` : shown;
}

/** Below it somebody is said to count less. */
const HARDLY_LESS = 0.95;

export interface VoterWeight {
  /** Share of the weight of their votes that is left. */
  share: number;
  why: string[];
}

/** Person -> what their votes in the round weigh, and why. */
export function weightsOf({ weighed, work }: Judgement): Map<string, VoterWeight> {
  const sums = new Map<string, { cast: number; left: number }>();
  for (const [i, { voter, weight }] of weighed.votes.entries()) {
    const sum = sums.get(voter) ?? { cast: 0, left: 0 };
    sum.cast += weight;
    sum.left += weighed.weights[i]!;
    sums.set(voter, sum);
  }
  const sizes = new Map<string, number>();
  for (const [voter, hand] of work?.hands ?? [])
    if (sums.has(voter)) sizes.set(hand, (sizes.get(hand) ?? 0) + 1);
  const reasons = (voter: string): string[] => {
    const alike = sizes.get(work?.hands.get(voter) ?? '') ?? 1;
    return [
      ...(alike > 1 ? [`one of ${alike} that count as one`] : []),
      ...(work?.capped.has(voter) ? ['one of many newcomers'] : []),
      ...((work?.trust.get(voter) ?? 1) < HARDLY_LESS ? ['likes little of what others like'] : []),
    ];
  };
  return new Map(
    [...sums].map(([voter, { cast, left }]) => [
      voter,
      { share: cast > 0 ? left / cast : 1, why: reasons(voter) },
    ]),
  );
}

/** A line an act, each with what undoes it. */
export function guardLines(state: SessionState, round: Round, judgement: Judgement): string[] {
  const { work, weighed, outcome } = judgement;
  const { voters } = state;
  const { guards } = state.session.rules;
  if (!work) return [`With fewer than ${count(guards.from, 'voter')} every vote counts as it was cast.`];
  const here = new Set(weighed.votes.map(({ voter }) => voter));
  const hands = new Map<string, string[]>();
  for (const [voter, hand] of work.hands)
    if (here.has(voter)) hands.set(hand, [...(hands.get(hand) ?? []), voter]);
  const lines = [...hands.values()]
    .filter((members) => members.length > 1)
    .map(
      (members) =>
        `${count(members.length, 'account')} counted as one, since they gave the same unusual marks within ${guards.clusterSeconds} seconds again and again: ${named(voters, members)}.`,
    );
  const capped = [...work.capped].filter((voter) => here.has(voter));
  if (capped.length > 0) lines.push(cappedLine(voters, capped, guards));
  const less = [...work.trust].filter(([voter, trust]) => here.has(voter) && trust < HARDLY_LESS);
  if (less.length > 0)
    lines.push(
      `${count(less.length, 'voter')} ${less.length === 1 ? 'counts' : 'count'} less, since they like little of what others like: ${named(
        voters,
        less.map(([voter]) => voter),
        (code, person) => `**${code}** (${percent(work.trust.get(person)!)})`,
      )}.`,
    );
  if (work.withheld !== null) lines.push(withheldLine(state, round, judgement, work.withheld));
  if (work.unsure > 0)
    lines.push(
      `${count(work.unsure, 'picture')} got no label, since ${percent(guards.labelDoubt ?? 0)} of the usual voters could have made it alone.`,
    );
  if (outcome.method === 'bridging')
    lines.push('Tastes differ so much that labels are what both sides like.');
  if (lines.length === 0) return ['The guards did nothing: every vote counts as it was cast.'];
  return [...lines, UNDO];
}

const UNDO =
  'Whoever is trusted counts whole, is nobody’s second hand and is not doubted: **/acclaim trust VOTER** undoes what was done to them, and the round is counted anew. What was learned stays.';

function cappedLine(voters: People, capped: readonly string[], { newcomerShare }: Guards): string {
  const most = `newcomers together weigh at most ${percent(newcomerShare)} of the others on a picture`;
  return `${count(capped.length, 'newcomer')} capped, since ${most}: ${named(voters, capped)}.`;
}

function withheldLine(
  { ballots, voters, session }: SessionState,
  { id }: Round,
  { weighed }: Judgement,
  index: number,
): string {
  const name = imageName(
    [...ballots.values()].filter((ballot) => ballot.round === id),
    index,
  );
  const fans = weighed.votes.filter((vote) => vote.index === index && vote.up).map(({ voter }) => voter);
  const share = percent(session.rules.guards.doubt ?? 0);
  return `**${name}** was held back from being the best, since ${share} of the usual voters could have made it so alone. For it were ${named(voters, fans)}.`;
}
