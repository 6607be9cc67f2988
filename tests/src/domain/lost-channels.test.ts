/** Channels that are lost and come back, and sessions whose last channel was deleted. */
import { describe, expect, it } from 'vitest';
import { nextTick } from '../../../src/domain/sessions/views.js';
import type { Effect } from '../../../src/domain/state/effects.js';
import { World } from '../../support/world.js';

const dayMs = 86_400_000;

function opened(): World {
  const world = new World({ imagesPerRound: 4 });
  world.settle();
  world.consent('ann', 'bob');
  return world;
}

const tell = (world: World, canPost: boolean, gone = false, channel = 'fake-1') =>
  world.send({ kind: 'channel', channel, canPost, gone, nsfw: false, at: world.now });

describe('a channel that takes posts again', () => {
  it('is shown what was refused there: how the last round ended, and its ballots as they are', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    // What shows the end is refused, for good.
    world.settle((effect) => effect.kind === 'edit-ballot' || effect.kind === 'card');
    const ended = [...world.outbox.values()].filter(
      (effect) => effect.kind === 'edit-ballot' || (effect.kind === 'card' && effect.card === 'outcome'),
    );
    expect(ended.length).toBeGreaterThan(1);
    for (const { key } of ended)
      world.send({ kind: 'effect-failed', effect: key, ballot: null, at: world.now });
    for (const canPost of [false, true]) tell(world, canPost);
    for (const { key } of ended) expect([...world.outbox.keys()]).toContain(key);
  });
});

describe('a channel that is told of', () => {
  const edited = (world: World) =>
    [...world.outbox.values()].flatMap((effect) => (effect.kind === 'edit-ballot' ? [effect.ballot] : []));

  it('as it was makes nobody say anything again', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle();
    tell(world, true);
    expect([...world.outbox.keys()]).toEqual([]);
  });

  it('as back again is shown the ballots of the newest round and of the last that closed, none from before', () => {
    const world = opened();
    for (let round = 1; round <= 2; round++) {
      world.react('ann', world.live()[0]!, '1');
      world.command({ name: 'close' });
      world.settle();
    }
    for (const canPost of [false, true]) tell(world, canPost);
    expect(edited(world)).toEqual(['cat.2.s0.0', 'cat.3.s0.0']);
  });
});

it('a ballot that somebody deleted twice is not posted again when its channel comes back', () => {
  const world = opened();
  for (let times = 0; times < 2; times++) {
    world.send({ kind: 'ballot-gone', ballot: world.live()[0]!.id, at: world.now });
    world.settle();
  }
  for (const canPost of [false, true]) tell(world, canPost);
  expect([...world.outbox.values()].filter(({ kind }) => kind === 'post-ballot')).toEqual([]);
});

it('a session that may not be shown in its last channel rests, though another once was of its pool', () => {
  const world = new World({ imagesPerRound: 4 }, false, true);
  world.command({ name: 'invite', code: 'x', until: world.now + 1 }, 'admin', 'boss');
  const place = {
    channel: 'fake-2',
    community: 'fake',
    platform: 'fake',
    address: '2',
    sweeps: true,
  } as const;
  const quorum = { quorum: 1, quorumBy: 'done' } as const;
  world.command({ name: 'join', code: 'x', place, nsfw: true, quorum }, 'admin', 'boss', 'fake-2');
  world.settle();
  world.command({ name: 'leave', ordinal: 1 }, 'admin', 'boss');
  tell(world, true);
  expect(world.state.session).toMatchObject({ state: 'paused', pause: 'guard' });
});

describe('a session whose channel was deleted', () => {
  it('ends by itself a day later, and not before', () => {
    const world = opened();
    tell(world, false, true);
    const since = world.now;
    world.tick(dayMs - 1000);
    expect(world.state.session.state).not.toBe('ended');
    expect(nextTick(world.state, world.now)).toBe(since + dayMs);
    // Told once more, it is not put off.
    tell(world, false, true);
    world.tick(2000);
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'gone' });
    expect(world.round.state).toBe('aborted');
    expect(nextTick(world.state, world.now)).toBeNull();
  });

  it('of a pool ends a day after the last of its channels was, to the millisecond', () => {
    const world = opened();
    world.join({ channel: 'fake-2', community: 'fake', platform: 'fake', address: '2', sweeps: true });
    tell(world, false, true);
    world.now += dayMs / 2;
    tell(world, false, true, 'fake-2');
    world.tick(dayMs - 1);
    expect(world.state.session.state).not.toBe('ended');
    world.tick(1);
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'gone' });
  });

  it('goes on in another channel of its pool, and waits for one that is only shut', () => {
    const pooled = opened();
    pooled.join({ channel: 'fake-2', community: 'fake', platform: 'fake', address: '2', sweeps: true });
    tell(pooled, false, true);
    pooled.tick(2 * dayMs);
    expect(pooled.state.session.state).not.toBe('ended');

    const shut = opened();
    tell(shut, false);
    shut.tick(2 * dayMs);
    expect(shut.state.session.state).not.toBe('ended');
    tell(shut, false, true);
    tell(shut, true);
    shut.tick(2 * dayMs);
    expect(shut.state.session.state).not.toBe('ended');
  });
});

describe('a closing round', () => {
  it('waits for no ballot in a channel that is lost, where another of its pool is there', () => {
    const world = opened();
    world.join({ channel: 'fake-2', community: 'fake', platform: 'fake', address: '2', sweeps: true });
    world.settle();
    const [here, there] = world.live();
    expect([here!.channel, there!.channel]).toEqual(['fake-1', 'fake-2']);
    world.react('ann', here!, '1');
    tell(world, false, false, 'fake-2');
    world.command({ name: 'close' });
    const sweepOf = (ballot: string) => (effect: Effect) =>
      effect.kind === 'sweep' && effect.ballot === ballot;
    world.settle((effect) => effect.kind === 'sweep');
    expect(world.round.state).toBe('closing');
    world.settle(sweepOf(there!.id));
    expect(world.state.rounds[0]!.state).toBe('done');
  });
});

describe('a session of pictures that need care', () => {
  const second = { channel: 'fake-2', community: 'c', platform: 'fake', address: '2', sweeps: true } as const;
  const allow = (world: World, nsfw: boolean, channel = 'fake-1', canPost = true) =>
    world.send({ kind: 'channel', channel, canPost, nsfw, at: ++world.now });
  const waiting = (world: World, kind: string) =>
    [...world.outbox.values()].filter((effect) => effect.kind === kind);
  const careful = (pooled: boolean) => {
    const world = new World({ imagesPerRound: 4 }, true, true);
    if (pooled) {
      world.command({ name: 'invite', code: 'code', until: world.now + 1 }, 'admin', 'boss');
      const joining = { name: 'join', code: 'code', place: second, nsfw: true } as const;
      const quorum = { quorum: 1, quorumBy: 'done' } as const;
      expect(world.command({ ...joining, quorum }, 'admin', 'boss', second.channel)).toBeNull();
    }
    world.settle();
    return world;
  };

  it('goes on in its pool where one channel may show it no longer; there it is taken down, and shown again later', () => {
    const world = careful(true);
    expect(world.live()).toHaveLength(2);
    allow(world, false, 'fake-2');
    expect(world.state.session.state).toBe('active');
    expect(waiting(world, 'take-down')).toMatchObject([{ channel: 'fake-2', key: 'cat.take-down.1' }]);
    expect(waiting(world, 'notice')).toEqual([]);
    const canPost = () => world.state.bindings.map((row) => row.canPost);
    expect(canPost()).toEqual([true, false]);
    world.settle();
    allow(world, true, 'fake-2');
    expect(canPost()).toEqual([true, true]);
    // What was taken down is made anew there, and only there.
    const edits = waiting(world, 'edit-ballot').map((effect) => 'ballot' in effect && effect.ballot);
    expect(edits).toEqual([world.live()[1]!.id]);
  });

  it('rests where its only channel may show it no longer, and where that takes no posts at all it does not', () => {
    const shut = careful(false);
    allow(shut, false, 'fake-1', false);
    expect(shut.state.session.state).toBe('active');
    expect(waiting(shut, 'take-down')).toEqual([]);
    const barred = careful(false);
    allow(barred, false);
    expect(barred.state.session).toMatchObject({ state: 'paused', pause: 'guard' });
    expect(waiting(barred, 'take-down')).toMatchObject([{ channel: 'fake-1', key: 'cat.take-down.0' }]);
  });

  it('rests for that, and says so once, though a moderator had paused it for another reason', () => {
    const world = careful(false);
    world.command({ name: 'pause' });
    world.settle();
    const reasons = () =>
      waiting(world, 'notice').flatMap((effect) => ('values' in effect ? [effect.values.reason] : []));
    allow(world, false);
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'guard' });
    expect(reasons()).toEqual(['guard']);
    world.settle();
    allow(world, false);
    expect(reasons()).toEqual([]);
  });

  it('is told of no channel that it does not know or that has left it', () => {
    const world = careful(true);
    const rows = world.rows.length;
    allow(world, false, 'fake-9');
    expect(world.rows).toHaveLength(rows);
    world.command({ name: 'leave', ordinal: null }, 'admin', 'boss', 'fake-2');
    world.settle();
    const binding = () => world.state.bindings.find((row) => row.channel === 'fake-2')!;
    expect(binding().leftAt).not.toBeNull();
    const before = binding();
    allow(world, false, 'fake-2');
    expect(binding()).toEqual(before);
    expect(waiting(world, 'take-down')).toEqual([]);
  });

  it('has its ballots planned and posted, once, where it rested before they were', () => {
    const world = new World({ imagesPerRound: 4 }, true, true);
    world.settle((effect) => effect.kind === 'post-ballot');
    expect(world.round.state).toBe('posting');
    allow(world, false);
    expect(waiting(world, 'post-ballot')).toEqual([]);
    world.settle();
    allow(world, true);
    expect(waiting(world, 'post-ballot')).toEqual([]);
    expect(world.command({ name: 'resume' })).toBeNull();
    expect(waiting(world, 'post-ballot')).toHaveLength(1);
    world.settle();
    expect([world.round.state, world.live().length]).toEqual(['open', 1]);
  });

  it('shows again what hung already where it rested before all ballots did', () => {
    const world = new World({ imagesPerRound: 8, sheetSize: 4 }, true, true);
    let posted = 0;
    world.settle((effect) => effect.kind === 'post-ballot' && posted++ > 0);
    const [hung] = world.live();
    expect([world.round.state, world.live().length]).toEqual(['posting', 1]);
    allow(world, false);
    world.settle();
    allow(world, true);
    world.settle();
    world.command({ name: 'resume' });
    const edits = waiting(world, 'edit-ballot').map((effect) => 'ballot' in effect && effect.ballot);
    expect(edits).toEqual([hung!.id]);
    expect(waiting(world, 'post-ballot')).toHaveLength(1);
  });

  it('shows its ballots, how far it is and how the last round ended once a moderator lets it go on', () => {
    const world = careful(false);
    world.consent('ann');
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle();
    allow(world, false);
    world.settle();
    allow(world, true);
    // What came of it shows pictures: until a moderator has looked, nobody is shown it.
    expect(waiting(world, 'card')).toEqual([]);
    world.settle();
    expect(world.command({ name: 'resume' })).toBeNull();
    const cards = waiting(world, 'card').map(
      (effect) => 'card' in effect && `${effect.card} ${effect.round}`,
    );
    expect(cards.sort()).toEqual(['outcome 1', 'progress 2']);
    const edits = waiting(world, 'edit-ballot').map((effect) => 'ballot' in effect && effect.ballot);
    expect(edits).toEqual([world.live()[0]!.id]);
  });
});
