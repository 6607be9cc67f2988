/**
 * What the guards did in a round, in plain words for moderators: whose votes weigh less and why, and which
 * picture they held back. People go by their codes; each line says how it is undone.
 */

import type { Button } from '../../src/chat/port.js';
import { voterCode } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { GuardAct, Round } from '../../src/domain/state/round.js';
import type { Guards } from '../../src/domain/state/rules.js';
import type { Judgement } from '../../src/domain/voting/feedback.js';
import { actsOf, HARDLY_LESS } from '../../src/domain/voting/guard-acts.js';
import { accountsOf } from '../../src/domain/voting/people.js';
import { counted, listed, say, type Text } from '../../src/words/text.js';
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
  one = (code: string, _person: string): Text => `**${code}**`,
): Text {
  const codes = people.flatMap((person) => {
    const code = codeOf(voters, person);
    return code === null ? [] : [one(code, person)];
  });
  const more = people.length - Math.min(codes.length, MOST);
  const shown = listed(codes.slice(0, MOST));
  if (more <= 0) return shown;
  const others = counted(more, 'other');
  return codes.length === 0 ? others : say('{some} and {last}', { some: shown, last: others });
}

export interface VoterWeight {
  /** Share of the weight of their votes that is left. */
  share: number;
  why: Text[];
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
  const reasons = (voter: string): Text[] => {
    const alike = sizes.get(work?.hands.get(voter) ?? '') ?? 1;
    return [
      ...(alike > 1 ? [say('one of {alike} that count as one', { alike })] : []),
      ...(work?.capped.has(voter) ? [say('one of many newcomers')] : []),
      ...((work?.trust.get(voter) ?? 1) < HARDLY_LESS ? [say('likes little of what others like')] : []),
    ];
  };
  return new Map(
    [...sums].map(([voter, { cast, left }]) => [
      voter,
      { share: cast > 0 ? left / cast : 1, why: reasons(voter) },
    ]),
  );
}

/** What takes each act back, as its button says it. */
const liftWords: Record<GuardAct, Text> = {
  hands: say('Count them apart'),
  newcomers: say('Cap nobody'),
  trust: say('Count all whole'),
  best: say('Let it be the best'),
};

/** One for each act that can be taken back. */
export function guardButtons({ session }: SessionState, round: Round, judgement: Judgement): Button[] {
  const value = `${session.id} ${round.number}`;
  const acts = actsOf(judgement.weighed.votes, judgement.work);
  return acts.map((act) => ({ id: `lift-${act}`, label: liftWords[act], value }));
}

/** A line an act, and how they are undone. */
export function guardLines(state: SessionState, round: Round, judgement: Judgement): Text[] {
  const { work, weighed, outcome } = judgement;
  const { voters } = state;
  const { guards } = state.session.rules;
  if (!work)
    return [
      say('With fewer than {voters} every vote counts as it was cast.', {
        voters: counted(guards.from, 'voter'),
      }),
    ];
  const here = new Set(weighed.votes.map(({ voter }) => voter));
  const hands = new Map<string, string[]>();
  for (const [voter, hand] of work.hands)
    if (here.has(voter)) hands.set(hand, [...(hands.get(hand) ?? []), voter]);
  const lines: Text[] = [...hands.values()]
    .filter((members) => members.length > 1)
    .map((members) =>
      say(
        '{accounts} counted as one, since they gave the same unusual marks within {clusterSeconds} seconds again and again: {members}.',
        {
          accounts: counted(members.length, 'account'),
          clusterSeconds: guards.clusterSeconds,
          members: named(voters, members),
        },
      ),
    );
  const capped = [...work.capped].filter((voter) => here.has(voter));
  if (capped.length > 0) lines.push(cappedLine(voters, capped, guards));
  const less = [...work.trust].filter(([voter, trust]) => here.has(voter) && trust < HARDLY_LESS);
  if (less.length > 0)
    lines.push(
      lessLine(
        less.length,
        named(
          voters,
          less.map(([voter]) => voter),
          (code, person) => say('**{code}** ({share})', { code, share: percent(work.trust.get(person)!) }),
        ),
      ),
    );
  if (work.withheld !== null) lines.push(withheldLine(state, round, judgement, work.withheld));
  if (work.unsure > 0)
    lines.push(
      say('{pictures} got no label, since {share} of the usual voters could have made it alone.', {
        pictures: counted(work.unsure, 'picture'),
        share: percent(guards.labelDoubt ?? 0),
      }),
    );
  if (outcome.method === 'bridging')
    lines.push(say('Tastes differ so much that labels are what both sides like.'));
  const lifted = (round.lifted ?? []).map((act) => liftWords[act]);
  if (lifted.length > 0) lines.push(say('Taken back by a moderator: {lifted}.', { lifted: listed(lifted) }));
  if (lines.length === 0) return [say('The guards did nothing: every vote counts as it was cast.')];
  const some = actsOf(weighed.votes, work).length > 0;
  return [...lines, ...(some ? [LIFT] : []), UNDO];
}

const LIFT = say(
  'A button takes back what was done in this round alone, and so does a command such as **/acclaim guards hands**; **/acclaim undo** puts it in force again.',
);

const UNDO = say(
  'Whoever is trusted counts whole, is nobody’s second hand and is not doubted: **/acclaim trust VOTER** undoes what was done to them, and the round is counted anew. What was learned stays.',
);

function cappedLine(voters: People, capped: readonly string[], { newcomerShare }: Guards): Text {
  return say(
    '{newcomers} capped, since newcomers together weigh at most {share} of the others on a picture: {named}.',
    {
      newcomers: counted(capped.length, 'newcomer'),
      share: percent(newcomerShare),
      named: named(voters, capped),
    },
  );
}

function lessLine(less: number, named: Text): Text {
  const values = { voters: counted(less, 'voter'), named };
  return less === 1
    ? say('{voters} counts less, since they like little of what others like: {named}.', values)
    : say('{voters} count less, since they like little of what others like: {named}.', values);
}

function withheldLine(
  { ballots, voters, session }: SessionState,
  { id }: Round,
  { weighed }: Judgement,
  index: number,
): Text {
  const name = imageName(
    [...ballots.values()].filter((ballot) => ballot.round === id),
    index,
  );
  const fans = weighed.votes.filter((vote) => vote.index === index && vote.up).map(({ voter }) => voter);
  const share = percent(session.rules.guards.doubt ?? 0);
  return say(
    '**{name}** was held back from being the best, since {share} of the usual voters could have made it so alone. For it were {fans}.',
    { name, share, fans: named(voters, fans) },
  );
}
