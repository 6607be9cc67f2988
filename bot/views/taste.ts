/** What somebody is told of their own taste where a session was split: to them alone. */
import { membersOf, namesOf } from '../../src/domain/sessions/split.js';
import type { SessionState } from '../../src/domain/state/model.js';
import {
  type Camp,
  campOf,
  camps,
  otherCamp,
  type Picture,
  type Split,
} from '../../src/domain/state/split.js';
import { nameOf, votesOf } from '../../src/domain/voting/mine.js';
import { accountsOf, personOf } from '../../src/domain/voting/people.js';
import { lines, say, sentences, type Text } from '../../src/words/text.js';
import { campLine, howToMove } from './camps.js';
import type { Answer } from './notice.js';

/** What somebody is told of their own camp. `parent`: undefined where it is no more. */
export function tasteAnswer(
  state: SessionState,
  {
    parent,
    addresses,
    voter,
  }: { parent: SessionState | undefined; addresses: Record<Camp, Text>; voter: string },
): Answer {
  const split = state.session.split!;
  const own = campOf(
    accountsOf(state.voters, personOf(state.voters, voter)),
    split,
    Number.POSITIVE_INFINITY,
  );
  const people = membersOf(state, split);
  const all = camps.map((camp) => {
    const likes = parent ? namesOf(parent, split.likes[camp]) : '';
    return campLine({ camp, people: people[camp], address: addresses[camp], likes });
  });
  return {
    title: say('Your taste'),
    text: lines([
      own === undefined
        ? say('You are of no camp, and your marks count in both.')
        : sentences(
            say('You are of camp **{camp}**.', { camp: own }),
            parent ? why(parent, split, own, voter) : '',
          ),
      ...all,
      howToMove,
    ]),
    data: { session: state.session.id },
  };
}

/** By the pictures that tell the camps apart, of those that they voted on. */
function why(parent: SessionState, { likes }: Split, own: Camp, voter: string): Text {
  const votes = votesOf(parent, voter);
  const said = (pictures: readonly Picture[], vote: 'good' | 'not good') =>
    namesOf(
      parent,
      pictures.filter(({ round: number, index }) => {
        const round = parent.rounds.find((row) => row.number === number);
        const name = round && nameOf(parent, round, index);
        return votes.some((one) => one.round === number && one.picture === name && one.vote === vote);
      }),
    );
  const [liked, not] = [said(likes[own], 'good'), said(likes[otherCamp(own)], 'not good')];
  return sentences(
    liked === '' ? '' : say('Like it you called {liked} good.', { liked }),
    not === '' ? '' : say('Like it you did not call {not} good.', { not }),
  );
}
