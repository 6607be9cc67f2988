import { describe, expect, it } from 'vitest';
import { ballotCard as ballotCardSaid, tellsTurnout } from '../../../bot/views/ballot.js';
import type { CellData } from '../../../bot/views/card.js';
import { noticeCard as noticeCardSaid, notices } from '../../../bot/views/notice.js';
import { outcomeCard as outcomeCardSaid } from '../../../bot/views/outcome.js';
import { type Bar, barOf, progressCard as progressCardSaid } from '../../../bot/views/progress.js';
import { storyCard as storyCardSaid } from '../../../bot/views/story.js';
import { duration as durationSaid, quoted as quotedSaid } from '../../../bot/views/words.js';
import { momentOf as momentOfSaid } from '../../../src/chat/cards.js';
import { cellName } from '../../../src/domain/state/ids.js';
import type { SessionPhase } from '../../../src/domain/state/model.js';
import type { Job, Outcome, Round, RoundPhase } from '../../../src/domain/state/round.js';
import { makeBallots, makeImages, makeOutcome, makeRound, makeSession, rules } from '../../support/rows.js';
import { spoken } from '../../support/spoken.js';

const ballotCard = spoken(ballotCardSaid);
const noticeCard = spoken(noticeCardSaid);
const outcomeCard = spoken(outcomeCardSaid);
const progressCard = spoken(progressCardSaid);
const storyCard = spoken(storyCardSaid);
const duration = spoken(durationSaid);
const quoted = spoken(quotedSaid);
const momentOf = spoken(momentOfSaid);

const session = makeSession({ rules: { ...rules, imagesPerRound: 11 } });
const dir = '/data/cat/1';

function ballots(fill: Partial<Round> = {}) {
  const round = makeRound(session, 1, fill);
  const images = makeImages(round, (i) => `images/${i}.png`);
  const made = makeBallots(session, round);
  const cards = made.map((ballot) =>
    ballotCard({ session, round, ballot, images, dir, file: `/made/${ballot.sheet}.png`, sheets: 2 }),
  );
  return { round, images, made, cards };
}

const cellsOf = (card: { data?: Record<string, unknown> }) => card.data!.cells as CellData[];
const outcome = makeOutcome([3, 0, 1, 2, 0, 3, 1, 1, 0, 3, 2], 3, 9);

describe('ballot', () => {
  it('names cells by sheet and number, and primes as many reactions as there are cells', () => {
    const [a, b] = ballots().cards;
    expect(cellsOf(a!).map((c) => c.name)).toEqual(['A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9']);
    expect(cellsOf(b!).map((c) => [c.name, c.index, c.number])).toEqual([
      ['B1', 9, 1],
      ['B2', 10, 2],
    ]);
    expect(b!.reactions).toEqual(['1', '2', 'none']);
    expect([a!.key, b!.key]).toEqual(['cat.1.0.0', 'cat.1.1.0']);
    expect(a!.buttons.map((x) => x.id)).toEqual(['done', 'flag']);
    // Elsewhere than on the page, which has a menu of its own, and where more is asked than what is unsafe.
    const { round, images, made } = ballots();
    const onSlack = (nsfw: boolean) => {
      const view = { session: { ...session, nsfw }, round, images, dir, file: null, sheets: 2 };
      const { buttons, data } = ballotCard({ ...view, ballot: { ...made[0]!, platform: 'slack' } });
      return [buttons.map(({ id }) => id), (data!.faults as object[] | undefined)?.length];
    };
    expect(onSlack(false)).toEqual([['done', 'why', 'flag'], 6]);
    expect(onSlack(true)).toEqual([['done', 'flag'], undefined]);
    expect(cellsOf(b!)[0]!.file).toBe('/data/cat/1/images/9.png');
  });

  it('says what makes a picture good, what the model was never taught, and to newcomers how it goes', () => {
    const { images, made } = ballots();
    const criterion = 'exactly **five** fingers';
    const said = (number: number, platform: 'web' | 'discord', fill: Partial<typeof session> = {}) => {
      const of = { ...session, criterion, reading: { unknown: ['zebra'] }, ...fill };
      const round = makeRound(of, number);
      return made.map((ballot) => {
        const view = { session: of, round, images, dir, file: null, sheets: 2 };
        return ballotCard({ ...view, ballot: { ...ballot, round: round.id, platform } });
      });
    };
    const [a, b] = said(1, 'discord');
    for (const { text, data } of [a!, b!]) {
      expect(text).toContain('Good means: “exactly five fingers”.');
      expect(data!.criterion).toBe(criterion);
    }
    expect(a!.text).toContain('never taught “zebra”');
    expect(a!.text).toMatch(/\n\*\*How\*\*: press the number/);
    expect(b!.text).not.toMatch(/zebra|How/);
    expect(said(2, 'discord')[0]!.text).not.toContain('How');
    expect(said(1, 'web')[0]!.text).toContain(
      'press a picture to mark it, again to take it back; at the end Done.',
    );
    // Where marks make the quorum nobody is asked for Done.
    const marks = { rules: { ...session.rules, quorumBy: 'marks' as const } };
    expect(said(1, 'web', marks)[0]!.text).toContain('again to take it back.');
    expect(said(1, 'web', { nsfw: true })[0]!.text).not.toMatch(/How|Good means/);
    const plain = said(2, 'web', { criterion: undefined, reading: undefined })[0]!;
    expect([plain.text.includes('Good means'), plain.data!.criterion]).toEqual([false, null]);
  });

  it('says how many have finished while it is open, and nothing of it afterwards', () => {
    const turnout = { round: 1, voters: 4, finished: 3, missing: 1 };
    const said = (fill: Partial<Round>) => {
      const { round, images, made } = ballots(fill);
      const view = { session, round, images, dir, file: null, sheets: 2, turnout };
      return ballotCard({ ...view, ballot: { ...made[1]!, platform: 'discord' } }).text;
    };
    expect(said({})).toContain('\n3 of 4 have finished, waiting for 1. A moderator may close it now');
    expect(said({ state: 'learning', outcome })).not.toContain('have finished');
    const [first, last] = ballots().made.map((ballot) => ({ ...ballot, platform: 'slack' as const }));
    expect([tellsTurnout(first!, 2), tellsTurnout(last!, 2)]).toEqual([false, true]);
    expect(tellsTurnout({ ...last!, platform: 'web' }, 2)).toBe(false);
  });

  it('says how the best is named there: a star on the page, a command where reactions are numbers', () => {
    const { round, images, made } = ballots();
    const said = (platform: 'web' | 'slack') =>
      made.map((ballot) => {
        const posted = { ...ballot, platform };
        return ballotCard({ session, round, ballot: posted, images, dir, file: null, sheets: 2 }).text;
      });
    for (const text of said('web')) expect(text).toContain('A star names the best one.');
    const [a, b] = said('slack');
    expect([a, b].join()).not.toContain('star');
    expect(a).toContain('/acclaim best A1');
    expect(b).toContain('/acclaim best B1');
  });

  it.each(['posting', 'open'] as const)('carries no total while the round is %s', (state) => {
    // Even if an outcome is there already (a round that was opened again): nothing of it may show.
    for (const card of ballots({ state, outcome }).cards) {
      for (const cell of cellsOf(card))
        expect([cell.up, cell.seen, cell.stars, cell.best]).toEqual([null, null, null, false]);
      expect(card.data).toMatchObject({ open: true, approval: null });
      expect(card.text).not.toMatch(/\d+ %/);
    }
  });

  it('bears the time at which the round closes from its first post on, and none once it has closed', () => {
    const deadlines = (state: RoundPhase) =>
      ballots({ state, deadline: 5000, outcome: null }).cards.map(({ data }) => data!.deadline);
    expect([deadlines('posting'), deadlines('open')]).toEqual([
      [5000, 5000],
      [5000, 5000],
    ]);
    expect(deadlines('learning')).toEqual([null, null]);
  });

  it('shows what each cell got once it has closed, and takes no marks any more', () => {
    const [a, b] = ballots({ state: 'learning', outcome }).cards;
    expect(cellsOf(a!).map((c) => c.up)).toEqual([3, 0, 1, 2, 0, 3, 1, 1, 0]);
    expect(cellsOf(b!).map((c) => c.best)).toEqual([true, false]);
    expect(b!.text).toContain('**B1** is the best');
    expect(a!.text).toContain('3 people voted');
    expect([a!.reactions, a!.buttons, a!.data!.open]).toEqual([[], [], false]);
  });

  it('names a held or hidden picture and gives no file of it', () => {
    const { round, images, made } = ballots();
    const held = images.map((m) => (m.index === 1 ? { ...m, state: 'held' as const } : m));
    const card = ballotCard({
      session,
      round,
      ballot: made[0]!,
      images: held,
      dir,
      file: null,
      sheets: 2,
    });
    expect(cellsOf(card)[1]).toMatchObject({ file: null, alt: 'Picture A2: held back' });
    expect(card.pictures).toEqual([]);
  });

  it('has an alt text on every picture, and a spoiler where the session is marked so', () => {
    const { round, images, made } = ballots();
    const nsfw = { ...session, nsfw: true };
    const card = ballotCard({
      session: nsfw,
      round,
      ballot: made[0]!,
      images,
      dir,
      file: '/s.png',
      sheets: 2,
    });
    expect(card.pictures[0]).toMatchObject({ spoiler: true, alt: expect.stringContaining('cells A1 to A9') });
    expect(card.data!.blurred).toBe(true);
    for (const cell of cellsOf(card)) expect(cell.alt).toContain(session.prompt);
  });
});

describe('words', () => {
  it('keeps a prompt from being our mark-up or a mention', () => {
    expect(quoted('**bold** @everyone <b> `x` a\nb')).toBe('“bold everyone b x a b”');
    expect(quoted('x'.repeat(500)).length).toBeLessThan(145);
  });

  it.each([
    [0, '0 s'],
    [99, '99 s'],
    [100, '2 min'],
    [3600, '1 h'],
    [4800, '1 h 20 min'],
    [-3, '0 s'],
  ])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));

  it('counts cells from one and sheets from A', () => {
    expect([cellName(0, 1), cellName(1, 9), cellName(25, 3)]).toEqual(['A1', 'B9', 'Z3']);
    // As a spreadsheet names its columns.
    expect([cellName(26, 1), cellName(27, 2), cellName(51, 1), cellName(52, 9)]).toEqual([
      'AA1',
      'AB2',
      'AZ1',
      'BA9',
    ]);
  });
});

describe('progress', () => {
  const job: Job = {
    key: 'cat.1.learn.1',
    session: 'cat',
    round: 1,
    kind: 'learn',
    attempt: 1,
    state: 'running',
    stage: 'train',
    done: 15,
    total: 60,
    secondsLeft: 12.4,
    error: null,
    at: 0,
  };
  const shown = (
    fill: Partial<Job>,
    of: Partial<Round> = {},
    preview?: string,
    state: SessionPhase = 'active',
  ) => {
    const round = makeRound(session, 1, { state: 'learning', ...of });
    const one = { ...job, ...fill };
    const bar = barOf(state, round, [one]);
    return progressCard({ key: 'p', session: { ...session, state }, round, bar, job: one, preview });
  };

  it('shows the pictures as they take shape, while they are drawn and no longer', () => {
    const of = (state: Job['state'], round: Partial<Round>) =>
      shown({ kind: 'generate', stage: 'sample', state }, round, 'AAAA').preview;
    expect(of('running', { state: 'generating' })).toBe('data:image/png;base64,AAAA');
    expect(of('waiting', { state: 'generating' })).toBeUndefined();
    expect(of('done', { state: 'open' })).toBeUndefined();
  });

  it('never runs backwards through the stages of a job', () => {
    for (const [kind, stages] of [
      ['generate', ['load', 'sample', 'decode', 'write']],
      ['learn', ['load', 'embed', 'train', 'write']],
    ] as const) {
      const state = kind === 'generate' ? 'generating' : 'learning';
      const shares = stages.flatMap((stage) =>
        [0, 5, 10].map((done) => shown({ kind, stage, done, total: 10 }, { state }).progress!),
      );
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    }
  });

  it('says the stage, the step and the time left', () => {
    expect(shown({}).text).toBe('Learning, 15 of 60, about 12 s left.');
    expect(shown({}).data).toMatchObject({ secondsLeft: 12.4, state: 'running' });
    expect(shown({ state: 'waiting', stage: null }).text).toBe('Waiting for the engine.');
  });

  it('says why it waits and since when, until somebody works on it or it is over', () => {
    const held = { code: 'no-engine', message: 'no engine is there', since: 1_700_000_000_500 };
    const card = shown({ state: 'waiting', held });
    expect(card.text).toBe('It waits: no engine is there. Nothing is lost, and it goes on by itself.');
    expect(momentOf(card)).toEqual({ says: 'Waiting since', at: 1_700_000_000, ahead: false });
    expect(momentOf(shown({}))).toBeUndefined();
    expect(momentOf(shown({ held }, { state: 'done' }))).toBeUndefined();
  });

  it('ends with what was done, or with what went wrong and the hint', () => {
    const learned = { steps: 60, learned: true, notes: ['Step halved.'], seconds: 24.2 };
    expect(shown({}, { state: 'done', learned })).toMatchObject({
      progress: 1,
      text: '60 steps in 24 s.\nStep halved.',
    });
    const failure = { code: 'engine-lost', message: 'the engine died', hint: 'Close other programs.' };
    const failed = shown({}, { state: 'failed', failedFrom: 'learning', failure });
    expect(failed).toMatchObject({ title: 'Round 1 is stuck', progress: null });
    expect(failed.text).toContain('the engine died. Close other programs.');
  });

  /** Round's state -> what is read while its session is active, paused, ended. */
  const drew = ['Drew round 1', 'Drew round 1', 'Drew round 1'];
  const learned = ['Learned from round 1', 'Learned from round 1', 'Learned from round 1'];
  const expected: Record<RoundPhase, readonly string[]> = {
    generating: ['Drawing round 1', 'Drawing round 1', 'Round 1 was not drawn'],
    review: drew,
    posting: drew,
    open: drew,
    closing: drew,
    learning: ['Learning from round 1', 'Learning from round 1', 'Round 1 was not learned'],
    done: learned,
    failed: ['Round 1 is stuck', 'Round 1 is stuck', 'Round 1 failed'],
    aborted: drew,
    superseded: drew,
  };
  /** What the jobs of a round say that was given up, or rolled back. */
  const given: [Partial<Round>, Partial<Job>[], string][] = [
    [{}, [{ kind: 'generate', state: 'cancelled' }], 'Round 1 was not drawn'],
    [{ failedFrom: 'generating' }, [{ kind: 'generate', state: 'failed' }], 'Round 1 was not drawn'],
    // All pictures were held back: they were drawn, and the round failed all the same.
    [{ failedFrom: 'generating' }, [{ kind: 'generate', state: 'done' }], 'Round 1 was not drawn'],
    [{}, [{ kind: 'generate', state: 'done' }], 'Drew round 1'],
    [{}, [{ kind: 'generate', state: 'done' }, { state: 'cancelled' }], 'Round 1 was not learned'],
    [
      { failedFrom: 'learning' },
      [{ kind: 'generate', state: 'done' }, { state: 'failed' }],
      'Round 1 was not learned',
    ],
    [
      { learned: { steps: 1, learned: true, notes: [], seconds: 1 } },
      [{ kind: 'generate', state: 'done' }, { state: 'done' }],
      'Learned from round 1',
    ],
  ];
  const going: Record<string, readonly SessionPhase[]> = {
    'Drawing round 1': ['active', 'paused'],
    'Learning from round 1': ['active', 'paused'],
  };

  it.each(Object.entries(expected))(
    'of a round that is %s says what goes on, and no more',
    (name, titles) => {
      const state = name as RoundPhase;
      const failure = { code: 'engine-lost', message: 'the engine died', hint: 'Resume the session.' };
      const failed: Partial<Round> = state === 'failed' ? { failedFrom: 'learning', failure } : {};
      const drawn = { ...job, kind: 'generate', state: 'done' } as const;
      const learn = { ...job, state: 'waiting', stage: null, done: 0, total: 0, secondsLeft: null } as const;
      const jobs =
        state === 'learning'
          ? [drawn, learn]
          : state === 'generating'
            ? [{ ...learn, kind: 'generate' as const }]
            : [drawn];
      (['active', 'paused', 'ended'] as const).forEach((phase, i) => {
        const round = makeRound(session, 1, { state, ...failed });
        const bar = barOf(phase, round, jobs);
        const of = { ...session, state: phase };
        const card = progressCard({ key: 'p', session: of, round, bar, job: jobs.at(-1)! });
        expect([phase, card.title]).toEqual([phase, titles[i]]);
        // Nothing that is over waits, has a bar that is not full, or counts down.
        const runs = going[card.title]?.includes(phase) === true;
        expect([card.text.includes('Waiting'), card.progress === 0]).toEqual([runs, runs]);
        expect(card.data!.state).toBe(runs ? 'waiting' : over(bar));
        // What to do about it is said only where something can be done.
        expect(card.text.includes('Resume')).toBe(state === 'failed' && phase !== 'ended');
      });
    },
  );

  const over = ({ is }: Bar) => (is === 'full' ? 'done' : is === 'stopped' ? 'stopped' : 'failed');

  it.each(['aborted', 'superseded'] as const)('of a round that is %s says how far it came', (state) => {
    for (const [fill, rows, title] of given) {
      const jobs = rows.map((row) => ({ ...job, ...row }));
      const round = makeRound(session, 1, { state, ...fill });
      for (const phase of ['active', 'paused', 'ended'] as const) {
        const bar = barOf(phase, round, jobs);
        const own = jobs.findLast(({ kind }) => kind === bar.kind) ?? null;
        const card = progressCard({ key: 'p', session: { ...session, state: phase }, round, bar, job: own });
        expect([phase, card.title]).toEqual([phase, title]);
        expect(card.text).not.toMatch(/Waiting|left/);
        expect([1, null]).toContain(card.progress);
        expect(card.data).toMatchObject({ secondsLeft: null });
      }
    }
  });
});

describe('outcome and story', () => {
  it('tells who won, the share, and the change', () => {
    const { images, made } = ballots();
    const round = makeRound(session, 2, { state: 'learning', outcome });
    const before = [makeRound(session, 1, { outcome: makeOutcome([3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0], 3, 0) })];
    const card = outcomeCard({ key: 'o', session, round, before, ballots: made, images, dir });
    // Five of eleven by two of three or more; before that two of eleven.
    expect(card.title).toBe('Round 2: 45 % approval');
    expect(card.text).toContain('3 people voted: 11 of 11 pictures judged, 5 liked.');
    expect(card.text).toContain('**B1** won');
    expect(card.text).toContain('rose by 27 points');
    expect(card.data).toMatchObject({
      approval: 5 / 11,
      previous: 2 / 11,
      judged: 11,
      liked: 5,
      images: 11,
      best: { name: 'B1' },
    });
    expect(card.pictures[0]!.file).toBe('/data/cat/1/images/9.png');
  });

  it('tells how varied what is liked still is, where learning from the round before found it out', () => {
    const learned = { steps: 1, learned: true, notes: [], seconds: 1 };
    const variety = { kept: 0.934, base: 9, tuned: 12 };
    const round = makeRound(session, 3, { state: 'learning', outcome });
    const cardAfter = (of: typeof session, ...rounds: Partial<Round>[]) => {
      const before = rounds.map((fill, i) => makeRound(of, i + 1, { outcome, ...fill }));
      return outcomeCard({ key: 'o', session: of, round, before, ballots: [], images: [], dir });
    };
    const card = cardAfter(session, { learned }, { learned: { ...learned, variety } });
    const words = 'in round 2 is 93 % as varied as it was before anything was learned.';
    expect(card.text).toContain(`What was liked ${words}`);
    expect(card.data).toMatchObject({ variety: 0.934 });
    expect(cardAfter({ ...session, nsfw: true }, {}, { learned: { ...learned, variety } }).text).toContain(
      `What was called safe ${words}`,
    );
    // Of an older round it is no news.
    for (const known of [[], [{ learned }], [{ learned: { ...learned, variety } }, { learned }]]) {
      const silent = cardAfter(session, ...known);
      expect(silent.text).not.toContain('varied');
      expect(silent.data).toMatchObject({ variety: null });
    }
  });

  it('bears what goes on since the close where that has no message of its own', () => {
    const round = makeRound(session, 1, { state: 'learning', outcome });
    const bar = { kind: 'learn', is: 'running' } as const;
    const job = { kind: 'learn', state: 'running', stage: 'train', done: 15, total: 60, secondsLeft: 12 };
    const after = progressCard({ key: 'p', session, round, bar, job: job as Job });
    const base = { key: 'o', session, round, before: [], ballots: [], images: [], dir };
    const card = outcomeCard({ ...base, after });
    expect(card.text).toMatch(/\n\*\*Learning from round 1\*\*: Learning, 15 of 60, about 12 s left\.$/);
    expect(card.progress).toBeCloseTo(0.4675, 5);
    const learned = { steps: 60, learned: true, notes: [], seconds: 24 };
    const full = progressCard({
      ...{ key: 'p', session, job: null, bar: { kind: 'learn', is: 'full' } as const },
      round: { ...round, learned },
    });
    expect(outcomeCard({ ...base, after: full })).toMatchObject({
      progress: null,
      text: expect.stringMatching(/\n\*\*Learned from round 1\*\*: 60 steps in 24 s\.$/),
    });
    expect(outcomeCard(base).text).not.toContain('\n');
  });

  it('asks whether all is alike once variety has fallen, and offers what a moderator can do about it', () => {
    const of = (kept: number, state: RoundPhase = 'done'): Partial<Round> => ({
      state,
      outcome,
      learned: { steps: 1, learned: true, notes: [], seconds: 1, variety: { kept, base: 9, tuned: 12 } },
    });
    const cardOf = (fill: Partial<typeof session>, newest: Partial<Round>, ...earlier: Partial<Round>[]) => {
      const own = { ...session, ...fill };
      const rounds = [...earlier, newest].map((row, i) => makeRound(own, i + 1, row));
      const [round, before] = [rounds.at(-1)!, rounds.slice(0, -1)];
      const made = makeBallots(own, round);
      return outcomeCard({ key: 'o', session: own, round, before, ballots: made, images: [], dir });
    };
    // What is known of the round itself goes before what was known of the one before.
    const card = cardOf({}, of(0.62), of(0.91), of(0.7));
    expect(card.text).toContain(
      '**All alike?** What was liked in round 3 is 62 % as varied as it was before anything was learned. ' +
        'A moderator can ask for more variety from the next round on, or go back to round 1.',
    );
    expect(card.buttons).toEqual([
      { id: 'vary', label: 'More variety', value: 'cat 1' },
      { id: 'back', label: 'Back to round 1', value: 'cat 1' },
      { id: 'branch', label: 'Branch from round 1', value: 'cat 1' },
    ]);
    expect(cardOf({}, of(0.8), of(0.7))).toMatchObject({ buttons: [], data: { alike: null, variety: 0.8 } });
    // It is set already, or the learner has nothing to set; and nothing was varied.
    const set = { learner: { name: 'acclaim', until: 0.5 }, rules: { ...rules, picks: false } };
    for (const fill of [set, { learner: { name: 'ddpo' } }]) {
      const { buttons, text } = cardOf(fill, of(0.6), of(0.6));
      expect(buttons.map(({ id }) => id)).toEqual(['back', 'branch']);
      expect(text).toContain('A moderator can go back to the model as it was before any vote.');
    }
  });

  /** A gallery of six of which so many were judged, all of them liked. */
  const partly = (number: number, judged: number) => {
    const cells = makeOutcome(
      [...Array(6).keys()].map((i) => Number(i < judged)),
      1,
      null,
    ).cells;
    const seen = cells.map((cell) => ({ ...cell, seen: Number(cell.index < judged) }));
    const told: Partial<Outcome> = { cells: seen, oneSided: judged > 0 ? 'no-bad' : 'no-good', voters: 1 };
    return makeRound(session, number, { state: 'learning', outcome: { ...outcome, ...told } });
  };
  const told = (round: Round, ...before: Round[]) =>
    outcomeCard({ key: 'o', session, round, before, ballots: [], images: [], dir });

  it('says how many pictures the base model drew, and counts them for nothing', () => {
    const cells = outcome.cells.map((cell) => (cell.index < 9 ? { ...cell, base: true as const } : cell));
    const card = told(makeRound(session, 2, { state: 'learning', outcome: { ...outcome, cells } }));
    expect(card.text).toContain('9 more pictures were drawn by the model as it was before any vote');
    expect(card.data).toMatchObject({ images: 2 });
    expect(told(makeRound(session, 2, { outcome })).text).not.toContain('before any vote');
  });

  it('says how many were drawn for those shown, why they were chosen, and which pictures approval is of', () => {
    const picked = { begun: 27, finished: 14, shown: 11, cost: 1.4 };
    const choose = (unpicked: number) => {
      const pick = (index: number) => (index < 3 ? ('unsure' as const) : ('liked' as const));
      const cells = outcome.cells.map((cell) =>
        cell.index < 11 - unpicked ? { ...cell, pick: pick(cell.index) } : cell,
      );
      return told(makeRound(session, 2, { state: 'learning', picked, outcome: { ...outcome, cells } }));
    };
    const card = choose(4);
    expect(card.text).toContain(
      '11 of 27 drawn; 4 chosen because votes so far like such pictures; 3 chosen because I am unsure; 4 not chosen. ' +
        'Approval is that of pictures that were not chosen.',
    );
    expect(card.data).toMatchObject({ images: 4, picked: { begun: 27, approval: expect.any(Number) } });
    expect(choose(2).text).toContain('Too few were not chosen, so approval is also that of chosen ones.');
    expect(choose(2).data).toMatchObject({ images: 11 });
    expect(told(makeRound(session, 2, { outcome })).text).not.toMatch(/drawn;|chosen/);
    const round = makeRound(session, 2, { state: 'open', picked });
    const bar = barOf('active', round, []);
    expect(progressCard({ key: 'p', session, round, bar, job: null }).text).toContain(
      '11 of 27 drawn are shown, chosen by the votes so far.',
    );
  });

  it('says of how many pictures a share is, and that it is too little to compare or to reach the goal with', () => {
    const card = told(partly(2, 1), partly(1, 6));
    expect(card.title).toBe('Round 2: 100 % approval');
    expect(card.text).toContain('1 person voted: 1 of 6 pictures judged, 1 liked.');
    expect(card.text).toContain('too little to compare or to count towards the goal: it takes 50 %');
    expect(card.text).not.toMatch(/Everything|rose|fell|stayed/);
    expect(card.data).toMatchObject({ approval: 1, previous: null, judged: 1, liked: 1, images: 6 });
  });

  it('compares with the newest round before of which enough was judged', () => {
    expect(told(partly(3, 6), partly(1, 3), partly(2, 1)).text).toContain('stayed where it was. Everything');
    expect(told(partly(2, 6), partly(1, 1)).data).toMatchObject({ previous: null });
    expect(told(partly(2, 0), partly(1, 6))).toMatchObject({
      title: 'Round 2: nothing was judged',
      text: expect.stringContaining('0 of 6 pictures judged, 0 liked'),
      data: { approval: null },
    });
  });

  it('says the same share of a round on its ballots, in its outcome and in the story', () => {
    const gallery = { ...session, rules: { ...rules, imagesPerRound: 18 } };
    const judged = Array.from({ length: 18 }, (_, i) => Number(i < 7));
    const total = makeOutcome(judged, 2, null);
    // Both liked seven of the first sheet's nine; nobody marked the second.
    const cells = total.cells.map((c) => ({ ...c, up: 2 * c.up, seen: c.index < 9 ? 2 : 0 }));
    const round = makeRound(gallery, 1, { state: 'done', outcome: { ...total, cells } });
    const made = makeBallots(gallery, round).map((ballot) => ({ ...ballot, state: 'closed' as const }));
    const images = makeImages(round, (i) => `${i}.png`);
    const base = { session: gallery, round, images, dir };
    const [a, b] = made.map((ballot) => ballotCard({ ...base, ballot, file: null, sheets: 2 }));
    const won = outcomeCard({ ...base, key: 'o', before: [], ballots: made });
    const apart = { ...round, outcome: { ...round.outcome!, divides: [0, 10, 5] } };
    expect(outcomeCard({ ...base, round: apart, key: 'o', before: [], ballots: made }).text).toContain(
      'You differ most on **A1**, **B2** and **A6**: one part of you likes what another does not.',
    );
    expect(won.text).not.toContain('differ');
    const side = { round, images, dir };
    const pictures = { beforeAfterFile: null, plotFile: null };
    const story = storyCard({
      ...pictures,
      key: 's',
      session: gallery,
      rounds: [round],
      first: side,
      latest: side,
    });
    const share = '9 of 18 pictures judged, 7 liked: **78 %** approval';
    expect(a!.text).toBe(
      `Closed: 2 people voted. Over the round: ${share}. On this sheet: 9 of 9 pictures judged, 7 liked.`,
    );
    expect(b!.text).toContain(`${share}. On this sheet: 0 of 9 pictures judged, 0 liked.`);
    expect([won.title, won.data!.words]).toEqual([
      'Round 1: 78 % approval',
      '9 of 18 pictures judged, 7 liked',
    ]);
    expect(story.text).toBe(`One round so far: ${share}.`);
    for (const { data } of [a!, b!, won]) expect(data!.approval).toBe(7 / 9);
    expect(story.data).toMatchObject({ approval: [{ round: 1, share: 7 / 9 }], first: { approval: 7 / 9 } });
    expect([...cellsOf(a!), ...cellsOf(b!)].map((c) => c.liked)).toEqual(
      Array.from({ length: 18 }, (_, i) => (i < 9 ? i < 7 : null)),
    );
  });

  it('says of stars that name no winner what became of them', () => {
    const { images, made } = ballots();
    const said = (stars: Record<number, number>) => {
      const cells = outcome.cells.map((cell) => ({ ...cell, stars: stars[cell.index] ?? 0 }));
      const round = makeRound(session, 1, { state: 'learning', outcome: { ...outcome, best: null, cells } });
      return outcomeCard({ key: 'o', session, round, before: [], ballots: made, images, dir }).text;
    };
    expect(said({})).toContain('No picture was named the best.');
    expect(said({ 1: 1 })).toContain('**A2** was named the best, but too few votes bear that out.');
    expect(said({ 1: 2, 3: 1, 9: 2 })).toContain(
      '**A2** and **B1** were named the best equally often: none won.',
    );
    expect(said({ 0: 1, 1: 1, 2: 1 })).toContain('**A1**, **A2** and **A3** were named');
    for (const stars of [{ 1: 1 }, { 1: 1, 2: 1 }]) expect(said(stars)).not.toContain('No picture');
  });

  it('puts the first round beside the latest, and has words before there is any', () => {
    const rounds = [2, 5, 9].map((liked, i) =>
      makeRound(session, i + 1, {
        outcome: makeOutcome(
          [...Array(10).keys()].map((n) => Number(n < liked)),
          1,
          null,
        ),
        learned: { steps: 1, learned: true, notes: [], seconds: 1, loss: 0.5 - i / 10 },
      }),
    );
    const side = (round: Round) => ({ round, images: makeImages(round, (i) => `${i}.png`), dir });
    const base = { key: 's', session, beforeAfterFile: null, plotFile: null };
    const card = storyCard({ ...base, rounds, first: side(rounds[0]!), latest: side(rounds[2]!) });
    expect(card.text).toBe(
      '3 rounds: approval went from **20 %** to **90 %** (10 of 10 pictures judged, 9 liked).',
    );
    expect(card.data).toMatchObject({
      adapter: true,
      approval: [
        { round: 1, share: 0.2, loss: 0.5 },
        { round: 2, share: 0.5, loss: 0.4 },
        { round: 3, share: 0.9, loss: 0.3 },
      ],
    });
    const bytes = { sha256: '0'.repeat(64) };
    const stack = [
      { file: '/srv/lcm-lora.safetensors', ...bytes, weight: 0.8 },
      { file: '/srv/weights.safetensors', ...bytes, weight: 1, name: 'someone/ink', licence: 'MIT' },
    ];
    const drawn = { ...session, sampler: { ...session.sampler, stack } };
    expect(storyCard({ ...base, session: drawn, rounds, first: null, latest: null }).text).toMatch(
      /9 liked\)\. Drawn with lcm-lora \(0\.8\), someone\/ink \(1; MIT\), and learned without\.$/,
    );
    const empty = storyCard({ ...base, rounds: [], first: null, latest: null });
    expect(empty.text).toContain('no closed round yet');
    expect(empty.data).toMatchObject({ adapter: false, first: null, latest: null });
  });
});

describe('notices', () => {
  it('of a round that stays open say until when', () => {
    const until = 1_700_000_000_500;
    const card = noticeCard({ key: 'n', session, notice: 'extended', values: { until, round: 2 } });
    expect(card.text).toBe('Round 2 has no votes yet, so it stays open.');
    expect(momentOf(card)).toEqual({ says: 'Closes', at: 1_700_000_000, ahead: true });
  });

  it('read well with and without values', () => {
    for (const code of Object.keys(notices) as (keyof typeof notices)[]) {
      const card = noticeCard({ key: code, session, notice: code, values: { note: 'x' } });
      expect([code, card.title.length > 0, card.text.length > 0]).toEqual([code, true, true]);
      expect(card.text).not.toMatch(/undefined|null|NaN/);
    }
  });
});
