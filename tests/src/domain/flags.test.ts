/** Flags: whose count, what they reach, and how a moderator undoes them. */
import { describe, expect, it } from 'vitest';
import type { Act as ActRow, Voter } from '../../../src/domain/state/model.js';
import { person, placeOn, World } from '../../support/world.js';

const day = 86_400_000;

function opened(...voters: string[]): World {
  const world = new World({ imagesPerRound: 4, quorum: 9 }, false);
  world.settle();
  world.consent(...voters);
  return world;
}
/** Somebody whose account is so many days old. */
function newcomer(world: World, key: string, days = 0): void {
  const voter = { ...person(key), bornAt: world.now - days * day };
  world.send({ kind: 'consent', voter, given: true, at: world.now });
}
const flag = (world: World, key: string, index = 1, round?: number) =>
  world.command({ name: 'flag', index, round }, 'member', key);
const image = (world: World, index = 1) => world.state.images.get('cat.1')![index]!;
const acts = (world: World): (ActRow & { seq: number })[] =>
  world.rows
    .flatMap((change) => (change.table === 'act' ? [change.row] : []))
    .map((row, i) => ({ ...row, seq: i }));
const lastOf = (world: World, command: string) => acts(world).findLast((act) => act.command === command)!;
const row = (world: World, key: string): Voter => world.state.voters.get(key)!;

describe('flags count as votes do', () => {
  it('newcomers hold nothing back by themselves, however many they are', () => {
    const world = opened('ann', 'bob');
    for (let i = 0; i < 20; i++) {
      newcomer(world, `new${i}`);
      for (const index of [0, 1, 2, 3]) flag(world, `new${i}`, index);
    }
    expect([0, 1, 2, 3].map((index) => image(world, index).state)).toEqual(Array(4).fill('shown'));
    // With one of the others as many newcomers count as there are others.
    flag(world, 'ann', 2);
    expect([0, 1, 2, 3].map((index) => image(world, index).state)).toEqual([
      'shown',
      'shown',
      'held',
      'shown',
    ]);
  });

  it('newcomers alone hold nothing, and moderators are told so, once a picture', () => {
    const told = (world: World, notice: string) =>
      [...world.asked.entries()].flatMap(([key, times]) => (key.includes(`.${notice}.`) ? [times] : []));
    const world = opened('ann', 'bob', 'cem');
    for (let i = 0; i < 5; i++) newcomer(world, `new${i}`);
    flag(world, 'new0', 1);
    expect(told(world, 'reported')).toEqual([]);
    for (let i = 0; i < 5; i++) for (const index of [1, 2]) flag(world, `new${i}`, index);
    expect(told(world, 'reported')).toEqual([1, 1]);
    expect(image(world)).toMatchObject({ state: 'shown', reported: true });
    world.state = world.reload();
    newcomer(world, 'new9');
    for (const index of [1, 2]) flag(world, 'new9', index);
    expect(told(world, 'reported')).toEqual([1, 1]);
    // Weighed anew all at once, each picture has a notice of its own.
    for (const key of ['ann', 'bob'])
      for (const index of [1, 2]) world.react(key, world.live()[0]!, `flag-${index + 1}`);
    world.command({ name: 'trust', voter: 'cem' });
    expect([1, 2].map((index) => image(world, index).state)).toEqual(['held', 'held']);
    expect(told(world, 'flagged')).toEqual([1, 1]);
  });

  it('not those of the excluded; a picture that they held back is seen again', () => {
    const world = opened('ann', 'bob', 'cem');
    flag(world, 'ann');
    flag(world, 'bob');
    expect(image(world)).toMatchObject({ state: 'held', heldBy: 'flags' });
    world.command({ name: 'exclude', voter: 'bob' });
    expect(image(world)).toMatchObject({ state: 'shown', heldBy: null });
    world.command({ name: 'include', voter: 'bob' });
    expect(image(world)).toMatchObject({ state: 'held', heldBy: 'flags' });
    world.command({ name: 'exclude', voter: 'bob' });
    flag(world, 'bob', 2);
    flag(world, 'cem', 2);
    expect(image(world, 2).state).toBe('shown');
  });

  it('not of who leaves, nor of who never agreed', () => {
    const world = opened('ann', 'bob');
    expect(flag(world, 'zoe')).toMatchObject({ code: 'no-consent' });
    flag(world, 'ann');
    flag(world, 'bob');
    expect(image(world).state).toBe('held');
    world.send({ kind: 'consent', voter: person('ann'), given: false, at: world.now });
    expect(image(world).state).toBe('shown');
  });

  it('linked accounts are one', () => {
    const world = opened('ann', 'ann2', 'bob');
    world.link('+ann', 'ann', 'ann2');
    flag(world, 'ann');
    flag(world, 'ann2');
    expect(image(world).state).toBe('shown');
  });

  it('only in rounds that take votes', () => {
    const world = opened('ann', 'bob');
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle();
    expect(flag(world, 'ann', 1, 1)).toMatchObject({ code: 'round-closed' });
    expect(flag(world, 'bob', 1, 1)).toMatchObject({ code: 'round-closed' });
    expect(image(world).state).toBe('shown');
  });
});

describe('a moderator', () => {
  it('is taken back by whoever gave it while votes are taken, and what it helped to hold is seen again', () => {
    const world = opened('ann', 'bob', 'cem');
    const back = (key: string, index = 1) =>
      world.command({ name: 'flag', index, back: true }, 'member', key);
    flag(world, 'ann');
    flag(world, 'bob');
    expect(image(world)).toMatchObject({ state: 'held', heldBy: 'flags' });
    expect(back('cem')).toMatchObject({ code: 'unknown', message: 'You did not report A2.' });
    expect(back('ann', 0)).toMatchObject({ code: 'unknown' });
    expect(image(world)).toMatchObject({ state: 'held' });
    expect(back('ann')).toBeNull();
    expect(image(world)).toMatchObject({ state: 'shown', heldBy: null });
    expect(back('ann')).toMatchObject({ code: 'unknown' });
    // Given again it counts again; what is taken back stays so after a restart.
    flag(world, 'cem');
    world.state = world.reload();
    expect(image(world)).toMatchObject({ state: 'held', heldBy: 'flags' });
    expect(lastOf(world, 'flag').args).not.toHaveProperty('back');
  });

  it('shows a picture again, which flags hold back no more, and takes that back', () => {
    const world = opened('ann', 'bob', 'cem', 'dan');
    expect(world.command({ name: 'show', index: 1 })).toMatchObject({ code: 'unknown' });
    flag(world, 'ann');
    flag(world, 'bob');
    expect(world.command({ name: 'show', index: 1 }, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
    expect(world.command({ name: 'show', index: 1 })).toBeNull();
    expect(image(world)).toMatchObject({ state: 'shown', heldBy: null, passed: true });
    expect(lastOf(world, 'show')).toMatchObject({ role: 'moderator', args: { index: 1, round: 1 } });
    flag(world, 'cem');
    flag(world, 'dan');
    expect(image(world).state).toBe('shown');
    expect(world.command({ name: 'undo', of: lastOf(world, 'show') })).toBeNull();
    expect(image(world)).toMatchObject({ state: 'held', heldBy: 'flags' });
    expect(image(world)).not.toHaveProperty('passed');
  });

  it('takes the flag back that held a picture, and none that did not', () => {
    const world = opened('ann', 'bob');
    flag(world, 'ann');
    const first = lastOf(world, 'flag');
    flag(world, 'bob');
    expect(lastOf(world, 'flag').args).toMatchObject({ held: true, round: 1 });
    expect(world.command({ name: 'undo', of: first })).toMatchObject({ code: 'unknown' });
    expect(world.command({ name: 'undo', of: lastOf(world, 'flag') })).toBeNull();
    expect(image(world).state).toBe('shown');
  });

  it('cannot show what is hidden or what the safety checker holds back', () => {
    const world = opened('ann', 'bob');
    world.command({ name: 'hide', index: 1 });
    expect(world.command({ name: 'show', index: 1 })?.message).toContain('deleted');
    world.rows.push({ table: 'image', row: { ...image(world, 2), state: 'held', heldBy: 'checker' } });
    world.state = world.reload();
    expect(world.command({ name: 'show', index: 2 })?.message).toContain('safety checker');
    expect(image(world, 2).state).toBe('held');
  });

  it('excludes a person with all accounts: unlinking one is no way back', () => {
    const world = opened('ann', 'ann2', 'bob');
    world.link('+ann', 'ann', 'ann2');
    world.command({ name: 'exclude', voter: 'ann' });
    world.link(null, 'ann', 'ann2');
    expect([row(world, 'ann').excluded, row(world, 'ann2').excluded]).toEqual([true, true]);
  });

  it('shows how a closed round ended anew with the picture, which no exclusion brings back by itself', () => {
    const world = opened('ann', 'bob', 'cem');
    flag(world, 'ann');
    flag(world, 'bob');
    world.react('cem', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle((effect) => effect.kind === 'learn');
    world.command({ name: 'exclude', voter: 'ann' });
    expect([world.round.state, image(world).state]).toEqual(['learning', 'held']);
    world.settle();
    world.command({ name: 'show', index: 1, round: 1 });
    expect(image(world).state).toBe('shown');
    expect([...world.outbox.keys()]).toContain('cat.1.outcome.0');
  });

  it('undoes no showing twice, where the picture is seen since for another reason', () => {
    const world = opened('ann', 'bob');
    flag(world, 'ann');
    flag(world, 'bob');
    world.command({ name: 'show', index: 1 });
    const shown = lastOf(world, 'show');
    expect(world.command({ name: 'undo', of: shown })).toBeNull();
    world.command({ name: 'flag', index: 1, back: true }, 'member', 'ann');
    expect(image(world).state).toBe('shown');
    expect(world.command({ name: 'undo', of: shown })).toMatchObject({ code: 'unknown' });
    expect(image(world).state).toBe('shown');
  });
});

describe('a flag from an account that anybody could have made', () => {
  const web = (world: World, ...keys: string[]) => {
    world.join(placeOn('web'));
    world.consent(...keys);
  };

  it('holds nothing with others like it, and does beside one that a moderator trusts', () => {
    const world = opened();
    web(world, 'ann-web', 'bob-web');
    flag(world, 'ann-web');
    flag(world, 'bob-web');
    expect(image(world).state).toBe('shown');
    world.command({ name: 'trust', voter: 'ann-web' });
    expect(image(world).state).toBe('held');
  });

  it('counts in full where its owner is known from a platform too', () => {
    const world = opened('ann');
    web(world, 'ann-web', 'bob-web');
    world.link('+ann', 'ann', 'ann-web');
    flag(world, 'ann-web');
    flag(world, 'bob-web');
    expect(image(world).state).toBe('held');
  });
});

it('a flag is taken back from another of its owner’s accounts, and on a ballot that was deleted since', () => {
  const world = opened('ann', 'ann2', 'bob');
  world.link('+ann', 'ann', 'ann2');
  flag(world, 'ann');
  world.send({ kind: 'ballot-gone', ballot: world.live()[0]!.id, at: world.now });
  world.settle();
  expect(world.command({ name: 'flag', index: 1, back: true }, 'member', 'ann2')).toBeNull();
  flag(world, 'bob');
  expect(image(world).state).toBe('shown');
});
