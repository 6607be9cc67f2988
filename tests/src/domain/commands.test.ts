/** Commands: the table of rights is itself the test; then what each does, and how each refuses. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/decide.js';
import { apply, emptyState } from '../../../src/domain/state/apply.js';
import type { Act } from '../../../src/domain/state/events.js';
import type { Act as ActRow, Role, Session } from '../../../src/domain/state/model.js';
import { allowed, leastRole } from '../../../src/domain/state/roles.js';
import { World } from '../../support/world.js';

/** Role x command as docs/votes.md means them; m = member, M = moderator, A = admin, O = operator. */
const rights: Record<string, string> = {
  m: 'vote best why flag taste start status story list help me link unlink',
  M: 'close pause resume stop redo rollback branch split vary hide hide-pair show exclude include admit trust distrust lift review approve undo nsfw report strength audit',
  A: 'invite join leave export settings model-use',
  O: 'model-pull model-remove',
};
const roles: Role[] = ['member', 'moderator', 'admin', 'operator'];

const opened = (rules = {}): World => {
  const world = new World({ imagesPerRound: 4, ...rules }, false);
  world.settle();
  world.consent('ann', 'bob', 'cem');
  return world;
};
/** Votes and lets the round be learned; the next one is open afterwards. */
const finish = (world: World): void => {
  world.react('ann', world.live()[0]!, '1');
  world.react('ann', world.live()[0]!, 'done');
  world.settle();
};
const audit = (world: World): ActRow[] =>
  world.rows.flatMap((change) => (change.table === 'act' ? [change.row] : []));

describe('rights', () => {
  it('are as the table says, for every role and command', () => {
    const listed = Object.values(rights).flatMap((names) => names.split(' '));
    expect(listed.sort()).toEqual(Object.keys(leastRole).sort());
    for (const [i, names] of Object.values(rights).entries()) {
      for (const name of names.split(' ')) {
        const may = roles.filter((role) => allowed(role, name as keyof typeof leastRole));
        expect([name, may]).toEqual([name, roles.slice(i)]);
      }
    }
  });

  it('are checked every time, and every act is audited, refused ones too', () => {
    const world = opened();
    const acts: Act[] = [
      { name: 'close' },
      { name: 'pause' },
      { name: 'resume' },
      { name: 'stop' },
      { name: 'redo' },
      { name: 'rollback', round: 0 },
      { name: 'hide', index: 0 },
      { name: 'exclude', voter: 'bob' },
    ];
    const before = world.state;
    for (const act of acts)
      expect(world.command(act, 'member', 'ann')).toMatchObject({ code: 'not-allowed' });
    expect(world.state).toEqual(before);
    expect(audit(world).map((act) => [act.command, act.refused, act.by])).toEqual(
      acts.map((act) => [act.name, 'not-allowed', 'ann']),
    );
  });

  it('name nobody in the audit who did not agree to be known', () => {
    const world = opened();
    world.command({ name: 'pause' }, 'moderator', 'stranger');
    expect(audit(world).at(-1)).toMatchObject({ command: 'pause', by: null, refused: null });
  });
});

describe('commands', () => {
  it('close: learns at once from what is there, and refuses where nothing is', () => {
    const world = opened({ quorum: 9 });
    expect(world.command({ name: 'close' })).toMatchObject({ code: 'nothing-to-close' });
    world.react('ann', world.live()[0]!, '1');
    expect(world.command({ name: 'close' })).toBeNull();
    expect(world.round).toMatchObject({ state: 'learning', closeReason: 'command' });
    expect(world.command({ name: 'close' })).toMatchObject({ code: 'nothing-to-close' });
  });

  it('pause and resume: votes are taken, nothing starts, the deadline stands still', () => {
    const world = opened();
    const deadline = world.round.deadline!;
    world.command({ name: 'pause' });
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    world.tick(10 * 3_600_000);
    expect(world.round.state).toBe('open');
    const paused = world.state.session.pausedAt!;
    world.command({ name: 'resume' });
    expect(world.state.rounds[0]).toMatchObject({
      state: 'learning',
      deadline: deadline + world.now - paused,
    });
  });

  it('pause while learning: the checkpoint is taken, the next round waits for resume', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    world.command({ name: 'pause' });
    world.settle();
    expect(world.state.rounds.map((round) => round.state)).toEqual(['done']);
    world.command({ name: 'resume' });
    expect(world.round).toMatchObject({ number: 2, state: 'generating' });
  });

  it('stop: calls the job off, closes the ballots, tells the story', () => {
    const world = opened();
    finish(world);
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'done');
    world.command({ name: 'stop' });
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'stopped', head: 1 });
    expect(world.round.state).toBe('aborted');
    const keys = [...world.outbox.keys()];
    expect(keys).toEqual(expect.arrayContaining(['cat.2.learn.1.cancel', 'cat.story.0']));
    expect(keys).not.toContain('cat.2.learn.1');
    world.settle();
    expect(world.command({ name: 'close' })).toMatchObject({ code: 'session-ended' });
  });

  it('redo: draws the round anew under a number of its own; late results of the old one are dropped', () => {
    const world = new World({ imagesPerRound: 4 }, false);
    const old = [...world.outbox.values()].find((effect) => effect.kind === 'generate')!;
    world.command({ name: 'redo' });
    world.carry(old);
    expect(world.state.images.size).toBe(0);
    expect(world.state.rounds.map((round) => [round.number, round.state])).toEqual([
      [1, 'aborted'],
      [2, 'generating'],
    ]);
  });

  it('rollback: the head moves back, later rounds are superseded, their votes stay', () => {
    const world = opened();
    finish(world);
    finish(world);
    finish(world);
    const facts = [...world.state.facts.values()].flatMap((list) => [...list]).length;
    expect(world.command({ name: 'rollback', round: 7 })).toMatchObject({ code: 'unknown' });
    world.command({ name: 'rollback', round: 1 });
    expect(world.state.rounds.map((round) => round.state)).toEqual([
      'done',
      'superseded',
      'superseded',
      'superseded',
      'generating',
    ]);
    expect(world.round).toMatchObject({ number: 5, parent: 1 });
    expect(world.state.session.head).toBe(1);
    expect([...world.state.facts.values()].flatMap((list) => [...list])).toHaveLength(facts);
  });

  it('branch: a session of its own from a checkpoint, which begins with its first tick', () => {
    const world = opened();
    finish(world);
    const place = {
      channel: 'fake-2',
      community: 'c',
      platform: 'fake',
      address: '2',
      sweeps: false,
    } as const;
    const from = world.rows.length;
    const act: Act = { name: 'branch', round: 1, session: 'dog', prompt: 'a dog', place };
    expect(world.command(act)).toBeNull();
    const rows = world.rows.slice(from);
    const session = rows.find((change) => change.table === 'session')!.row as Session;
    expect(session).toMatchObject({
      id: 'dog',
      prompt: 'a dog',
      head: null,
      origin: { session: 'cat', round: 1 },
    });
    const branch = apply(emptyState(session), rows);
    expect(branch.bindings.map((row) => row.address)).toEqual(['2']);
    const first = decide(branch, { kind: 'tick', at: world.now });
    expect(first.effects[0]).toMatchObject({
      kind: 'generate',
      key: 'dog.1.generate.1',
      parent: null,
      noise: 'learner',
    });
    expect(world.state.session.id).toBe('cat');
  });

  it('best: one star a voter, the last word wins', () => {
    const world = opened();
    world.command({ name: 'best', index: 1 }, 'member', 'ann');
    world.command({ name: 'best', index: 2 }, 'member', 'ann');
    world.react('ann', world.live()[0]!, 'done');
    expect(world.state.rounds[0]!.feedback!.best).toBe(2);
    expect(world.state.rounds[0]!.outcome!.cells.map((cell) => cell.stars)).toEqual([0, 0, 1, 0]);
    expect(world.command({ name: 'best', index: 9 }, 'member', 'ann')).toMatchObject({ code: 'unknown' });
    expect(world.command({ name: 'best', index: 1 }, 'member', 'zoe')).toMatchObject({ code: 'no-consent' });
  });

  it('flag: by two people holds an image back; by one twice it does not', () => {
    const world = opened();
    world.command({ name: 'flag', index: 1 }, 'member', 'ann');
    world.command({ name: 'flag', index: 1 }, 'member', 'ann');
    expect(world.state.images.get('cat.1')![1]!.state).toBe('shown');
    world.command({ name: 'flag', index: 1 }, 'member', 'bob');
    expect(world.state.images.get('cat.1')![1]).toMatchObject({ state: 'held', heldBy: 'flags' });
    // A flag is no vote.
    world.react('cem', world.live()[0]!, '1');
    world.react('cem', world.live()[0]!, 'done');
    expect(world.state.rounds[0]!.outcome!.voters).toBe(1);
  });

  it('hide: takes one cell out and deletes its file, once', () => {
    const world = opened();
    world.command({ name: 'hide', index: 1 });
    world.command({ name: 'hide', index: 1 });
    expect(world.state.images.get('cat.1')![1]!.state).toBe('hidden');
    expect(world.asked.get(`${world.live()[0]!.id}.edit`)).toBe(1);
  });
});
