/**
 * A crowd's round is judged in slices: the event loop turns meanwhile, other events of that session wait for
 * the end, and what comes out is what one decision in one go gives.
 */
import { expect, test } from 'vitest';
import { decided } from '../../bot/sessions/decide-in-slices.js';
import { Homes } from '../../bot/sessions/homes.js';
import { Sessions } from '../../bot/sessions/sessions.js';
import type { SessionStore } from '../../bot/sessions/sessions-parts.js';
import { decide } from '../../src/domain/decide.js';
import { nowhereElse } from '../../src/domain/state/budgets.js';
import type { Swept } from '../../src/domain/state/events.js';
import { silentLog } from '../../src/log.js';
import { person, World } from '../support/world.js';

const voters = Array.from({ length: 150 }, (_, i) => `v${String(i).padStart(3, '0')}`);

/** A round with more than a thousand marks, closing; its last sweep will make it ready. */
function crowded(): { world: World; last: Swept } {
  const world = new World({ imagesPerRound: 18, quorumBy: 'marks', quorum: 1000 });
  world.settle();
  world.consent(...voters);
  for (const [v, voter] of voters.entries())
    for (const ballot of world.live())
      for (const cell of [1, 2, 3, 4]) world.react(voter, ballot, `${cell < 4 ? cell : cell + (v % 5)}`);
  world.command({ name: 'close' });
  world.settle((effect) => effect.kind === 'sweep' && world.outbox.size === 1);
  const [effect] = [...world.outbox.values()];
  if (effect?.kind !== 'sweep') throw new Error('no sweep is left');
  const marks = [...world.platform.get(effect.ballot)!].map((mark) => {
    const [voter, emoji] = mark.split(' ') as [string, string];
    return { voter: person(voter), emoji };
  });
  const { ballot, key } = effect;
  return {
    world,
    last: { kind: 'swept', ballot, effect: key, beganAt: world.now, marks, at: world.now + 1 },
  };
}

test('a large round is judged in slices, with the same end', async () => {
  const { world, last } = crowded();
  const verdict = decided(() => world.state, last, nowhereElse);
  expect(verdict).toBeInstanceOf(Promise);
  const wanted = decide(world.state, last);
  expect(wanted.state.rounds[0]!.outcome).toMatchObject({ voters: 150, method: 'dawid-skene' });
  const { state, rows, effects } = await verdict;
  expect([rows, effects]).toEqual([wanted.rows, wanted.effects]);
  expect(state).toEqual(wanted.state);
});

function sessionsOf(world: World, commit: SessionStore['commit'] = async () => {}): Sessions {
  return new Sessions({
    clock: { now: () => world.now },
    log: silentLog,
    homes: new Homes(),
    store: { commit, load: async () => undefined, lookups: { newestIn: async () => undefined } },
    fatal: (error) => {
      throw error;
    },
  });
}

test('nothing else of the session is decided meanwhile', async () => {
  const { world, last } = crowded();
  const order: string[] = [];
  const sessions = sessionsOf(world, async (rows) => {
    for (const change of rows)
      if (change.table === 'fact') order.push(change.row.late ? 'late mark' : 'mark');
      else if (change.table === 'round') order.push(change.row.state);
  });
  sessions.load([world.state]);
  sessions.stopTicks();
  const ballot = world.live()[0]!.id;
  const closing = sessions.dispatch('cat', last);
  const late = sessions.dispatch('cat', {
    kind: 'reaction',
    ballot,
    voter: person('v000'),
    emoji: '9',
    present: true,
    at: world.now + 2,
  });
  expect(await closing).toBeNull();
  expect(await late).toMatchObject({ code: 'round-closed' });
  expect(order.at(-1)).toBe('late mark');
  expect(order).toContain('learning');
  const state = sessions.get('cat')!;
  expect(state.rounds[0]!.outcome).toMatchObject({ voters: 150 });
});

test('a session of several communities keeps the voters of each', async () => {
  const world = new World();
  world.consent('ann');
  const [binding] = world.state.bindings;
  const sally = { ...world.state.voters.get('ann')!, key: 'sally', community: 'd' };
  const pooled = {
    ...world.state,
    session: { ...world.state.session, id: 'dog' },
    bindings: [binding!, { ...binding!, session: 'dog', channel: 'fake-2', community: 'd', ordinal: 1 }],
    voters: new Map([...world.state.voters, ['sally', sally]]),
  };
  const twin = { ...world.state, session: { ...world.state.session, id: 'cow' } };
  const sessions = sessionsOf(world);
  sessions.load([world.state, pooled, twin]);
  sessions.stopTicks();
  const consent = (id: string, key: string) =>
    sessions.dispatch(id, { kind: 'consent', voter: person(key), given: true, name: null, at: world.now });
  await consent('cat', 'bob');
  await consent('dog', 'cem');
  const names = (id: string) => [...sessions.get(id)!.voters.keys()].sort();
  expect(names('cat')).toEqual(['ann', 'bob', 'cem']);
  expect(names('cow')).toEqual(['ann', 'bob', 'cem']);
  expect(names('dog')).toEqual(['ann', 'bob', 'cem', 'sally']);
  expect(sessions.get('cow')!.voters).toBe(sessions.get('cat')!.voters);
});
