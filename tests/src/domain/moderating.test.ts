/**
 * What moderators do: sessions that reduce unsafe images, review, exclusion after the fact, and turning acts
 * back.
 */
import { describe, expect, it } from 'vitest';
import { safeShare, varietyKept } from '../../../src/domain/rounds/evaluations.js';
import { approvals } from '../../../src/domain/state/approval.js';
import type { Evaluated } from '../../../src/domain/state/events.js';
import type { Act as ActRow } from '../../../src/domain/state/model.js';
import { wilsonLower } from '../../../src/domain/voting/taste/statistics.js';
import { person, placeOn, World } from '../../support/world.js';

function opened(rules = {}, nsfw = false): World {
  const world = new World({ imagesPerRound: 4, ...rules }, false, nsfw);
  world.settle();
  world.consent('ann', 'bob', 'cem');
  return world;
}
const finish = (world: World, ...marks: [string, string][]): void => {
  for (const [voter, emoji] of marks) world.react(voter, world.live()[0]!, emoji);
  world.command({ name: 'close' });
  world.settle();
};
const acts = (world: World): (ActRow & { seq: number })[] =>
  world.rows
    .flatMap((change) => (change.table === 'act' ? [change.row] : []))
    .map((row, i) => ({ ...row, seq: i }));
const undoLast = (world: World) => world.command({ name: 'undo', of: acts(world).at(-1)! });
const goods = (world: World, round = 0) => world.state.rounds[round]!.feedback!.images.map((one) => one.good);
const channel = (world: World, nsfw: boolean, canPost = true) =>
  world.send({ kind: 'channel', channel: 'fake-1', canPost, nsfw, at: world.now });
const waiting = (world: World, kind: string) =>
  [...world.outbox.values()].filter((effect) => effect.kind === kind);

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

describe('a session that reduces unsafe images', () => {
  it('takes a number for "unsafe": the others are good, and so is what a star names', () => {
    const world = opened({}, true);
    finish(world, ['ann', '2'], ['ann', 'star-4']);
    expect(goods(world)).toEqual([1, 0, 1, 1]);
    expect(world.state.rounds[0]!.outcome).toMatchObject({ best: 3 });
    expect(approvals(world.state.rounds)).toMatchObject([{ pictures: 4, judged: 4, liked: 3, share: 3 / 4 }]);
  });

  it('takes "none" for "nothing here is unsafe", and all of it good counts towards the goal', () => {
    const world = opened({ goal: 1, goalRounds: 1 }, true);
    finish(world, ['ann', 'none']);
    expect(goods(world)).toEqual([1, 1, 1, 1]);
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'goal' });
  });

  it('weighs what one of several left unmarked as it does elsewhere, only the other way round', () => {
    const world = opened({}, true);
    finish(world, ['ann', '1'], ['bob', '1'], ['bob', '2']);
    // Image 2: a whole "unsafe" against half a "good".
    expect(goods(world)).toEqual([0, 1 / 3, 1, 1]);
  });

  it("may begin with the checker's marks: learned before anybody votes, said, and never again", () => {
    /** The round that is due is drawn; the checker marks some of it. */
    const draw = (world: World, held: readonly number[]): World => {
      const job = waiting(world, 'generate').at(-1)!.key;
      const images = [0, 1, 2, 3].map((index) => {
        return { index, file: `${index}.png`, width: 8, height: 8, held: held.includes(index) };
      });
      world.send({ kind: 'job-done', job, result: { kind: 'generate', images }, at: world.now });
      return world;
    };
    const begun = (held: readonly number[], rules = {}, nsfw = true): World =>
      draw(new World({ imagesPerRound: 4, warmStart: true, ...rules }, false, nsfw), held);
    const world = begun([1, 2]);
    expect(world.round).toMatchObject({ number: 1, state: 'learning', outcome: null });
    const [learn] = waiting(world, 'learn') as { feedback: unknown }[];
    const label = (index: number, good: number) => ({ index, good, weight: 1, votes: 0, by: 'checker' });
    expect(learn!.feedback).toEqual({
      images: [label(0, 1), label(1, 0), label(2, 0), label(3, 1)],
      best: null,
    });
    expect(waiting(world, 'post-ballot')).toEqual([]);
    const told = (one: World) =>
      waiting(one, 'notice').flatMap((effect) => (effect.kind === 'notice' ? [effect] : []));
    expect(told(world)).toMatchObject([{ notice: 'warm-start', values: { unsafe: 2, of: 4 } }]);
    world.settle();
    expect(world.round).toMatchObject({ number: 2, state: 'open', noise: 'learner', parent: 1 });
    expect(approvals(world.state.rounds)).toEqual([]);
    world.command({ name: 'rollback', round: 0 });
    expect(draw(world, [1, 2]).round).toMatchObject({ number: 3, state: 'posting', parent: null });
    // Marks that say one thing of all, no wish for it, or another kind of session: people vote.
    for (const other of [begun([]), begun([1], { warmStart: false }), begun([1], {}, false)])
      expect([other.round.state, told(other)]).toEqual(['posting', []]);
    expect(begun([0, 1, 2, 3]).round.state).toBe('posting');
  });

  describe('is measured', () => {
    const of = (world: World) => world.state.session.evaluation;
    const side = (safe: number) => ({ safe, of: 4, variety: safe / 4 });
    const found = { state: 'running', by: 'judge', done: 2, total: 4, failure: null } as const;
    const prompts = [{ prompt: 'a cat', own: true, base: side(2), tuned: side(4) }];
    const tell = (world: World, round: number, more: Partial<Evaluated['found']> = {}) =>
      world.send({
        kind: 'evaluated',
        effect: `cat.${round}.evaluate`,
        round,
        found: { ...found, prompts, ...more },
        at: world.now,
      });

    it('when it ends, and when a moderator asks, once for what was learned', () => {
      const world = opened({ budgetRounds: 2 }, true);
      expect(world.command({ name: 'report' })).toMatchObject({ code: 'unknown' });
      finish(world, ['ann', '2']);
      expect(world.command({ name: 'report' }, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
      expect(waiting(world, 'evaluate')).toEqual([]);
      expect(world.command({ name: 'report' })).toBeNull();
      expect(waiting(world, 'evaluate')).toMatchObject([{ key: 'cat.1.evaluate', round: 1 }]);
      expect(of(world)).toMatchObject({ round: 1, state: 'running', prompts: [] });
      // What is asked for again runs already.
      expect(world.command({ name: 'report' })).toBeNull();
      expect(world.asked.get('cat.1.evaluate')).toBe(1);
      tell(world, 1);
      expect(of(world)).toMatchObject({ done: 2, prompts });
      expect(waiting(world, 'evaluate')).toHaveLength(1);
      tell(world, 1, { state: 'done', done: 4 });
      expect([of(world)!.state, waiting(world, 'evaluate')]).toEqual(['done', []]);
      expect(world.asked.get('cat.1.safety.0')).toBe(3);
      // Nobody takes back what only measured, and it is in the audit.
      expect(undoLast(world)).toMatchObject({ code: 'unknown' });

      finish(world, ['ann', '2']);
      expect(world.state.session.end).toBe('budget');
      expect(world.asked.get('cat.2.evaluate')).toBe(1);
      expect(of(world)).toMatchObject({ round: 2, state: 'running', prompts: [] });
      tell(world, 2, { state: 'failed', failure: { message: 'no checker', hint: '' } });
      expect(of(world)).toMatchObject({ state: 'failed' });
      // After the end too, and what failed is begun anew.
      expect(world.command({ name: 'report' })).toBeNull();
      expect(of(world)).toMatchObject({ round: 2, state: 'running', failure: null });
      expect(world.reload().session.evaluation).toEqual(of(world));
    });

    it('of the newest alone, and not at all where nothing was learned or the session is another', () => {
      const world = opened({}, true);
      finish(world, ['ann', '2']);
      world.command({ name: 'report' });
      finish(world, ['ann', '2']);
      world.command({ name: 'report' });
      tell(world, 1, { state: 'done' });
      expect(of(world)).toMatchObject({ round: 2, prompts: [] });
      const branch = { session: 'b', place: placeOn('fake'), prompt: null };
      world.command({ name: 'branch', round: 1, ...branch });
      const [row] = world.rows.flatMap((one) =>
        one.table === 'session' && one.row.id === 'b' ? [one.row] : [],
      );
      expect(row!.evaluation).toBeNull();
      const early = opened({}, true);
      early.command({ name: 'stop' });
      const other = opened({});
      finish(other, ['ann', '2']);
      expect(other.command({ name: 'report' })).toMatchObject({ code: 'unknown' });
      other.command({ name: 'stop' });
      expect(
        [...early.asked.keys(), ...other.asked.keys()].filter((key) => key.endsWith('evaluate')),
      ).toEqual([]);
    });

    it('in shares with their intervals, of what there is', () => {
      // By hand, z = 1.96: centre (p + z2 / 2n) / (1 + z2 / n), and half its width beside it.
      const [n, z2] = [40, 1.96 ** 2];
      const half = (1.96 * Math.sqrt((0.25 * 0.75) / n + z2 / (4 * n * n))) / (1 + z2 / n);
      const centre = (0.25 + z2 / (2 * n)) / (1 + z2 / n);
      const share = safeShare([
        { safe: 4, of: 20 },
        { safe: 6, of: 20 },
      ])!;
      expect(share).toMatchObject({ safe: 10, of: 40, share: 0.25 });
      expect(share.from).toBeCloseTo(centre - half, 12);
      expect(share.to).toBeCloseTo(centre + half, 12);
      expect(safeShare([])).toBeNull();
      const none = { ...prompts[0]!, base: { safe: 1, of: 4, variety: null } };
      const kept = { ...prompts[0]!, base: side(2), tuned: side(1) };
      expect([varietyKept([none]), varietyKept([none, kept])]).toEqual([null, 0.5]);
    });
  });

  it('rests with the reason when the checker held every image back', () => {
    const world = new World({ imagesPerRound: 2 });
    const [generate] = waiting(world, 'generate');
    const images = [0, 1].map((index) => ({
      index,
      file: `${index}.png`,
      width: 8,
      height: 8,
      held: true,
    }));
    world.send({
      kind: 'job-done',
      job: generate!.key,
      result: { kind: 'generate', images },
      at: world.now,
    });
    const [round] = world.state.rounds;
    expect(round).toMatchObject({ state: 'failed', failure: { code: 'not-allowed' } });
    expect(round!.failure!.message).toContain('held every image back');
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'failed' });
    expect(waiting(world, 'post-ballot')).toEqual([]);
  });

  it("keeps the checker's word against the voters', with its mark, and shows such images only where told to", () => {
    for (const showHeld of [true, false]) {
      const world = new World({ imagesPerRound: 4, showHeld }, false, true);
      const generate = waiting(world, 'generate')[0]!;
      const images = [0, 1, 2, 3].map((index) => ({
        index,
        file: `${index}.png`,
        width: 8,
        height: 8,
        held: index === 1,
      }));
      world.send({
        kind: 'job-done',
        job: generate.key,
        result: { kind: 'generate', images },
        at: world.now,
      });
      world.settle();
      world.consent('ann');
      expect(world.live()[0]!.cells).toEqual(showHeld ? [0, 1, 2, 3] : [0, 2, 3]);
      finish(world, ['ann', 'none']);
      const [, held] = world.state.rounds[0]!.feedback!.images;
      expect(held).toMatchObject({ good: 0, weight: 1, by: 'checker' });
      expect(goods(world)).toEqual([1, 0, 1, 1]);
    }
  });

  it('shows nobody a barred picture, whatever is set, and learns it as a bad one', () => {
    const world = new World({ imagesPerRound: 4, showHeld: true }, false, true);
    const generate = waiting(world, 'generate')[0]!;
    const images = [0, 1, 2, 3].map((index) => ({
      index,
      file: `${index}.png`,
      width: 8,
      height: 8,
      held: index === 1 || index === 2,
      barred: index === 1,
    }));
    world.send({
      kind: 'job-done',
      job: generate.key,
      result: { kind: 'generate', images },
      at: world.now,
    });
    world.settle();
    world.consent('ann');
    expect(world.live()[0]!.cells).toEqual([0, 2, 3]);
    finish(world, ['ann', 'none']);
    expect(world.state.rounds[0]!.feedback!.images[1]).toMatchObject({ good: 0, weight: 1, by: 'checker' });
  });

  it('rests when its channel may not show it any more, posts nothing, and goes on only by a moderator', () => {
    const world = opened({}, true);
    world.react('ann', world.live()[0]!, '1');
    channel(world, false);
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'guard' });
    expect(waiting(world, 'notice')).toMatchObject([{ notice: 'paused', values: { reason: 'guard' } }]);
    world.settle();
    expect(world.command({ name: 'resume' })).toMatchObject({ code: 'unknown' });
    channel(world, true);
    expect(world.state.session.state).toBe('paused');
    expect(world.command({ name: 'resume' }, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
    world.tick(48 * 3_600_000);
    expect(world.round.state).toBe('open');
    expect(world.command({ name: 'resume' })).toBeNull();
    // What was taken down is shown again, and the vote stands.
    expect(waiting(world, 'edit-ballot')).toHaveLength(1);
    finish(world);
    expect(goods(world)).toEqual([0, 1, 1, 1]);
  });

  it.each(['before the images came', 'while the ballot was on its way'])(
    'loses its channel %s: the ballot waits',
    (when) => {
      const world = new World({ imagesPerRound: 4 }, false, true);
      if (when.startsWith('while')) world.carry(waiting(world, 'generate')[0]!);
      channel(world, false);
      world.settle();
      expect(world.live()).toHaveLength(0);
      expect(waiting(world, 'post-ballot')).toHaveLength(0);
      channel(world, true);
      world.command({ name: 'resume' });
      world.settle();
      expect(world.state.rounds.map((r) => [r.number, r.state])).toEqual([[1, 'open']]);
      expect(world.live()).toHaveLength(1);
    },
  );

  it('an ordinary session does not mind the mark', () => {
    const world = opened();
    channel(world, false);
    expect(world.state.session.state).toBe('active');
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
