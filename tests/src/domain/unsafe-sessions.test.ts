/** Sessions that reduce unsafe images: what their votes mean, what is shown and where, and when they rest. */
import { describe, expect, it } from 'vitest';
import { safeShare, varietyKept } from '../../../src/domain/rounds/evaluations.js';
import { approvals } from '../../../src/domain/state/approval.js';
import type { Evaluated } from '../../../src/domain/state/events.js';
import { finish, goods, opened, undoLast, waiting } from '../../support/moderated.js';
import { placeOn, World } from '../../support/world.js';

const channel = (world: World, nsfw: boolean, canPost = true) =>
  world.send({ kind: 'channel', channel: 'fake-1', canPost, nsfw, at: world.now });

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
