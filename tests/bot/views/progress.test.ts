/** What goes on in a round, as its message says it: stages, waiting, how it ended. */

import { describe, expect, it } from 'vitest';
import { type Bar, barOf, progressCard as progressCardSaid } from '../../../bot/views/progress.js';
import { momentOf as momentOfSaid } from '../../../src/chat/cards.js';
import type { SessionPhase } from '../../../src/domain/state/model.js';
import type { Job, Planned, Round, RoundPhase } from '../../../src/domain/state/round.js';
import { makeRound } from '../../support/rows.js';
import { spoken } from '../../support/spoken.js';
import { session } from './support.js';

const progressCard = spoken(progressCardSaid);
const momentOf = spoken(momentOfSaid);

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

  it('tells a client that counts the time down itself the stage alone', () => {
    const now = (fill: Partial<Job>, of: Partial<Round> = {}) => shown(fill, of).data!.now;
    expect(now({})).toBe('Learning, 15 of 60.');
    expect(shown({}).text).toBe('Learning, 15 of 60, about 12 s left.');
    expect(now({ state: 'waiting' })).toBeNull();
    expect(now({ state: 'done' }, { state: 'done' })).toBeNull();
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

  it('says what was left out to keep to the minutes, and what takes longer even so', () => {
    const learned = { steps: 24, learned: true, notes: [], seconds: 540 };
    const wanted = { steps: 40, batch: 32 };
    const said = (plan: Partial<Planned<typeof wanted>>) => {
      const whole = { minutes: 10, seconds: 560, ...wanted, wanted, ...plan };
      return shown({}, { state: 'done', learned: { ...learned, plan: whole } }).text;
    };
    expect(said({})).toBe('24 steps in 9 min.');
    expect(said({ steps: 24, batch: 4 })).toBe('24 steps in 9 min. 96 of 1280 rows, to keep to 10 min.');
    expect(said({ seconds: 720 })).toBe(
      '24 steps in 9 min. Less would be of no use; it was expected to take 2 min more.',
    );

    const drawn = (plan: object) => {
      const whole = { minutes: 5, seconds: 300, steps: 25, images: 18, wanted: { steps: 25, images: 18 } };
      const round = { state: 'open' as const, count: 6, drawn: { seconds: 9, plan: { ...whole, ...plan } } };
      return shown({ kind: 'generate' }, round).text;
    };
    expect(drawn({})).not.toContain('keep');
    expect(drawn({ steps: 12, images: 6, seconds: 320 })).toContain(
      '6 of 18 pictures in 12 of 25 steps, to keep to 5 min. Less would be of no use; it was expected to take 20 s more.',
    );
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
