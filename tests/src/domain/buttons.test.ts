/**
 * Sheets that are marked by buttons: planned and closed without a reaction being hung or read, and what a
 * press changes.
 */
import { expect, it } from 'vitest';
import type { Ballot } from '../../../src/domain/state/round.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { byButtons, changesOf, standingMarks } from '../../../src/domain/voting/presses.js';
import { placeOn, World } from '../../support/world.js';

const noReactions = (w: World) =>
  [...w.asked.keys()].filter((key) => /\.(prime|sweep)\./.test(key)).length === 0;

function pressed(w: World, voter: string, ballot: Ballot, emoji: string): void {
  const own = standingMarks(w.state, w.round, voter).map(({ fact }) => fact.emoji);
  for (const change of changesOf(own, emoji, null)) w.react(voter, ballot, change.emoji, change.present);
}

const judged = (w: World) => judgeRound(w.state, w.round, w.now).feedback.images[2]!.good;

it('no reaction is hung, read or cleared, and a press is the mark that a reaction is', () => {
  const w = new World({ ballots: 'buttons', quorum: 9 });
  w.settle();
  expect(w.live().map(({ style, sweeps, cells }) => [style, sweeps, cells.length])).toEqual([
    ['sheet', false, 9],
    ['sheet', false, 9],
  ]);
  w.consent('ann');
  const [a] = w.live() as [Ballot];
  pressed(w, 'ann', a, '3');
  // Somebody hung reactions there by hand, and a moderator wiped them.
  w.send({ kind: 'cleared', ballot: a.id, emoji: null, at: ++w.now });
  expect(judged(w)).toBe(1);
  w.command({ name: 'close' });
  w.settle((effect) => effect.kind === 'learn');
  expect(w.round).toMatchObject({ state: 'learning', outcome: { voters: 1 } });
  expect(noReactions(w)).toBe(true);
});

it('in a pool a page shows sheets as ever, and one press of a person takes back what another account gave', () => {
  const w = new World({ ballots: 'buttons', quorum: 9 });
  w.settle();
  w.join(placeOn('web'));
  w.settle();
  const [here] = w.live().filter(({ platform }) => platform === 'fake') as [Ballot];
  const [onPage] = w.live().filter(({ platform }) => platform === 'web') as [Ballot];
  expect([byButtons(here), byButtons(onPage), onPage.cells]).toEqual([true, false, here.cells]);
  w.consent('ann', 'ann-web');
  w.link('person', 'ann', 'ann-web');
  w.react('ann-web', onPage, '2');
  pressed(w, 'ann', here, '2');
  expect(standingMarks(w.state, w.round, 'ann-web')).toEqual([]);
});

it('a ballot that was deleted hangs again with its buttons, and its marks are taken back there', () => {
  const w = new World({ ballots: 'buttons', quorum: 9 });
  w.settle();
  w.consent('ann');
  const [a] = w.live() as [Ballot];
  pressed(w, 'ann', a, '3');
  w.send({ kind: 'ballot-gone', ballot: a.id, at: ++w.now });
  w.settle();
  const again = w.live().find(({ sheet }) => sheet === 0)!;
  expect([again.id, byButtons(again), judged(w)]).toEqual([`${a.id}.again`, true, 1]);
  pressed(w, 'ann', again, '3');
  expect(judged(w)).toBeNull();
  expect(noReactions(w)).toBe(true);
});

it('what was planned by buttons hangs so in a channel that joins later, whatever is set since', () => {
  const w = new World({ ballots: 'buttons', quorum: 9 });
  w.settle();
  w.command({ name: 'settings', rules: { ballots: 'sheet' } }, 'admin', 'boss');
  w.join(placeOn('slack'));
  w.settle();
  expect(w.live().map(byButtons)).toEqual(Array(4).fill(true));
  expect(noReactions(w)).toBe(true);
});

it('"none" and a number take each other’s place, and a star goes with its number', () => {
  const on = (emoji: string) => ({ emoji, present: true });
  const off = (emoji: string) => ({ emoji, present: false });
  expect(changesOf(['1', '4', 'star-4'], 'none', null)).toEqual([
    off('1'),
    off('4'),
    off('star-4'),
    on('none'),
  ]);
  expect(changesOf(['none'], '2', null)).toEqual([off('none'), on('2')]);
  expect(changesOf(['4', 'star-4'], '4', null)).toEqual([off('star-4'), off('4')]);
  expect(changesOf(['4'], '4', true), 'wanted, and stands').toEqual([on('4')]);
  expect(changesOf(['left'], 'right', null)).toEqual([off('left'), on('right')]);
});
