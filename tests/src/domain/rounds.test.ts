/** The life of a round, told as it happens: each test names a rule of docs/votes.md. */
import { describe, expect, it } from 'vitest';
import { pairPlan } from '../../../src/domain/rounds/pair.js';
import { waitsForEngine } from '../../../src/domain/sessions/views.js';
import { approvalOf } from '../../../src/domain/state/approval.js';
import { World } from '../../support/world.js';

const opened = (rules = {}, sweeps = false): World => {
  const world = new World(rules, sweeps);
  world.settle();
  world.consent('ann', 'bob', 'cem');
  return world;
};

/** What each ballot says of its deadline: as it was posted, then as it was edited last. */
function deadlinesSaid(world: World): { said: Map<string, number | null>; edits(): number } {
  const said = new Map<string, number | null>();
  let edits = 0;
  const carry = world.carry.bind(world);
  world.carry = (effect) => {
    if (effect.kind === 'edit-ballot') edits++;
    if (effect.kind === 'post-ballot' || effect.kind === 'edit-ballot')
      said.set(effect.ballot, world.round.deadline);
    carry(effect);
  };
  return { said, edits: () => edits };
}

it('has the pictures that its minutes left, on its ballots and for what follows', () => {
  const world = new World({ imagesPerRound: 18 });
  const carry = world.carry.bind(world);
  world.carry = (effect) => {
    if (effect.kind !== 'generate') return carry(effect);
    const work = { steps: 12, images: 7 };
    const plan = { ...work, minutes: 5, seconds: 290, wanted: { steps: 25, images: 18 } };
    const drawn = { width: 64, height: 64 };
    const images = Array.from({ length: 7 }, (_, index) => ({ index, file: `${index}.png`, ...drawn }));
    const result = { kind: 'generate', images, drawn: { seconds: 9, plan } } as const;
    world.send({ kind: 'job-done', job: effect.key, result, at: world.now });
  };
  const pairs = pairPlan(world.state);
  world.settle();
  expect(pairPlan(world.state)).toEqual(pairs);
  expect(world.round).toMatchObject({ state: 'open', count: 7, drawn: { plan: { images: 7 } } });
  expect([...world.state.ballots.values()].flatMap(({ cells }) => cells)).toHaveLength(7);
});

describe('the deadline on a ballot', () => {
  it('is there as it is posted, and right to the minute without an edit', () => {
    const world = new World({ imagesPerRound: 18 }, true);
    const { said, edits } = deadlinesSaid(world);
    world.settle();
    expect([world.round.state, said.size, edits()]).toEqual(['open', 2, 0]);
    for (const at of said.values()) expect(Math.abs(at! - world.round.deadline!)).toBeLessThan(60_000);
  });

  it('is corrected where posting took long, and there after a review and for quiet hours', () => {
    const slow = new World({ imagesPerRound: 18 }, true);
    const { said, edits } = deadlinesSaid(slow);
    slow.settle((effect) => effect.kind === 'post-ballot' && effect.ballot.startsWith('cat.1.s1'));
    slow.now += 600_000;
    slow.settle();
    expect([...said.values()]).toEqual([slow.round.deadline, slow.round.deadline]);
    expect(edits()).toBe(2);

    const reviewed = new World({ imagesPerRound: 9, review: true }, true);
    const after = deadlinesSaid(reviewed);
    reviewed.settle();
    reviewed.now += 7_200_000;
    reviewed.command({ name: 'approve' });
    reviewed.settle();
    const [once] = after.said.values();
    expect([after.edits(), Math.abs(once! - reviewed.round.deadline!) < 60_000]).toEqual([0, true]);

    const [from, to] = [0, 1439];
    const quiet = new World({ imagesPerRound: 9, quietHours: { from, to } }, true);
    const later = deadlinesSaid(quiet);
    quiet.settle();
    const post = [...quiet.outbox.values()].find((effect) => effect.kind === 'post-ballot')!;
    expect(post.notBefore).toBeGreaterThan(quiet.now);
    quiet.now = post.notBefore;
    quiet.settle();
    const [first] = later.said.values();
    expect([later.edits(), Math.abs(first! - quiet.round.deadline!) < 60_000]).toEqual([0, true]);
  });

  it('moves with it: after a pause, when it is pushed out, and when there is none', () => {
    const world = new World({ imagesPerRound: 9 }, false);
    const { said } = deadlinesSaid(world);
    world.settle();
    const told = () => [...said.values()][0];
    world.command({ name: 'pause' });
    world.now += 7_200_000;
    world.command({ name: 'resume' });
    world.settle();
    expect(told()).toBe(world.round.deadline);
    const before = world.round.deadline;
    world.now = world.round.deadline!;
    world.tick();
    world.settle();
    expect(world.round).toMatchObject({ state: 'open', extended: true });
    expect(world.round.deadline).toBeGreaterThan(before!);
    expect(told()).toBe(world.round.deadline);
    world.now = world.round.deadline!;
    world.tick();
    world.settle();
    expect([world.state.session.pause, told()]).toEqual(['empty', null]);
    world.send({ kind: 'clock-set', by: 3_600_000, at: world.now });
    world.consent('ann');
    world.react('ann', world.live()[0]!, '1');
    world.settle();
    expect(told()).toBe(world.round.deadline);
  });
});

describe('a round', () => {
  it('goes from generating to an open vote with sheets of nine cells', () => {
    const world = new World({ imagesPerRound: 18 }, false);
    expect(world.round.state).toBe('generating');
    world.settle();
    expect(world.round.state).toBe('open');
    expect(world.live().map((ballot) => ballot.cells.length)).toEqual([9, 9]);
    expect(world.round.deadline).toBe(world.round.openedAt! + 3_600_000);
  });

  it('balances its sheets and names no cell twice', () => {
    const world = opened({ imagesPerRound: 32 });
    expect(world.live().map((ballot) => ballot.cells.length)).toEqual([8, 8, 8, 8]);
    expect(world.live().flatMap((ballot) => ballot.cells)).toEqual([...Array(32).keys()]);
  });

  it('closes when the lone voter presses Done, learns, and opens the next', () => {
    const world = opened();
    const [first, second] = world.live();
    world.react('ann', first!, '2');
    world.react('ann', second!, 'star-1');
    expect(world.round.state).toBe('open');
    world.react('ann', first!, 'done');
    const [round] = world.state.rounds;
    expect(round!.state).toBe('learning');
    expect(round!.closeReason).toBe('done');
    expect(round!.feedback!.best).toBe(9);
    expect(round!.feedback!.images.filter((image) => image.good === 1).map((image) => image.index)).toEqual([
      1, 9,
    ]);
    expect(round!.feedback!.images.every((image) => image.weight === 1)).toBe(true);
    expect(round!.outcome).toMatchObject({ voters: 1, votes: 18, method: 'single' });
    expect(approvalOf(round!.outcome!.cells).share).toBe(2 / 18);
    world.settle((effect) => effect.kind === 'generate');
    expect(world.state.rounds[0]!.state).toBe('done');
    expect(world.state.session.head).toBe(1);
    expect(world.round).toMatchObject({ number: 2, parent: 1, noise: 'learner', state: 'generating' });
  });

  it('waits for as many Dones as the quorum asks', () => {
    const world = opened({ quorum: 2 });
    const [sheet] = world.live();
    world.react('ann', sheet!, '1');
    world.react('ann', sheet!, 'done');
    expect(world.round.state).toBe('open');
    world.react('bob', sheet!, 'done');
    expect(world.round.state).toBe('open');
    world.tick(60_000);
    expect(world.state.rounds[0]!.state).toBe('learning');
  });

  it('closes by marks: every sheet marked by the quorum and a minute of rest', () => {
    const world = opened({ quorumBy: 'marks', quorum: 2 });
    const [first, second] = world.live();
    for (const voter of ['ann', 'bob']) for (const sheet of [first!, second!]) world.react(voter, sheet, '1');
    world.tick(59_000);
    expect(world.round.state).toBe('open');
    world.react('ann', first!, '2');
    world.tick(59_000);
    expect(world.round.state).toBe('open');
    world.tick(1_000);
    expect(world.state.rounds[0]).toMatchObject({ state: 'learning', closeReason: 'quorum' });
  });

  it('rests anew where the clock is set forward amid its rest, and keeps its deadline as far away', () => {
    const world = new World({ imagesPerRound: 4, quorum: 1, quorumBy: 'marks' }, false);
    world.settle();
    world.consent('ann');
    world.react('ann', world.live()[0]!, '1');
    const left = world.round.deadline! - world.now;
    world.tick(40_000);
    world.send({ kind: 'clock-set', by: 1_000_000, at: world.now });
    world.tick(1_000_000);
    expect(world.round.deadline! - world.now).toBe(left - 40_000);
    world.tick(59_999);
    expect(world.round.state).toBe('open');
    world.tick(1);
    expect(world.round).toMatchObject({ state: 'learning', closeReason: 'quorum' });
  });

  it('is swept before it closes, and counts who voted while the bot was deaf', () => {
    const world = opened({ quorumBy: 'marks', quorum: 5 }, true);
    const [first] = world.live();
    world.react('ann', first!, '1');
    world.react('ann', first!, '2');
    world.react('ann', first!, '2', false, true);
    world.react('bob', first!, '3', true, true);
    world.tick(3_600_000);
    expect(world.round.state).toBe('closing');
    world.settle((effect) => effect.kind === 'generate' || effect.kind === 'learn');
    const up = world.state.rounds[0]!.outcome!.cells.filter((cell) => cell.up > 0).map((cell) => cell.index);
    expect(up).toEqual([0, 2]);
  });

  it('counts a first vote whose consent came before the closing sweep', () => {
    const world = opened({ quorumBy: 'marks' }, true);
    const [first] = world.live();
    expect(world.react('dora', first!, '4')).toMatchObject({ code: 'no-consent' });
    expect(world.state.facts.size).toBe(0);
    world.consent('dora');
    world.tick(3_600_000);
    world.settle((effect) => effect.kind === 'generate' || effect.kind === 'learn');
    expect(world.state.rounds[0]!.outcome!.cells[3]).toMatchObject({ up: 1 });
  });

  it('says that it stays open when it was closed and nobody had voted', () => {
    const world = opened({}, true);
    const notices = () => [...world.asked.keys()].filter((key) => key.includes('notice.extended'));
    expect(world.command({ name: 'close' })).toBeNull();
    expect([world.round.state, notices()]).toEqual(['closing', []]);
    world.settle();
    expect(world.round).toMatchObject({ state: 'open', extended: false });
    expect(notices()).toHaveLength(1);
    // Its deadline is still pushed out once, and no more.
    world.tick(3_600_000);
    world.settle();
    expect(world.round).toMatchObject({ state: 'open', extended: true });
    world.tick(3_600_000);
    world.settle();
    expect(world.state.session.pause).toBe('empty');
  });

  it('is extended once when empty, then rests and goes on with the first vote', () => {
    const world = opened();
    world.tick(3_600_000);
    expect(world.round).toMatchObject({ state: 'open', extended: true });
    expect([...world.outbox.values()].some((e) => e.kind === 'notice' && e.notice === 'extended')).toBe(true);
    world.tick(3_600_000);
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'empty' });
    world.tick(36_000_000);
    expect(world.round.state).toBe('open');
    expect([...world.outbox.keys()].filter((key) => key.includes('notice.paused'))).toHaveLength(1);
    world.react('ann', world.live()[0]!, '1');
    expect(world.state.session.state).toBe('active');
    expect(world.round.deadline).toBe(world.now + 3_600_000);
  });

  it('without one good image is drawn anew once from plain noise, then asks people', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, 'done');
    expect(world.state.rounds[0]).toMatchObject({ state: 'aborted', outcome: { oneSided: 'no-good' } });
    expect(world.round).toMatchObject({ number: 2, redraws: 1, noise: 'plain', parent: null });
    world.settle();
    world.react('ann', world.live()[0]!, 'none');
    world.react('ann', world.live()[0]!, 'done');
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'no-good' });
    world.command({ name: 'resume' });
    expect(world.round).toMatchObject({ number: 3, state: 'generating' });
  });

  it('without one good image learns all the same once a best is carried', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, 'star-1');
    world.react('ann', world.live()[0]!, 'done');
    world.settle();
    expect(world.round.number).toBe(2);
    world.react('ann', world.live()[0]!, 'done');
    expect(world.round).toMatchObject({ number: 2, state: 'learning', outcome: { oneSided: 'no-good' } });
  });

  it('that everyone likes is learned and counts towards the goal', () => {
    const world = opened({ imagesPerRound: 4, goal: 0.9 });
    for (const cell of ['1', '2', '3', '4']) world.react('ann', world.live()[0]!, cell);
    world.react('ann', world.live()[0]!, 'done');
    expect(world.round).toMatchObject({ state: 'learning', outcome: { oneSided: 'no-bad' } });
    world.settle();
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'goal', head: 1 });
    expect(world.state.rounds).toHaveLength(1);
    expect([...world.asked.keys()]).toContain('cat.story.0');
  });

  it('ends the session when the budget of rounds is spent', () => {
    const world = opened({ budgetRounds: 2 });
    for (const _ of [1, 2]) {
      world.react('ann', world.live()[0]!, '1');
      world.react('ann', world.live()[0]!, 'done');
      world.settle();
    }
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'budget' });
  });

  it('keeps a vote that comes late and does not count it', () => {
    const world = opened();
    const [sheet] = world.live();
    world.react('ann', sheet!, '1');
    world.react('ann', sheet!, 'done');
    const before = world.state.rounds[0]!.feedback;
    expect(world.react('bob', sheet!, '2')).toMatchObject({ code: 'round-closed' });
    expect([...world.state.facts.get(sheet!.id)!].at(-1)).toMatchObject({ voter: 'bob', late: true });
    expect(world.state.rounds[0]!.feedback).toEqual(before);
  });
});

describe('ballots', () => {
  it('that are deleted keep their votes and are posted once more, once', () => {
    const world = opened();
    const [sheet] = world.live();
    world.react('ann', sheet!, '1');
    world.send({ kind: 'ballot-gone', ballot: sheet!.id, at: world.now });
    world.send({ kind: 'ballot-gone', ballot: sheet!.id, at: world.now });
    world.settle();
    const again = world.live().find((ballot) => ballot.sheet === 0)!;
    expect(again.id).not.toBe(sheet!.id);
    world.react('bob', again, '2');
    world.react('bob', again, 'done');
    world.tick(60_000);
    const up = world.state.rounds[0]!.outcome!.cells.filter((cell) => cell.up > 0).map((cell) => cell.index);
    expect(up).toEqual([0, 1]);
  });

  it('whose reactions a moderator clears lose those votes and are primed again', () => {
    const world = opened({}, true);
    const [sheet] = world.live();
    world.react('ann', sheet!, '1');
    world.react('bob', sheet!, '2');
    world.send({ kind: 'cleared', ballot: sheet!.id, emoji: '1', at: ++world.now });
    const facts = [...world.state.facts.get(sheet!.id)!];
    expect(facts.at(-1)).toMatchObject({ voter: 'ann', emoji: '1', present: false, source: 'cleared' });
    expect([...world.outbox.keys()]).toContain(`${sheet!.id}.prime.2`);
  });

  it('of one channel that refuses do not hold up the rest', () => {
    const world = new World({}, false);
    world.settle((effect) => effect.kind === 'post-ballot');
    for (const effect of [...world.outbox.values()]) {
      if (effect.kind !== 'post-ballot') continue;
      world.send({ kind: 'effect-failed', effect: effect.key, ballot: effect.ballot, at: world.now });
    }
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'channel' });
    world.command({ name: 'resume' });
    world.settle();
    expect(world.round).toMatchObject({ number: 2, state: 'open' });
  });

  it('wait for a channel that takes no posts; the session rests, and goes on by itself when it does again', () => {
    const world = new World();
    const tell = (canPost: boolean) =>
      world.send({ kind: 'channel', channel: 'fake-1', canPost, nsfw: false, at: world.now });
    world.settle((effect) => effect.kind === 'post-ballot');
    expect([...world.outbox.values()].some((effect) => effect.kind === 'post-ballot')).toBe(true);
    tell(false);
    expect([...world.outbox.values()].some((effect) => effect.kind === 'post-ballot')).toBe(false);
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'channel' });
    world.settle();
    expect(world.live()).toEqual([]);
    tell(true);
    world.settle();
    expect(world.state.session.state).toBe('active');
    expect(world.round.state).toBe('open');
    expect(world.live().length).toBeGreaterThan(0);
    // Told once more, it posts nothing again.
    const asked = world.asked.size;
    tell(true);
    expect(world.asked.size).toBe(asked);
  });

  it('that were refused for good go out once the channel takes posts again', () => {
    const world = new World();
    world.settle((effect) => effect.kind === 'post-ballot');
    for (const effect of [...world.outbox.values()])
      if (effect.kind === 'post-ballot')
        world.send({ kind: 'effect-failed', effect: effect.key, ballot: effect.ballot, at: world.now });
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'channel' });
    for (const canPost of [false, true])
      world.send({ kind: 'channel', channel: 'fake-1', canPost, nsfw: false, at: world.now });
    world.settle();
    expect(world.round.state).toBe('open');
  });

  it('wait for the end of quiet hours', () => {
    const world = new World({ quietHours: { from: 0, to: 1439 } }, false);
    world.settle();
    expect(world.round.state).toBe('posting');
    const post = [...world.outbox.values()].find((effect) => effect.kind === 'post-ballot')!;
    expect(new Date(post.notBefore).toISOString().slice(11, 16)).toBe('23:59');
    world.now = post.notBefore;
    world.settle();
    expect(world.round.state).toBe('open');
  });
});

describe('jobs', () => {
  it('take a result once, and only from the attempt that is waited for', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    const learn = [...world.outbox.values()].find((effect) => effect.kind === 'learn')!;
    const fail = {
      kind: 'job-failed',
      job: learn.key,
      code: 'engine-lost',
      message: 'gone',
      hint: '',
      retry: true,
    } as const;
    world.send({ ...fail, at: world.now });
    expect(world.round.attempt).toBe(2);
    world.carry(learn);
    expect(world.round.state).toBe('learning');
    const second = [...world.outbox.values()].find((effect) => effect.kind === 'learn')!;
    expect(second.key).toBe('cat.1.learn.2');
    world.carry(second);
    world.carry(second);
    expect(world.state.rounds.map((round) => round.state)).toEqual(['done', 'generating']);
  });

  it('that keep failing fail the round and rest the session; resume runs the same job again', () => {
    const world = opened({ jobAttempts: 2 });
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    for (const attempt of [1, 2]) {
      const job = `cat.1.learn.${attempt}`;
      world.send({
        kind: 'job-failed',
        job,
        code: 'internal',
        message: 'x',
        hint: '',
        retry: true,
        at: world.now,
      });
    }
    expect(world.round).toMatchObject({ state: 'failed', failedFrom: 'learning' });
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'failed' });
    world.command({ name: 'resume' });
    world.settle((effect) => effect.kind === 'generate');
    expect(world.state.rounds[0]!.state).toBe('done');
    expect(world.asked.get('cat.1.learn.3')).toBe(1);
  });

  it('called off by a shutdown stay in the outbox', () => {
    const world = new World();
    const job = 'cat.1.generate.1';
    world.send({
      kind: 'job-failed',
      job,
      code: 'cancelled',
      message: '',
      hint: '',
      retry: true,
      at: world.now,
    });
    expect([...world.outbox.keys()]).toContain(job);
    expect(world.round.state).toBe('generating');
  });

  it('that nobody can do wait; the message of the round says why and since when, once for each reason', () => {
    const world = new World();
    const job = 'cat.1.generate.1';
    const hold = (code: string | null) => {
      world.now += 1000;
      const why = code === null ? null : { code, message: `because of ${code}` };
      world.send({ kind: 'job-held', job, why, at: world.now });
    };
    const shown = () => world.asked.get('cat.1.progress.0')!;
    const before = shown();
    hold('no-engine');
    hold('no-engine');
    const since = world.now - 1000;
    expect(world.state.jobs.get(job)!.held).toMatchObject({ code: 'no-engine', since });
    expect(shown()).toBe(before + 1);
    expect(waitsForEngine(world.state)).toBe(true);
    hold('no-memory');
    expect(world.state.jobs.get(job)!.held).toMatchObject({ code: 'no-memory', since });
    expect(shown()).toBe(before + 2);
    hold(null);
    hold(null);
    expect(world.state.jobs.get(job)).not.toHaveProperty('held');
    expect(shown()).toBe(before + 3);
    hold('no-engine');
    world.settle();
    expect(world.round.state).toBe('open');
    expect(world.state.jobs.get(job)).toMatchObject({ state: 'done' });
    expect(world.state.jobs.get(job)).not.toHaveProperty('held');
    hold('no-engine');
    expect(world.state.jobs.get(job)!.state).toBe('done');
    expect(waitsForEngine(world.state)).toBe(false);
  });
});
