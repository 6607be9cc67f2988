/**
 * What moderators do: more variety, review, exclusion after the fact, and turning acts back.
 */
import { describe, expect, it } from 'vitest';
import { approvals } from '../../../src/domain/state/approval.js';
import type { Act as ActRow } from '../../../src/domain/state/model.js';
import { wilsonLower } from '../../../src/domain/voting/taste/statistics.js';
import { acts, finish, goods, opened, undoLast, waiting } from '../../support/moderated.js';
import { person, placeOn, World } from '../../support/world.js';

describe('good pictures that are alike', () => {
  it('are told of once the round is learned from; more variety is set for the next one, once, and can be taken back', () => {
    const world = opened({ picks: true });
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle((effect) => effect.kind === 'learn');
    const told = () => world.asked.get('cat.1.outcome.0');
    expect(told()).toBe(1);
    const variety = { kept: 0.6, base: 4, tuned: 4 };
    const result = { kind: 'learn', steps: 1, learned: true, notes: [], seconds: 1, variety } as const;
    const job = waiting(world, 'learn')[0]!.key;
    world.send({ kind: 'job-done', job, result: { ...result, notes: [] }, at: world.now });
    expect(told()).toBe(2);
    const before = world.state.session;
    expect(world.command({ name: 'vary' }, 'member', 'ann')?.code).toBe('not-allowed');
    expect(world.command({ name: 'vary' })).toBeNull();
    const { learner, rules } = world.state.session;
    expect([learner, rules.picks]).toEqual([{ name: 'acclaim', until: 0.5 }, false]);
    expect(waiting(world, 'notice').at(-1)).toMatchObject({ notice: 'more-variety' });
    expect(world.command({ name: 'vary' })?.message).toContain('Nothing is left to set');
    const { seq, command, args } = acts(world).findLast((act) => act.command === 'vary' && !act.refused)!;
    expect(world.command({ name: 'undo', of: { seq, command, args } })).toBeNull();
    expect(world.state.session).toEqual(before);
  });
});

describe('review before posting', () => {
  it('holds a drawn round until a moderator lets it out, less what was hidden meanwhile', () => {
    const world = opened({ review: true });
    expect(world.round.state).toBe('review');
    expect(world.live()).toHaveLength(0);
    expect(waiting(world, 'post-ballot')).toHaveLength(0);
    expect([...world.asked.keys()].some((key) => key.includes('notice.review'))).toBe(true);
    expect(world.command({ name: 'approve' }, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
    world.command({ name: 'hide', index: 2 });
    expect(world.command({ name: 'approve' })).toBeNull();
    world.settle();
    expect(world.round.state).toBe('open');
    expect(world.command({ name: 'approve' })).toMatchObject({ code: 'unknown' });
    finish(world, ['ann', '1']);
    expect(goods(world)).toEqual([1, 0, null, 0]);
    expect(world.round).toMatchObject({ number: 2, state: 'review' });
  });

  it('redo draws others; turning it off lets the next round out by itself', () => {
    const world = opened({ review: true });
    world.command({ name: 'review', on: false });
    world.command({ name: 'redo' });
    world.settle();
    expect(world.state.rounds.map((r) => r.state)).toEqual(['aborted', 'open']);
  });

  it('is turned off by the founding side of a pool alone; a guest may only turn it on', () => {
    const world = opened({ review: true });
    world.join(placeOn('slack'));
    const say = (on: boolean, from: string) =>
      world.command({ name: 'review', on }, 'admin', 'boss-slack', from)?.code ?? null;
    const review = () => world.state.session.rules.review;
    expect([say(false, 'slack-1'), review()]).toEqual(['not-allowed', true]);
    expect([say(false, 'fake-1'), review()]).toEqual([null, false]);
    expect([say(true, 'slack-1'), review()]).toEqual([null, true]);
  });

  it('survives a restart', () => {
    const world = opened({ review: true });
    world.state = world.reload();
    world.command({ name: 'approve' });
    world.settle();
    expect(world.round.state).toBe('open');
  });
});

describe('exclusion after the fact', () => {
  it('counts past rounds anew without the voter; ledger and what was learned from stay; including again restores', () => {
    const world = opened();
    finish(world, ['ann', '1'], ['bob', '1'], ['cem', '4']);
    const before = world.state.rounds[0]!;
    const facts = JSON.stringify([...world.state.facts]);
    expect(before.outcome).toMatchObject({ voters: 3, votes: 12, excluded: [] });
    world.settle();
    world.command({ name: 'exclude', voter: 'cem' });
    const after = world.state.rounds[0]!;
    expect(after.outcome).toMatchObject({
      voters: 2,
      votes: 8,
      excluded: [{ reason: 'excluded', count: 1 }],
    });
    // A1 by both who are left.
    expect(approvals(world.state.rounds)).toMatchObject([{ round: 1, judged: 4, liked: 1 }]);
    expect(after.feedback).toEqual(before.feedback);
    expect(JSON.stringify([...world.state.facts])).toBe(facts);
    expect(world.outbox.has('cat.1.outcome.0')).toBe(true);
    // Later votes of theirs do not count either.
    finish(world, ['ann', '2'], ['cem', '1']);
    expect(world.state.rounds[1]!.outcome).toMatchObject({ voters: 1 });
    undoTo(world, 'exclude');
    expect(world.state.rounds[0]!.outcome).toEqual(before.outcome);
    expect(world.state.rounds[1]!.outcome).toMatchObject({ voters: 2 });
  });
});

function undoTo(world: World, command: string): void {
  const of = acts(world).findLast((row) => row.command === command)!;
  expect(world.command({ name: 'undo', of })).toBeNull();
}

describe('undo', () => {
  it('stop: the session goes on from where it was', () => {
    const world = opened();
    finish(world, ['ann', '1']);
    world.command({ name: 'stop' });
    world.settle();
    expect(undoLast(world)).toBeNull();
    world.settle();
    expect(world.state.session).toMatchObject({ state: 'active', end: null, head: 1 });
    expect(world.round).toMatchObject({ number: 3, parent: 1, state: 'open' });
  });

  it('rollback: the later rounds are back, and the next starts from them', () => {
    const world = opened();
    for (let i = 0; i < 3; i++) finish(world, ['ann', '1']);
    world.command({ name: 'rollback', round: 1 });
    world.settle();
    expect(world.round.parent).toBe(1);
    expect(undoLast(world)).toBeNull();
    expect(world.state.rounds.slice(0, 3).map((r) => r.state)).toEqual(['done', 'done', 'done']);
    expect(world.state.session.head).toBe(3);
    expect(world.round.parent).toBe(3);
  });

  it('pause and settings go back to what they were', () => {
    const world = opened({ quorum: 2 });
    world.command({ name: 'pause' });
    undoLast(world);
    expect(world.state.session.state).toBe('active');
    const set = { name: 'settings', rules: { quorum: 5, review: true } } as const;
    expect(world.command(set)).toMatchObject({ code: 'not-allowed' });
    world.command(set, 'admin', 'boss');
    expect(world.state.session.rules).toMatchObject({ quorum: 5, review: true });
    // A moderator does not undo what only an admin may do.
    expect(undoLast(world)).toMatchObject({ code: 'not-allowed' });
    world.command(
      { name: 'undo', of: acts(world).find((row) => row.command === 'settings' && !row.refused)! },
      'admin',
      'boss',
    );
    expect(world.state.session.rules).toMatchObject({ quorum: 2, review: false });
  });

  it('is refused where things are otherwise since: resumed, ended, set anew', () => {
    const world = opened({ quorum: 2 });
    const last = () => acts(world).at(-1)!;
    const undo = (of: ActRow & { seq: number }) => world.command({ name: 'undo', of }, 'admin', 'boss');
    world.command({ name: 'pause' });
    const paused = last();
    world.command({ name: 'resume' });
    const resumed = last();
    expect(undo(paused)).toMatchObject({ code: 'unknown' });
    world.command({ name: 'settings', rules: { quorum: 3 } }, 'admin', 'boss');
    const set = last();
    world.command({ name: 'settings', rules: { quorum: 4 } }, 'admin', 'boss');
    expect(undo(set)).toMatchObject({ code: 'unknown' });
    expect(world.state.session.rules.quorum).toBe(4);
    world.command({ name: 'stop' });
    expect(undo(resumed)).toMatchObject({ code: 'unknown' });
  });

  it('of an exclusion is told to the list that outlives people, by account; of who was forgotten nothing is', () => {
    const world = opened();
    const listed = () =>
      world.rows.flatMap((row) => (row.table === 'exclusion' ? [[row.voter, row.on]] : []));
    world.command({ name: 'exclude', voter: 'ann' });
    expect(listed()).toEqual([['ann', true]]);
    undoLast(world);
    expect(listed()).toEqual([
      ['ann', true],
      ['ann', false],
    ]);
    const gone = { ...world.state.voters.get('ann')!, key: '~gone', pseudonym: true };
    world.state = { ...world.state, voters: new Map([['~gone', gone]]) };
    world.command({ name: 'exclude', voter: '~gone' });
    expect(world.state.voters.get('~gone')!.excluded).toBe(true);
    expect(listed()).toHaveLength(2);
  });

  it('says why what cannot be undone cannot, and every undoing is audited', () => {
    const world = opened();
    world.command({ name: 'hide', index: 0 });
    expect(undoLast(world)).toMatchObject({ hint: expect.stringContaining('deleted') });
    expect(acts(world).at(-1)).toMatchObject({ command: 'undo', refused: 'unknown', role: 'moderator' });
    world.command({ name: 'pause' });
    const of = acts(world).at(-1)!;
    expect(world.command({ name: 'undo', of }, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
  });
});

it('hiding while the ballot is on its way edits it once it hangs', () => {
  const world = new World({ imagesPerRound: 4 }, false);
  world.carry(waiting(world, 'generate')[0]!);
  const post = waiting(world, 'post-ballot')[0]!;
  world.command({ name: 'hide', index: 1 });
  expect(waiting(world, 'edit-ballot')).toHaveLength(0);
  world.carry(post);
  expect(waiting(world, 'edit-ballot')).toHaveLength(1);
});

it('a newcomer who is trusted counts whole in past rounds as well, until that is undone', () => {
  const world = opened({ quorum: 99 });
  world.consent('dora');
  const fresh = Array.from({ length: 12 }, (_, i) => `new${i}`);
  for (const key of fresh)
    world.send({
      kind: 'consent',
      voter: { ...person(key), bornAt: world.now - 86_400_000 },
      given: true,
      at: world.now,
    });
  finish(world, ...['ann', 'bob', 'cem', 'dora', ...fresh].map((key): [string, string] => [key, '1']));
  const bound = () => world.state.rounds[0]!.outcome!.bestBound;
  // Four and two fifths of (four + one); with one more five and two fifths of six.
  expect(bound()).toBeCloseTo(wilsonLower(6, 6), 9);
  world.command({ name: 'trust', voter: 'new3' });
  expect(bound()).toBeCloseTo(wilsonLower(7.4, 7.4), 9);
  undoLast(world);
  expect(bound()).toBeCloseTo(wilsonLower(6, 6), 9);
});
