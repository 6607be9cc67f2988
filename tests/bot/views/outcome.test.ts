/** What a round came to, and the story of a session. */

import { describe, expect, it } from 'vitest';
import type { CellData } from '../../../bot/views/card.js';
import { outcomeCard as outcomeCardSaid } from '../../../bot/views/outcome.js';
import { barOf, progressCard as progressCardSaid } from '../../../bot/views/progress.js';
import { storyCard as storyCardSaid } from '../../../bot/views/story.js';
import type { Job, Outcome, Round, RoundPhase } from '../../../src/domain/state/round.js';
import { makeBallots, makeImages, makeOutcome, makeRound, rules } from '../../support/rows.js';
import { spoken } from '../../support/spoken.js';
import { ballotCard, ballots, dir, outcome, session } from './support.js';

const outcomeCard = spoken(outcomeCardSaid);
const progressCard = spoken(progressCardSaid);
const storyCard = spoken(storyCardSaid);
const cellsOf = (card: { data?: Record<string, unknown> }) => card.data!.cells as CellData[];

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

  it('leaves to a client that shows figures itself what they do not say, in the words of its reader', () => {
    const { images, made } = ballots();
    const round = makeRound(session, 2, { state: 'learning', outcome: { ...outcome, divides: [1, 9] } });
    const before = [makeRound(session, 1, { outcome })];
    const of = (language: string) =>
      spoken(outcomeCardSaid, language)({ key: 'o', session, round, before, ballots: made, images, dir });
    const english = of('en').data!;
    expect(english.more).toMatch(/^You differ most on \*\*A2\*\* and \*\*B1\*\*: .* not\.$/);
    expect(of('ja').data!.more).toMatch(/^[^A-Za-z]*A2[^A-Za-z]*B1[^A-Za-z]*。$/);
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
