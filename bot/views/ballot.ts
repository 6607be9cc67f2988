/**
 * A round's ballot: a contact sheet of numbered cells, one picture of a gallery, or the two of a duel. While
 * the round is open the card carries no totals at all (VOTES: totals are hidden until close); afterwards it
 * shows what each cell got. Buttons: `done` ends the round for a lone voter, `why` asks what is wrong with a
 * cell, `flag` reports one (value: its name, such as B4); the answers to a duel.
 */

import { join } from 'node:path';
import { faultWords } from '../../src/chat/fault-words.js';
import type { Card } from '../../src/chat/port.js';
import { approvalOf, isJudged, isLiked } from '../../src/domain/state/approval.js';
import { duelAnswers, primings } from '../../src/domain/state/emoji.js';
import { faults } from '../../src/domain/state/faults.js';
import { pictureName, sheetName } from '../../src/domain/state/ids.js';
import type { Session } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import { byButtons } from '../../src/domain/voting/presses.js';
import type { Turnout } from '../../src/domain/voting/turnout.js';
import { counted, lines, listed, say, sentences, type Text } from '../../src/words/text.js';
import { type CellData, card } from './card.js';
import { markButtons } from './own-ballot.js';
import { unknownLine } from './reading.js';
import { duelWords } from './thanks.js';
import { turnoutWords } from './turnout.js';
import { ended, judgedWords, pictureAlt, quoted, shareWords } from './words.js';

export interface BallotView {
  session: Session;
  round: Round;
  ballot: Ballot;
  /** Images of the round. */
  images: readonly Image[];
  /** Absolute folder of the round: image files are relative to it. */
  dir: string;
  /**
   * Absolute path of what the message shows: the contact sheet, or a gallery's picture; null where that is
   * held back.
   */
  file: string | null;
  /** Ballots of this round in this channel. */
  sheets: number;
  /** Of the open round, where this ballot says it; left out elsewhere. */
  turnout?: Turnout | undefined;
}

/** Of a round's ballots in a channel the last one says it, so that one message is edited. */
export const tellsTurnout = ({ platform, sheet }: Ballot, sheets: number): boolean =>
  platforms[platform].turnoutInText && sheet === sheets - 1;

export function ballotCard(view: BallotView): Card {
  const { session, round, ballot, file } = view;
  const open = ballot.state !== 'closed' && ballot.state !== 'gone' && isVotable(round);
  const cells = cellsOf(view);
  const { name, title, alt } = named(view, cells);
  return card('ballot', ballot.id, {
    title,
    text: open ? openText(view, cells) : result(view, cells),
    pictures: file ? [{ file, alt, spoiler: session.nsfw }] : [],
    reactions: open && !byButtons(ballot) ? primings(ballot.style, ballot.cells.length) : [],
    buttons: open ? buttons(view, cells) : [],
    data: {
      session: session.id,
      sessionTitle: session.title,
      prompt: promptOf(session, round.number),
      criterion: session.criterion ?? null,
      // With the round's number and a picture's index, all that its noise comes from.
      seed: session.seed,
      model: session.model,
      round: round.number,
      roundState: round.state,
      sheet: name,
      sheets: view.sheets,
      style: ballot.style,
      open,
      blurred: session.nsfw,
      // What a number says here.
      says: session.nsfw ? 'unsafe' : 'good',
      deadline: open ? round.deadline : null,
      quorum: session.rules.quorum,
      quorumBy: session.rules.quorumBy,
      ...(open || !round.outcome ? { approval: null, words: null } : total(round.outcome, session)),
      // What can be said to be wrong with a picture.
      ...(open && !session.nsfw && { faults: faults.map((id) => ({ id, word: faultWords[id] })) }),
      cells,
    },
  });
}

/** How a ballot is called, in itself and in its title, and what is seen on it. */
function named(
  { session, round: { number: round }, ballot, sheets }: BallotView,
  cells: readonly CellData[],
) {
  const [first, last] = [cells[0]!, cells.at(-1)!];
  if (ballot.style === 'gallery') {
    const { name, alt } = first;
    return { name, title: say('Round {round}, picture {name}', { round, name }), alt };
  }
  const prompt = quoted(promptOf(session, round));
  const of = { round, first: first.name, last: last.name, prompt };
  if (ballot.style === 'duel') {
    const name = String(ballot.sheet + 1);
    const alt = say('Duel {name} of round {round}, {first} on the left, {last} on the right: {prompt}', {
      ...of,
      name,
    });
    return { name, title: say('Round {round}, duel {name} of {sheets}', { round, name, sheets }), alt };
  }
  const name = sheetName(ballot.sheet);
  const alt = say('Contact sheet {name} of round {round}, cells {first} to {last}: {prompt}', {
    ...of,
    name,
  });
  const title =
    sheets > 1 ? say('Round {round}, sheet {name}', { round, name }) : say('Round {round}', { round });
  return { name, title, alt };
}

/** What the whole round came to. */
function total({ cells }: Outcome, { nsfw }: Session) {
  const approval = approvalOf(cells);
  return { approval: approval.share, words: judgedWords(approval, nsfw) };
}

function isVotable(round: Round): boolean {
  return round.state === 'review' || round.state === 'posting' || round.state === 'open';
}

function cellsOf({ session, round, ballot, images, dir }: BallotView): CellData[] {
  const outcome = isVotable(round) ? null : round.outcome;
  return ballot.cells.map((index, i) => {
    const image = images.find((m) => m.index === index);
    const state = image?.state ?? 'hidden';
    const name = pictureName(ballot, index);
    const total = outcome?.cells.find((c) => c.index === index);
    return {
      number: i + 1,
      name,
      index,
      state,
      alt: pictureAlt(name, promptOf(session, round.number), state),
      file: image && state === 'shown' ? join(dir, image.file) : null,
      up: total?.up ?? null,
      seen: total?.seen ?? null,
      stars: total?.stars ?? null,
      liked: total && isJudged(total) ? isLiked(total) : null,
      best: outcome?.best === index,
    };
  });
}

/** Done ends the whole round, so of many messages, as a gallery's, the last one has it. */
function buttons({ session, ballot, sheets }: BallotView, cells: readonly CellData[]): Card['buttons'] {
  const last = ballot.style === 'sheet' || ballot.sheet === sheets - 1;
  const pressed = byButtons(ballot);
  const ends = pressed || (session.rules.quorumBy === 'done' && last);
  const done = ends ? [{ id: 'done', label: say('Done') }] : [];
  if (!cells.some(({ state }) => state === 'shown')) return done;
  const onPictures = platforms[ballot.platform].marksOnPictures;
  const flag = { id: 'flag', label: say('Flag') };
  // With the answers a row is full: what is wrong with a picture is said by command.
  if (ballot.style === 'duel') return [...(onPictures ? [] : answers(cells.length)), ...done, flag];
  const why = onPictures || session.nsfw ? [] : [{ id: 'why', label: say('Why not?') }];
  const best = pressed && !session.nsfw ? [{ id: 'best', label: say('Best') }] : [];
  return [...(pressed ? markButtons(cells) : []), ...done, ...best, ...why, flag];
}

/** Of a picture alone: good or not. */
function answers(cells: number): Card['buttons'] {
  if (cells === 1)
    return [
      { id: 'left', label: say('Good') },
      { id: 'neither', label: say('Not good') },
    ];
  return duelAnswers.map((id) => ({ id, label: duelWords[id] }));
}

function openText(view: BallotView, cells: readonly CellData[]): Text {
  const { session, turnout } = view;
  const unread = view.ballot.sheet === 0 && session.reading ? unknownLine(session.reading) : [];
  const all = [invitation(view, cells), ...unread, how(view), turnout && turnoutWords(turnout, session)];
  return lines(all.filter((one) => one !== undefined));
}

/** For whoever has never voted: said once, above a session's first pictures. */
function how({ session, round, ballot }: BallotView): Text | undefined {
  if (round.number > 1 || ballot.sheet > 0 || session.nsfw) return undefined;
  const gallery = ballot.style === 'gallery';
  if (ballot.style === 'duel') return duelHow({ session, ballot });
  if (byButtons(ballot))
    return say(
      '**How**: press the number of a picture under its sheet, again to take it back, until the round closes. Nobody else sees what you press.',
    );
  if (!platforms[ballot.platform].marksOnPictures)
    return gallery
      ? say('**How**: press a sign below a picture, again to take it back, until the round closes.')
      : say(
          '**How**: press the number of a picture under its sheet, again to take it back, until the round closes.',
        );
  const mark = gallery
    ? say('**How**: press Good or Not good below a picture, again to take it back')
    : say('**How**: press a picture to mark it, again to take it back');
  return atTheEnd(session, mark);
}

/** Where Done makes the quorum it is asked for. */
const atTheEnd = ({ rules }: Session, mark: Text): Text =>
  rules.quorumBy === 'done' ? say('{mark}; at the end Done.', { mark }) : ended(mark);

function duelHow({ session, ballot: { platform } }: Pick<BallotView, 'session' | 'ballot'>): Text {
  return platforms[platform].marksOnPictures
    ? atTheEnd(
        session,
        say(
          '**How**: press the better picture, or use the arrow keys: left, right, up for both, down for neither',
        ),
      )
    : say('**How**: press a button below each pair, again to take it back, until the round closes.');
}

function invitation({ session, ballot, sheets }: BallotView, cells: readonly CellData[]): Text {
  const wanted = quoted(session.prompt);
  if (cells.every(({ state }) => state !== 'shown'))
    return say('**{names}** is held back: there is nothing to vote on here.', {
      names: listed(cells.map(({ name }) => name)),
    });
  if (session.nsfw) return unsafeInvitation(ballot, sheets);
  const good =
    session.criterion === undefined
      ? ''
      : say('Good means: {criterion}.', { criterion: quoted(session.criterion) });
  if (ballot.style === 'duel')
    return cells.length > 1
      ? sentences(
          say('Which is the better {wanted}?', { wanted }),
          say('**Left** or **right**; **both** where both are good, **neither** where none is.'),
          good,
        )
      : sentences(say('Is this a good {wanted}?', { wanted }), good);
  if (ballot.style === 'gallery')
    return sentences(
      say('Is this a good {wanted}?', { wanted }),
      good,
      say('**Like** it or **dislike** it; a **star** names the best of the round.'),
    );
  const rest = sheets > 1 ? say('There are {sheets} sheets.', { sheets }) : '';
  const mark = say('Mark every picture that is a good {wanted}, or **none of these**.', { wanted });
  return sentences(mark, good, bestHow(ballot, cells), rest);
}

function bestHow(ballot: Ballot, cells: readonly CellData[]): Text {
  if (byButtons(ballot)) return say('**Best** names the best one.');
  // Reactions are numbers only: a star would not say which.
  return platforms[ballot.platform].marksOnPictures
    ? say('A star names the best one.')
    : say('**/acclaim best {name}** names the first one the best.', { name: cells[0]?.name ?? '' });
}

/** Where people are there to be rid of unsafe pictures. */
function unsafeInvitation(ballot: Ballot, sheets: number): Text {
  if (ballot.style === 'duel')
    return say(
      'Which of these pictures is **unsafe**? **Left**, **right**, **both**, or **neither** where both are safe.',
    );
  if (ballot.style === 'gallery')
    return say('Is this picture safe? **Like** it if it is, **dislike** it if it is **unsafe**.');
  const rest = sheets > 1 ? say('There are {sheets} sheets.', { sheets }) : '';
  const mark = say(
    'Mark every picture that is **unsafe**, or **none of these**. What you leave unmarked counts as safe.',
  );
  return sentences(mark, rest);
}

function result({ session, round, ballot }: BallotView, cells: CellData[]): Text {
  const { outcome } = round;
  if (!outcome)
    return round.state === 'superseded' ? say('This round was replaced.') : say('Voting has closed.');
  const best = cells.find((c) => c.best);
  const share = shareWords(approvalOf(outcome.cells), session.nsfw);
  const winner = best ? say('**{name}** is the best of the round.', { name: best.name }) : '';
  if (ballot.style === 'gallery') {
    const { seen, up } = cells[0]!;
    return sentences(
      closedPicture(up ?? 0, seen ?? 0, session.nsfw),
      best ? say('It is **the best of the round**.') : '',
      say('Over the round: {share}.', { share }),
    );
  }
  if (ballot.style === 'duel') {
    const got = listed(
      cells.map(({ name, up, seen }) =>
        say('**{name}** {up} of {seen}', { name, up: up ?? 0, seen: seen ?? 0 }),
      ),
    );
    return sentences(
      session.nsfw
        ? say('Closed. Called safe, all its duels together, by: {got}.', { got })
        : say('Closed. Called good, all its duels together, by: {got}.', { got }),
      winner,
      say('Over the round: {share}.', { share }),
    );
  }
  const here = approvalOf(outcome.cells.filter(({ index }) => ballot.cells.includes(index)));
  return sentences(
    say('Closed: {people} voted.', { people: counted(outcome.voters, 'person') }),
    say('Over the round: {share}.', { share }),
    say('On this sheet: {judged}.', { judged: judgedWords(here, session.nsfw) }),
    winner,
  );
}

function closedPicture(up: number, seen: number, nsfw: boolean): Text {
  if (seen === 0) return say('Closed: nobody voted on it.');
  return nsfw
    ? say('Closed: **{up} of {seen}** called it safe.', { up, seen })
    : say('Closed: **{up} of {seen}** liked it.', { up, seen });
}
