/** Channels that are lost and come back, and sessions whose last channel was deleted. */
import { describe, expect, it } from 'vitest';
import { nextTick } from '../../../src/domain/views.js';
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
