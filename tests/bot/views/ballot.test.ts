/** A ballot as its channel sees it: cells, what it asks for, its state, what is veiled. */

import { describe, expect, it } from 'vitest';
import { ballotCard as ballotCardSaid, tellsTurnout } from '../../../bot/views/ballot.js';
import type { CellData } from '../../../bot/views/card.js';
import type { Round, RoundPhase } from '../../../src/domain/state/round.js';
import { makeRound } from '../../support/rows.js';
import { spoken } from '../../support/spoken.js';
import { ballotCard, ballots, dir, outcome, session } from './support.js';

const cellsOf = (card: { data?: Record<string, unknown> }) => card.data!.cells as CellData[];

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

  it('says of a closed duel how many called each of its pictures good, in the words of its reader', () => {
    const { round, images, made } = ballots({ state: 'learning', outcome });
    const [first] = made;
    const duel = { ...first!, style: 'duel' as const, cells: [0, 9], state: 'closed' as const };
    const of = (nsfw: boolean, language?: string) =>
      spoken(
        ballotCardSaid,
        language,
      )({
        session: { ...session, nsfw },
        ...{ round, images, ballot: duel, dir, file: null, sheets: 2 },
      }).text;
    const { up, seen } = outcome.cells[0]!;
    expect(of(false)).toMatch(new RegExp(`^Closed. Called good, .* by: \\*\\*#1\\*\\* ${up} of ${seen}, `));
    expect(of(false)).toContain('Over the round: 11 of 11 pictures judged, 5 liked: **45 %** approval.');
    expect(of(true)).toContain('Called safe,');
    expect(of(false, 'ja')).toContain(`**#1** ${seen}人中${up}人`);
    expect(of(false, 'ja')).not.toMatch(/[A-Za-z]{3,}/);
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
