/**
 * What somebody has marked on sheets of buttons, told to them alone after each press: all that stands of them
 * in the round, and the buttons of the sheet as they stand. A press on these says what is wanted and not the
 * other way, so that one on an answer that is out of date does no harm.
 */
import type { Button } from '../../src/chat/port.js';
import { meaning } from '../../src/domain/state/emoji.js';
import { pictureName, sheetName } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot } from '../../src/domain/state/round.js';
import type { EffectiveMark } from '../../src/domain/voting/effective-marks.js';
import { standingMarks } from '../../src/domain/voting/presses.js';
import { marksOf } from '../../src/domain/voting/who-counts.js';
import { listed, say, sentences, type Text } from '../../src/words/text.js';
import type { Answer } from './notice.js';
import { excluded, otherCamp } from './thanks.js';

/** The mark that a button of a sheet stands for. */
export const markOfButton = (button: string): string | undefined => /^mark-([1-9]|none)$/.exec(button)?.[1];

/** One for each picture that is shown, by its number, and one for none of them. */
export function markButtons(cells: readonly { number: number; state: string }[]): Button[] {
  const numbers = cells.filter(({ state }) => state === 'shown').map(({ number }) => String(number));
  return [
    ...numbers.map((number) => ({ id: `mark-${number}`, label: number })),
    { id: 'mark-none', label: say('None of these') },
  ];
}

/** `message`: of the ballot, which presses on the answer are about. */
export function ownBallot(
  state: SessionState,
  ballot: Ballot,
  { voter, message }: { voter: string; message: string },
): Answer {
  const round = state.rounds.find(({ id }) => id === ballot.round)!;
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: say('Not counted'), text: excluded };
  const standing = standingMarks(state, round, voter);
  const kept =
    marks === 'waits'
      ? say('It is kept; until somebody vouches for you (a moderator, or an invite) it does not count.')
      : marks === 'other-camp'
        ? otherCamp
        : '';
  return {
    title: say('Your marks in round {round}', { round: round.number }),
    text: sentences(...standingWords(state, standing), kept),
    buttons: buttons(state, ballot, { standing, message }),
  };
}

function standingWords({ session }: SessionState, standing: readonly EffectiveMark[]): Text[] {
  const names = (kind: 'good' | 'best') =>
    standing
      .flatMap(({ ballot, fact }) => {
        const mark = meaning(fact.emoji);
        const index = mark?.kind === kind ? ballot.cells[mark.cell - 1] : undefined;
        return index === undefined ? [] : [{ index, name: `**${pictureName(ballot, index)}**` }];
      })
      .sort((a, b) => a.index - b.index)
      .map(({ name }) => name);
  const sheets = (kind: 'none' | 'done') =>
    standing
      .filter(({ fact }) => meaning(fact.emoji)?.kind === kind)
      .map(({ ballot }) => `**${sheetName(ballot.sheet)}**`)
      .sort();
  const [good, best, none] = [names('good'), names('best'), sheets('none')];
  const said: Text[] = [];
  if (good.length > 0)
    said.push(
      session.nsfw
        ? say('You call {pictures} unsafe.', { pictures: listed(good) })
        : say('You like {pictures}.', { pictures: listed(good) }),
    );
  if (best.length > 0) said.push(say('Your best is {picture}.', { picture: listed(best) }));
  if (none.length > 0) said.push(say('None of sheet {sheets}.', { sheets: listed(none) }));
  if (said.length === 0) said.push(say('You have marked nothing.'));
  if (sheets('done').length > 0) said.push(say('You are done.'));
  return said;
}

function buttons(
  { images }: SessionState,
  ballot: Ballot,
  { standing, message }: { standing: readonly EffectiveMark[]; message: string },
): Button[] {
  const own = standing.filter((mark) => mark.ballot.sheet === ballot.sheet).map(({ fact }) => fact.emoji);
  const shown = ballot.cells.map((index, i) => ({
    number: i + 1,
    state: images.get(ballot.round)?.find((image) => image.index === index)?.state ?? 'hidden',
  }));
  return markButtons(shown).map((button) => {
    const on = own.includes(markOfButton(button.id)!);
    return { ...button, on, value: `${on ? 'off' : 'on'} ${message}` };
  });
}
