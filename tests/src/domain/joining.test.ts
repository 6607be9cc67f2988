/** How channels come into a pool and leave it: by whose code, on which terms, and what becomes of the ballots. */
import { describe, expect, it } from 'vitest';
import type { Place } from '../../../src/domain/state/model.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { placeOn, World } from '../../support/world.js';

const [slack, web] = [placeOn('slack'), placeOn('web')];

function opened(rules: Partial<Rules> = {}, nsfw = false): World {
  const world = new World({ imagesPerRound: 4, quorum: 9, ...rules }, true, nsfw);
  world.settle();
  return world;
}
const invite = (world: World, code: string, ms: number) =>
  world.command({ name: 'invite', code, until: world.now + ms }, 'admin', 'boss');
/** Code of the refusal; null where it is in. */
function joins(world: World, code: string, place: Place, nsfw = false, theirs: Partial<Rules> = {}) {
  const quorum = { quorum: 1, quorumBy: 'done', ...theirs } as const;
  const act = { name: 'join', code, place, nsfw, quorum } as const;
  return world.command(act, 'admin', 'guest', place.channel)?.code ?? null;
}
const leaves = (world: World, ordinal: number | null, from: string) =>
  world.command({ name: 'leave', ordinal }, 'admin', 'guest', from)?.code ?? null;
const states = ({ state }: World) =>
  [...state.ballots.values()].map(({ channel, state }) => `${channel} ${state}`);
const asked = (world: World, what: string) => [...world.outbox.keys()].filter((key) => key.includes(what));

describe('a code', () => {
  it('lets one channel in, once, and only before its time is over', () => {
    const world = opened();
    invite(world, 'a', 10);
    expect(joins(world, 'b', slack)).toBe('unknown');
    world.now += 10;
    expect(joins(world, 'a', slack)).toBe('unknown');
    invite(world, 'c', 10);
    world.now += 9;
    expect(joins(world, 'c', slack)).toBeNull();
    expect(joins(world, 'c', web)).toBe('unknown');
  });

  it('lets no channel that is not guarded into a session of unsafe pictures', () => {
    const world = opened({}, true);
    invite(world, 'a', 10);
    expect(joins(world, 'a', slack)).toBe('not-allowed');
    expect(joins(world, 'a', slack, true)).toBeNull();
  });
});

it.each([
  [
    { quorum: 2, quorumBy: 'done' },
    { quorum: 5, quorumBy: 'marks' },
    { quorum: 5, quorumBy: 'marks' },
  ],
  [
    { quorum: 5, quorumBy: 'marks' },
    { quorum: 2, quorumBy: 'done' },
    { quorum: 5, quorumBy: 'marks' },
  ],
  [
    { quorum: 2, quorumBy: 'done' },
    { quorum: 2, quorumBy: 'done' },
    { quorum: 2, quorumBy: 'done' },
  ],
] as const)('a pool of %o and %o closes by the stricter of both', (ours, theirs, both) => {
  const world = opened(ours);
  invite(world, 'a', 10);
  joins(world, 'a', slack, false, theirs);
  expect(world.state.session.rules).toMatchObject(both);
});

it('a channel that comes while a moderator looks at the round gets its ballots with the others', () => {
  const world = opened({ review: true });
  invite(world, 'a', 10);
  joins(world, 'a', slack);
  world.settle();
  expect(states(world)).toEqual(['fake-1 planned', 'slack-1 planned']);
  world.command({ name: 'approve' });
  world.settle();
  expect(states(world)).toEqual(['fake-1 live', 'slack-1 live']);
});

describe('a channel that leaves', () => {
  function pooled(): World {
    const world = opened();
    for (const place of [slack, web]) world.join(place);
    world.settle();
    return world;
  }

  it('does so by its own side or the founding one, which itself cannot', () => {
    expect(leaves(pooled(), 2, slack.channel)).toBe('not-allowed');
    expect(leaves(pooled(), 0, 'fake-1')).toBe('not-allowed');
    expect(leaves(pooled(), 2, 'fake-1')).toBeNull();
    expect(leaves(pooled(), null, web.channel)).toBeNull();
  });

  it('takes its own ballots along and no others, and the next one gets a place of its own', () => {
    const world = pooled();
    leaves(world, 1, slack.channel);
    expect(states(world)).toEqual(['fake-1 live', 'slack-1 closed', 'web-1 live']);
    leaves(world, 2, web.channel);
    world.join(placeOn('discord'));
    expect(world.state.bindings.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2, 3]);
  });

  it('while the round closes leaves it to a channel that was lost, which is read then', () => {
    const world = opened();
    world.join(slack);
    world.settle();
    const lost = { channel: 'fake-1', canPost: false, gone: false, nsfw: false } as const;
    world.send({ kind: 'channel', ...lost, at: world.now });
    world.command({ name: 'close' });
    expect(asked(world, '.sweep.')).toEqual([expect.stringMatching(/^cat\.1\.s0\.1\./)]);
    leaves(world, 1, slack.channel);
    expect(asked(world, '.sweep.')).toContainEqual(expect.stringMatching(/^cat\.1\.s0\.0\./));
  });
});
