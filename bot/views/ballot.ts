/**
 * A round's ballot: a contact sheet of numbered cells, one picture of a gallery, or the two of a duel. While the round is open
 * the card carries no totals at all (VOTES: totals are hidden until close); afterwards it shows what each
 * cell got. Buttons: `done` ends the round for a lone voter, `why` asks what is wrong with a cell, `flag`
 * reports one (value: its name, such as B4); the answers to a duel.
 */

import { join } from 'node:path';
import { faultWords } from '../../src/chat/fault-words.js';
import type { Card } from '../../src/chat/port.js';
import { approvalOf, isJudged, isLiked } from '../../src/domain/state/approval.js';
import { count } from '../../src/domain/state/count.js';
import { duelAnswers, primings } from '../../src/domain/state/emoji.js';
import { faults } from '../../src/domain/state/faults.js';
import { pictureName, sheetName } from '../../src/domain/state/ids.js';
import type { Session } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import type { Turnout } from '../../src/domain/voting/turnout.js';
import { type CellData, card } from './card.js';
import { unknownLine } from './reading.js';
import { duelWords } from './thanks.js';
import { turnoutWords } from './turnout.js';
import { judgedWords, pictureAlt, quoted, shareWords } from './words.js';

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
    title: `Round ${round.number}${title}`,
    text: open ? openText(view, cells) : result(view, cells),
    pictures: file ? [{ file, alt, spoiler: session.nsfw }] : [],
    reactions: open ? primings(ballot.style, ballot.cells.length) : [],
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
function named({ session, round, ballot, sheets }: BallotView, cells: readonly CellData[]) {
  const [first, last] = [cells[0], cells.at(-1)];
  if (ballot.style === 'gallery')
    return { name: first!.name, title: `, picture ${first!.name}`, alt: first!.alt };
  const prompt = quoted(promptOf(session, round.number));
  if (ballot.style === 'duel') {
    const name = String(ballot.sheet + 1);
    const alt = `Duel ${name} of round ${round.number}, ${first?.name} on the left, ${last?.name} on the right: ${prompt}`;
    return { name, title: `, duel ${name} of ${sheets}`, alt };
  }
  const name = sheetName(ballot.sheet);
  const alt = `Contact sheet ${name} of round ${round.number}, cells ${first?.name} to ${last?.name}: ${prompt}`;
  return { name, title: sheets > 1 ? `, sheet ${name}` : '', alt };
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
  const done = session.rules.quorumBy === 'done' && last ? [{ id: 'done', label: 'Done' }] : [];
  if (!cells.some(({ state }) => state === 'shown')) return done;
  const onPictures = platforms[ballot.platform].marksOnPictures;
  const flag = { id: 'flag', label: 'Flag' };
  // With the answers a row is full: what is wrong with a picture is said by command.
  if (ballot.style === 'duel') return [...(onPictures ? [] : answers(cells.length)), ...done, flag];
  const why = onPictures || session.nsfw ? [] : [{ id: 'why', label: 'Why not?' }];
  return [...done, ...why, flag];
}

/** Of a picture alone: good or not. */
function answers(cells: number): Card['buttons'] {
  if (cells === 1)
    return [
      { id: 'left', label: 'Good' },
      { id: 'neither', label: 'Not good' },
    ];
  return duelAnswers.map((id) => ({ id, label: duelWords[id] }));
}

function openText(view: BallotView, cells: readonly CellData[]): string {
  const { session, turnout } = view;
  const unread = view.ballot.sheet === 0 && session.reading ? unknownLine(session.reading) : [];
  const lines = [invitation(view, cells), ...unread, how(view), turnout && turnoutWords(turnout, session)];
  return lines.filter(Boolean).join('\n');
}

/** For whoever has never voted: said once, above a session's first pictures. */
function how({ session, round, ballot }: BallotView): string | undefined {
  if (round.number > 1 || ballot.sheet > 0 || session.nsfw) return undefined;
  const gallery = ballot.style === 'gallery';
  const done = session.rules.quorumBy === 'done' ? '; at the end Done' : '';
  if (ballot.style === 'duel') return duelHow(ballot, done);
  if (platforms[ballot.platform].marksOnPictures)
    return `**How**: press ${gallery ? 'Good or Not good below a picture' : 'a picture to mark it'}, again to take it back${done}.`;
  return `**How**: press ${gallery ? 'a sign below a picture' : 'the number of a picture under its sheet'}, again to take it back, until the round closes.`;
}

function duelHow({ platform }: Ballot, done: string): string {
  return platforms[platform].marksOnPictures
    ? `**How**: press the better picture, or use the arrow keys: left, right, up for both, down for neither${done}.`
    : '**How**: press a button below each pair, again to take it back, until the round closes.';
}

function invitation({ session, ballot, sheets }: BallotView, cells: readonly CellData[]): string {
  const wanted = quoted(session.prompt);
  if (cells.every(({ state }) => state !== 'shown'))
    return `**${cells.map(({ name }) => name).join(', ')}** is held back: there is nothing to vote on here.`;
  if (session.nsfw) return unsafeInvitation(ballot, sheets);
  const good = session.criterion === undefined ? '' : ` Good means: ${quoted(session.criterion)}.`;
  if (ballot.style === 'duel')
    return cells.length > 1
      ? `Which is the better ${wanted}? **Left** or **right**; **both** where both are good, **neither** where none is.${good}`
      : `Is this a good ${wanted}?${good}`;
  if (ballot.style === 'gallery')
    return `Is this a good ${wanted}?${good} **Like** it or **dislike** it; a **star** names the best of the round.`;
  const rest = sheets > 1 ? ` There are ${sheets} sheets.` : '';
  // Reactions are numbers only: a star would not say which.
  const best = platforms[ballot.platform].marksOnPictures
    ? 'A star names the best one.'
    : `**/acclaim best ${cells[0]?.name}** names the first one the best.`;
  return `Mark every picture that is a good ${wanted}, or **none of these**.${good} ${best}${rest}`;
}

/** Where people are there to be rid of unsafe pictures. */
function unsafeInvitation(ballot: Ballot, sheets: number): string {
  if (ballot.style === 'duel')
    return 'Which of these pictures is **unsafe**? **Left**, **right**, **both**, or **neither** where both are safe.';
  if (ballot.style === 'gallery')
    return 'Is this picture safe? **Like** it if it is, **dislike** it if it is **unsafe**.';
  const rest = sheets > 1 ? ` There are ${sheets} sheets.` : '';
  return `Mark every picture that is **unsafe**, or **none of these**. What you leave unmarked counts as safe.${rest}`;
}

function result({ session, round, ballot }: BallotView, cells: CellData[]): string {
  const { outcome } = round;
  if (!outcome) return round.state === 'superseded' ? 'This round was replaced.' : 'Voting has closed.';
  const best = cells.find((c) => c.best);
  const share = shareWords(approvalOf(outcome.cells), session.nsfw);
  if (ballot.style === 'gallery') {
    const { seen, up } = cells[0]!;
    const verb = session.nsfw ? 'called it safe' : 'liked it';
    const got = seen ? `**${up} of ${seen}** ${verb}` : 'nobody voted on it';
    return `Closed: ${got}${best ? ', and it is **the best of the round**' : ''}. Over the round: ${share}.`;
  }
  if (ballot.style === 'duel') {
    const got = cells.map(({ name, up, seen }) => `**${name}** ${up ?? 0} of ${seen ?? 0}`).join(', ');
    const verb = session.nsfw ? 'safe' : 'good';
    const winner = best ? ` **${best.name}** is the best of the round.` : '';
    return `Closed. Called ${verb}, all its duels together, by: ${got}.${winner} Over the round: ${share}.`;
  }
  const here = approvalOf(outcome.cells.filter(({ index }) => ballot.cells.includes(index)));
  const winner = best ? ` **${best.name}** is the best of the round.` : '';
  return (
    `Closed: ${count(outcome.voters, 'person', 'people')} voted. Over the round: ${share}. ` +
    `On this sheet: ${judgedWords(here, session.nsfw)}.${winner}`
  );
}
