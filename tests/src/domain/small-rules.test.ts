/** Cells, marks, quiet hours, consent, and what may be seen before a round closes. */
import { describe, expect, it } from 'vitest';
import {
  ballotView,
  imageAt,
  newestTime,
  nextTick,
  sessionStatus,
  waitsForEngine,
} from '../../../src/domain/sessions/views.js';
import { meaning, primings, reactionGlyphs } from '../../../src/domain/state/emoji.js';
import { ballotId, pictureName, roundId } from '../../../src/domain/state/ids.js';
import type { SessionState } from '../../../src/domain/state/model.js';
import { factsOfPlatform, platformsThat } from '../../../src/domain/state/platforms.js';
import { quietUntil } from '../../../src/domain/state/quiet-hours.js';
import type { Job, Round } from '../../../src/domain/state/round.js';
import { nameOf, votesOf } from '../../../src/domain/voting/mine.js';
import { person, World } from '../../support/world.js';

it('platforms are told by name and by the looks of a server, and a name that is gone by nothing', () => {
  const away = platformsThat(({ host }) => host !== undefined);
  expect(away.slice(0, 2)).toEqual(['discord', 'slack']);
  expect(away).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(web|fake)$/)]));
  expect(platformsThat(({ voted }) => voted).slice(0, 3)).toEqual(['web', 'discord', 'slack']);
  const withId = (id: string) => platformsThat(({ server }) => server?.id.test(id) ?? false);
  expect([withId('123456789012345678'), withId('T0123ABCD'), withId('x')]).toEqual([
    ['discord'],
    ['slack'],
    [],
  ]);
  expect(factsOfPlatform('slack')).toMatchObject({
    label: 'Slack',
    quorumBy: 'marks',
    server: { word: 'workspace' },
  });
  expect(['matrix', 'toString', ''].map(factsOfPlatform)).toEqual([undefined, undefined, undefined]);
});

describe('names', () => {
  it('of pictures are sheet and cell, or in a gallery the number alone', () => {
    expect(pictureName({ style: 'sheet', sheet: 1, cells: [9, 10, 12, 13] }, 13)).toBe('B4');
    // Picture 3 was held back: the fourth message shows picture 5.
    expect(pictureName({ style: 'gallery', sheet: 3, cells: [4] }, 4)).toBe('#5');
  });

  it('of ballots fit a button and hold no colon', () => {
    const id = ballotId(roundId('a'.repeat(60), 9999), 25, 99);
    expect(id.length).toBeLessThanOrEqual(90);
    expect(id).not.toContain(':');
  });

  it('of marks mean one thing each, and anything else nothing', () => {
    expect(meaning('7')).toEqual({ kind: 'good', cell: 7 });
    expect(meaning('star-2')).toEqual({ kind: 'best', cell: 2 });
    expect(meaning('flag-9')).toEqual({ kind: 'flag', cell: 9 });
    for (const wrong of ['0', '10', 'star-0', 'heart', '', 'None', 'flag'])
      expect(meaning(wrong)).toBeUndefined();
    for (const name of reactionGlyphs.keys()) expect(meaning(name)).toBeDefined();
    expect(primings('sheet', 3)).toEqual(['1', '2', '3', 'none']);
    expect(primings('gallery', 1)).toEqual(['like', 'dislike', 'star']);
  });
});

describe('quiet hours', () => {
  const at = (time: string): number => Date.parse(`2026-03-01T${time}:00Z`);
  const night = { from: 22 * 60, to: 7 * 60 };
  it.each([
    ['21:59', 0],
    ['22:00', Date.parse('2026-03-02T07:00:00Z')],
    ['23:30', Date.parse('2026-03-02T07:00:00Z')],
    ['00:10', at('07:00')],
    ['06:59', at('07:00')],
    ['07:00', 0],
  ])('22:00 to 07:00 at %s', (time, end) => expect(quietUntil(night, at(time))).toBe(end));

  it('may be none', () => {
    expect(quietUntil(null, at('03:00'))).toBe(0);
    expect(quietUntil({ from: 60, to: 60 }, at('01:00'))).toBe(0);
  });
});

describe('consent', () => {
  it('keeps the time at which it was given when the name to show is changed, hidden or left as it is', () => {
    const world = new World({}, false);
    const agreed = world.now;
    const say = (name?: string | null): void => {
      const named = name === undefined ? {} : { name };
      world.send({ kind: 'consent', voter: person('ann'), given: true, at: world.now, ...named });
      world.now += 86_400_000;
    };
    for (const name of [null, 'Ann', 'Annabel', undefined]) say(name);
    expect(world.state.voters.get('ann')).toMatchObject({ consentAt: agreed, name: 'Annabel' });
    say(null);
    expect(world.state.voters.get('ann')).toMatchObject({ consentAt: agreed, name: null });
  });
});

describe('views', () => {
  it('hide totals until the round closes and show everyone their own marks', () => {
    const world = new World({ imagesPerRound: 4, quorum: 2 }, false);
    world.settle();
    world.consent('ann', 'bob');
    const ballot = world.live()[0]!;
    world.react('ann', ballot, '1');
    world.react('bob', ballot, '2');
    world.react('bob', ballot, '2', false);
    const view = ballotView(world.state, ballot, 'ann');
    expect(view.own).toEqual(['1']);
    expect(view.outcome).toBeNull();
    expect(view.cells.every((cell) => cell.up === null && cell.seen === null)).toBe(true);
    expect(ballotView(world.state, ballot, 'bob').own).toEqual([]);
    expect(sessionStatus(world.state)).toMatchObject({
      round: 1,
      roundState: 'open',
      ballots: 1,
      voters: 1,
      votes: 4,
    });
    world.react('ann', ballot, 'done');
    world.react('bob', ballot, 'done');
    world.tick(60_000);
    const closed = ballotView(world.state, world.state.ballots.get(ballot.id)!, null);
    expect(closed.cells[0]).toMatchObject({ name: 'A1', up: 1, seen: 2 });
    world.settle();
    // One of two liked A1, and the other merely left it unmarked. They liked A1 alone: Bob took A2 back.
    expect(sessionStatus(world.state)).toMatchObject({
      approval: [0.25],
      judged: [{ round: 1, pictures: 4, judged: 4, liked: 1 }],
    });
  });

  it('find the image that a cell means', () => {
    const world = new World({ imagesPerRound: 12, sheetSize: 6 }, false);
    world.settle();
    expect(imageAt(world.state, 1, 2)).toMatchObject({ index: 7 });
    expect(imageAt(world.state, 2, 1)).toBeUndefined();
  });

  it('say when time alone will matter next', () => {
    const world = new World({ quorumBy: 'marks', restMs: 60_000 }, false);
    expect(nextTick(world.state, world.now)).toBeNull();
    world.settle();
    expect(nextTick(world.state, world.now)).toBe(world.round.deadline);
    world.consent('ann');
    for (const ballot of world.live()) world.react('ann', ballot, '1');
    expect(nextTick(world.state, world.now)).toBe(world.now + 60_000);
    world.command({ name: 'pause' });
    expect(nextTick(world.state, world.now)).toBeNull();
  });
});

describe('what is seen of a session', () => {
  const job = (over: Partial<Job>): Job => ({
    ...{
      key: 'k',
      session: 'cat',
      round: 1,
      kind: 'generate',
      attempt: 1,
      state: 'running',
      stage: 'sample',
    },
    ...{ done: 1, total: 4, secondsLeft: 9, error: null, at: 5 },
    ...over,
  });
  const withJobs = (state: SessionState, ...jobs: Job[]): SessionState => ({
    ...state,
    jobs: new Map(jobs.map((one, i) => [`${i}`, one])),
  });
  const open = (rules = {}) => {
    const world = new World({ imagesPerRound: 8, sheetSize: 4, quorum: 9, ...rules }, false);
    world.settle();
    world.consent('ann', 'bob');
    return world;
  };

  it('is the newest job that is under way, with why nobody works on it, and none that has ended', () => {
    const { state } = open();
    const held = { code: 'no-engine', message: 'no engine is there', since: 3 };
    const shown = (...jobs: Job[]) => sessionStatus(withJobs(state, ...jobs)).job;
    expect(shown()).toBeNull();
    for (const ended of ['done', 'failed', 'cancelled'] as const)
      expect(shown(job({ state: ended }))).toBeNull();
    expect(shown(job({ done: 1 }), job({ done: 2 }), job({ done: 3, state: 'done' }))).toEqual({
      ...{ kind: 'generate', stage: 'sample', done: 2, total: 4, secondsLeft: 9, held: null },
    });
    expect(shown(job({ state: 'waiting', held }))!.held).toEqual(held);
  });

  it('waits for an engine where the newest round does, and no longer once it has ended', () => {
    const { state } = open();
    const waits = (over: Partial<Job>) => waitsForEngine(withJobs(state, job(over)));
    expect([waits({ state: 'waiting' }), waits({ state: 'running' })]).toEqual([true, false]);
    expect(waits({ state: 'waiting', round: 2 })).toBe(false);
    const ended = { ...state, session: { ...state.session, state: 'ended' as const } };
    expect(waitsForEngine(withJobs(ended, job({ state: 'waiting' })))).toBe(false);
  });

  it('counts the ballots that hang of the newest round, and people who are done with it', () => {
    const world = open();
    const [a, b] = world.live();
    world.react('ann', a!, '1');
    world.react('ann', b!, 'none');
    world.react('bob', a!, '2');
    const shown = () => sessionStatus(world.state);
    expect(shown()).toMatchObject({ ballots: 2, voters: 2, votes: 12, finished: 1, channel: 'fake-1' });
    expect(shown().turnout).not.toBeNull();
    const other = { ...a!, id: 'other', round: 'cat.0' };
    const beside = { ...world.state, ballots: new Map([...world.state.ballots, ['other', other]]) };
    expect(sessionStatus(beside).ballots).toBe(2);
    expect(shown().deadline).toBe(world.round.deadline);
    world.command({ name: 'close' });
    expect(shown()).toMatchObject({ ballots: 0, turnout: null });
    world.settle();
    expect(shown()).toMatchObject({ round: 2, ballots: 2, voters: 0, votes: 0, finished: 0 });
  });

  it('is nothing of rounds, channels and turnout where there are none yet', () => {
    const { state } = open();
    const bare = { ...state, rounds: [], bindings: [], ballots: new Map(), jobs: new Map() } as never;
    expect(sessionStatus(bare)).toMatchObject({
      ...{ channel: '', round: 0, roundState: 'none', ballots: 0, votes: 0, voters: 0, finished: 0 },
      ...{ turnout: null, deadline: null, approval: [], job: null },
    });
    expect(imageAt(bare, 0, 1)).toBeUndefined();
  });

  it('shows a picture whose row is gone as hidden, and one that was hidden before the close without a figure', () => {
    const world = open();
    const [a] = world.live();
    world.react('ann', a!, '1');
    world.command({ name: 'hide', index: 1 });
    world.command({ name: 'close' });
    const ballot = world.state.ballots.get(a!.id)!;
    const { cells, outcome } = ballotView(world.state, ballot, null);
    expect(outcome).toBe(world.state.rounds[0]!.outcome);
    expect(cells.map(({ cell, index, image, up, seen }) => [cell, index, image, up, seen])).toEqual([
      [1, 0, 'shown', 1, 1],
      [2, 1, 'hidden', null, null],
      [3, 2, 'shown', 0, 1],
      [4, 3, 'shown', 0, 1],
    ]);
    const lost = { ...world.state, images: new Map(), rounds: [] } as never;
    expect(ballotView(lost, ballot, 'ann')).toMatchObject({ round: 0, outcome: null, own: ['1'] });
    expect(ballotView(lost, ballot, null).cells[0]!.image).toBe('hidden');
  });

  it('finds a picture on the newest round that hangs, though a newer one is being drawn', () => {
    const world = open();
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle(
      (effect) => effect.kind === 'post-ballot' || (effect.kind === 'generate' && effect.round === 2),
    );
    expect(world.round.number).toBe(2);
    expect(imageAt(world.state, 1, 4)).toMatchObject({ index: 7, round: { number: 1 } });
    const older = {
      ...world.state.ballots.values().next().value!,
      round: 'cat.0',
      sheet: 1,
      cells: [3, 2, 1, 0],
    };
    const beside = { ...world.state, ballots: new Map([['older', older], ...world.state.ballots]) };
    expect(imageAt(beside, 1, 4)!.index).toBe(7);
    for (const [sheet, cell] of [
      [0, 0],
      [0, 5],
      [2, 1],
    ] as const)
      expect(imageAt(world.state, sheet, cell)).toBeUndefined();
  });
});

describe('the newest time', () => {
  it('is that of whatever happened last to a session, its rounds or its jobs', () => {
    const { state } = new World({}, false);
    const round = { createdAt: 0, openedAt: null, closingAt: null, closedAt: null } as unknown as Round;
    const at = (session: object, rounds: object[] = [], jobs: object[] = []) =>
      ({
        session: { ...state.session, createdAt: 1, pausedAt: null, endedAt: null, ...session },
        rounds: rounds.map((one) => ({ ...round, ...one })),
        jobs: new Map(jobs.map((one, i) => [i, one])),
      }) as unknown as SessionState;
    expect(newestTime([])).toBe(0);
    expect(newestTime([at({})])).toBe(1);
    for (const key of ['createdAt', 'pausedAt', 'endedAt']) expect(newestTime([at({ [key]: 7 })])).toBe(7);
    for (const key of ['createdAt', 'openedAt', 'closingAt', 'closedAt'])
      expect(newestTime([at({}, [{ [key]: 8 }, { [key]: 6 }])])).toBe(8);
    expect(newestTime([at({}, [], [{ at: 9 }, { at: 5 }])])).toBe(9);
    expect(newestTime([at({ endedAt: 12 }), at({}, [{ closedAt: 4 }])])).toBe(12);
  });
});

describe('when time alone will matter', () => {
  const open = () => {
    const world = new World({ imagesPerRound: 4, quorum: 2, quorumBy: 'marks', restMs: 60_000 }, false);
    world.settle();
    world.consent('ann');
    return world;
  };
  it('is at the deadline where nobody voted, however long ago the round opened, and where the rest is over', () => {
    const world = open();
    expect(nextTick(world.state, world.now)).toBe(world.round.deadline);
    world.react('ann', world.live()[0]!, '1');
    const rested = world.now + 60_000;
    expect(nextTick(world.state, world.now)).toBe(rested);
    expect(nextTick(world.state, rested - 1)).toBe(rested);
    expect(nextTick(world.state, rested)).toBe(world.round.deadline);
  });

  it('is the sooner of the rest and the deadline, and never without either', () => {
    const world = open();
    world.react('ann', world.live()[0]!, '1');
    const until = (deadline: number | null) =>
      nextTick({ ...world.state, rounds: [{ ...world.round, deadline }] }, world.now);
    expect(until(world.now + 59_999)).toBe(world.now + 59_999);
    expect(until(world.now + 60_001)).toBe(world.now + 60_000);
    expect(until(null)).toBe(world.now + 60_000);
    const bare = {
      ...world.state,
      ballots: new Map(),
      rounds: [{ ...world.round, deadline: null }],
    } as never;
    expect(nextTick(bare, world.now)).toBeNull();
  });

  it('is when there is a new budget for a session that rests for one, and never for one that rests for people', () => {
    const { state, now } = open();
    const resting = (pause: string, renewsAt?: number) =>
      nextTick({ ...state, session: { ...state.session, state: 'paused', pause, renewsAt } } as never, now);
    expect(resting('budget', now + 5)).toBe(now + 5);
    expect(resting('budget')).toBeNull();
    expect(resting('guard', now + 5)).toBeNull();
  });

  it('is at once where a session has no round', () => {
    const { state, now } = open();
    expect(nextTick({ ...state, rounds: [] }, now)).toBe(state.session.createdAt);
  });
});

describe("one's own votes", () => {
  it('are all that the marks of all of one’s accounts come to, by round and picture, and nobody else’s', () => {
    const world = new World({ imagesPerRound: 8, sheetSize: 4, quorum: 9 }, false);
    world.settle();
    world.consent('ann', 'ann-slack', 'bob');
    const [a, b] = world.live();
    world.react('ann', a!, '2');
    const marked = world.now;
    world.react('ann', a!, 'star-3');
    world.react('ann', b!, 'few-1');
    world.react('bob', a!, '4');
    const own = () => votesOf(world.state, 'ann');
    const brief = () => own().map(({ picture, vote, best }) => [picture, vote, best]);
    expect(brief()).toEqual([
      ['A1', 'not good', false],
      ['A2', 'good', false],
      ['A3', 'good', true],
      ['A4', 'not good', false],
      ['B1', 'not good', false],
    ]);
    expect(own()[1]).toEqual({
      ...{ session: 'cat', prompt: 'a black cat in a box', round: 1, picture: 'A2', file: 'images/1.png' },
      ...{ vote: 'good', best: false, wrong: [], marked: true, at: marked },
    });
    expect(own()[0]).toMatchObject({ marked: false, at: null });
    expect(own()[4]).toMatchObject({ marked: true, wrong: ['few'] });
    expect(votesOf(world.state, 'ann-slack')).toEqual([]);
    world.link('person', 'ann', 'ann-slack');
    expect(votesOf(world.state, 'ann-slack')).toEqual(own());
    expect(brief()).toHaveLength(5);
    expect(votesOf(world.state, 'cem')).toEqual([]);
  });

  it('name a picture that hangs nowhere by its number, and one without a row by no file', () => {
    const world = new World({ imagesPerRound: 4, quorum: 9 }, false);
    world.settle();
    world.consent('ann');
    world.react('ann', world.live()[0]!, '2');
    expect(nameOf(world.state, world.round, 1)).toBe('A2');
    expect(nameOf(world.state, world.round, 4)).toBe('#5');
    expect(nameOf(world.state, { ...world.round, id: 'cat.2' }, 1)).toBe('#2');
    const lost = { ...world.state, images: new Map() };
    expect(votesOf(lost, 'ann')[1]).toMatchObject({ picture: 'A2', file: '' });
  });
});
