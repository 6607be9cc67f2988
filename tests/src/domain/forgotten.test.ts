/** What forgetting does to sessions in memory; that it is what the store reads back is held by the store's tests. */
import { expect, it } from 'vitest';
import { forgetIn } from '../../../src/domain/state/forgotten.js';
import type { SessionState, Voter } from '../../../src/domain/state/model.js';
import { World } from '../../support/world.js';

/** A round on which ann and bob voted; `createdBy` opened the session. */
function voted(createdBy: string): SessionState {
  const world = new World({ imagesPerRound: 4, quorum: 9, quorumBy: 'marks' });
  world.settle();
  world.consent('ann', 'bob');
  const [ballot] = world.live();
  world.react('ann', ballot!, '1');
  world.react('bob', ballot!, '2');
  return { ...world.state, session: { ...world.state.session, createdBy } };
}

const marks = ({ facts }: SessionState) =>
  [...facts.values()].flatMap((list) => [...list].map(({ voter, emoji }) => `${voter} ${emoji}`)).sort();

it('a person is a stand-in of each round, in the communities of a session alone, and nobody else is touched', () => {
  const [mine, theirs] = [voted('ann'), voted('bob')];
  const standIn = (key: string, community: string): Voter => ({
    ...mine.voters.get('ann')!,
    ...{ key, community, pseudonym: true },
  });
  const gone = {
    keys: new Set(['ann', 'ann-elsewhere']),
    names: new Map([[mine.rounds[0]!.id, '~1']]),
    standIns: [standIn('~1', 'c'), standIn('~2', 'elsewhere')],
  };
  const [first, second] = forgetIn([mine, theirs], gone) as [SessionState, SessionState];
  expect([...first.voters.keys()].sort()).toEqual(['bob', '~1']);
  expect(marks(mine)).toEqual(['ann 1', 'bob 2']);
  expect(marks(first)).toEqual(['bob 2', '~1 1']);
  // Whoever opened it is a name too.
  expect([first.session.createdBy, second.session.createdBy]).toEqual([null, 'bob']);
});

it('sessions that share their voters go on sharing them', () => {
  const one = voted('bob');
  const gone = { keys: new Set(['ann']), names: new Map(), standIns: [] };
  const [first, second] = forgetIn([one, { ...one }], gone) as [SessionState, SessionState];
  expect(second.voters).toBe(first.voters);
  // Where no round of theirs is, marks are the very same.
  expect(first.facts).toBe(one.facts);
});
