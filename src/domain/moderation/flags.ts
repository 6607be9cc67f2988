/**
 * Flags: members report a picture, and enough of them hold it back until a moderator has looked. They count
 * as votes do: of people who count, only in rounds that still take votes, and newcomers together never for
 * more than all others, so that nobody holds a ballot back with accounts that were made for it. What a
 * moderator shows again stays shown.
 */

import { say, type Text } from '../../words/text.js';
import {
  type Cell,
  cellOf,
  changeImage,
  imageOf,
  noteCell,
  refuseCell,
  refuseConsent,
} from '../rounds/cells.js';
import { ballotsOf } from '../rounds/rounds.js';
import type { Draft } from '../state/draft.js';
import type { Act, Command } from '../state/events.js';
import type { SessionState } from '../state/model.js';
import { platforms } from '../state/platforms.js';
import type { Image, Round } from '../state/round.js';
import { notify, showOutcome } from '../state/say.js';
import { consented, factsOf, recordMark, takesVotes } from '../voting/ledger.js';
import { newcomers } from '../voting/newcomers.js';
import { accountsOf, personOf } from '../voting/people.js';
import { isHeard } from '../voting/who-counts.js';

type Named<N extends Act['name']> = Extract<Act, { name: N }>;

/** Somebody calls a picture unfit to be seen; enough of them hold it back until a moderator looks. */
export function flag(draft: Draft, { index, round: number, back }: Named<'flag'>, { by }: Command) {
  const cell = cellOf(draft, index, number);
  if (!cell) return refuseCell(draft);
  if (!consented(draft, by.key)) return refuseConsent(draft);
  if (!takesVotes(draft, cell.ballot))
    return draft.refuse(
      'round-closed',
      say('This round has closed.'),
      say('A moderator can take the picture away: **/acclaim hide B4**.'),
    );
  if (back) return takeBack(draft, cell, index, by.key);
  recordMark(draft, cell.ballot, by.key, cell.flag, true);
  noteCell(draft, cell);
  if (hold(draft, cell.round, index)) draft.note({ held: true });
}

/**
 * A person's own report, from whichever of their accounts and channels: what it helped to hold back is
 * weighed anew.
 */
function takeBack(draft: Draft, cell: Cell, index: number, by: string): void {
  const { voters } = draft.state;
  const person = personOf(voters, by);
  if (!flaggers(draft.state, cell.round, index).has(person)) {
    draft.refuse('unknown', say('You did not report {name}.', { name: cell.name }), '');
    return;
  }
  const keys = [by, ...accountsOf(voters, person).map(({ key }) => key)];
  for (const ballot of ballotsOf(draft.state, cell.round)) {
    const mark = `flag-${ballot.cells.indexOf(index) + 1}`;
    if (ballot.cells.includes(index)) for (const key of keys) recordMark(draft, ballot, key, mark, false);
  }
  noteCell(draft, cell);
  weighFlags(draft);
}

/** A moderator lets a picture be seen that flags held back; flags hold it back no more. */
export function show(draft: Draft, { index, round: number }: Named<'show'>) {
  const cell = cellOf(draft, index, number);
  const image = cell && imageOf(draft, cell.round, index);
  if (!cell || !image) return refuseCell(draft);
  if (image.heldBy !== 'flags' || image.state !== 'held') return draft.refuse('unknown', ...whyNot(image));
  noteCell(draft, cell);
  seen(draft, cell.round, index, true);
}

function whyNot({ state }: Image): [Text, Text] {
  if (state === 'hidden') return [say('A moderator took that picture away: its file is deleted.'), ''];
  if (state === 'held') return [say('The safety checker holds that picture back, and its word stands.'), ''];
  return [say('That picture is shown.'), ''];
}

/** Seen again. `passed`: flags hold it back no more. */
function seen(draft: Draft, round: Round, index: number, passed: boolean): void {
  const { passed: _, ...image } = imageOf(draft, round, index)!;
  changeImage(draft, round, { ...image, state: 'shown', heldBy: null, ...(passed ? { passed } : {}) });
  if (round.outcome) showOutcome(draft, round.number);
}

/**
 * For who takes a flag, or a moderator's word against flags, back; nothing when it was done, else why not.
 */
export function unflag(draft: Draft, { index, round: number, held }: Record<string, unknown>) {
  if (held !== true) return say('It is a report, and held nothing back.');
  const found = flagged(draft, index, number);
  if (found?.image.state !== 'held' || found.image.heldBy !== 'flags')
    return say('Flags hold that picture back no more.');
  seen(draft, found.round, found.image.index, true);
  return undefined;
}

/** Undoes `show`; a text says why that cannot be. */
export function unshow(draft: Draft, { index, round: number }: Record<string, unknown>) {
  const found = flagged(draft, index, number);
  if (!found?.image.passed || found.image.state !== 'shown') return say('That picture is not as it was.');
  const { passed: _, ...image } = found.image;
  changeImage(draft, found.round, { ...image, state: 'held', heldBy: 'flags' });
  return undefined;
}

function flagged(draft: Draft, index: unknown, number: unknown) {
  const round = draft.state.rounds.find((row) => row.number === number);
  const image = round && imageOf(draft, round, Number(index));
  return image && { round, image };
}

/** Whoever flags may count no more, or only now: pictures of the round that takes votes follow. */
export function weighFlags(draft: Draft): void {
  const { round } = draft;
  if (!round || !ballotsOf(draft.state, round).some((ballot) => takesVotes(draft, ballot))) return;
  for (const { index, state, heldBy } of draft.state.images.get(round.id) ?? []) {
    if (state === 'shown') hold(draft, round, index);
    else if (heldBy === 'flags' && !enough(draft, flagsOf(draft, round, index)))
      seen(draft, round, index, false);
  }
}

/**
 * True where it was seen until now. What is flagged by too many who are new stays, and moderators are told of
 * it once.
 */
function hold(draft: Draft, round: Round, index: number): boolean {
  const image = imageOf(draft, round, index);
  if (image?.state !== 'shown' || image.passed) return false;
  const flags = flagsOf(draft, round, index);
  if (flags.length < draft.session.rules.flagsToHold) return false;
  if (enough(draft, flags)) {
    changeImage(draft, round, { ...image, state: 'held', heldBy: 'flags' });
    notify(draft, 'flagged', { index }, round.number);
    return true;
  }
  if (!image.reported) {
    draft.put({ table: 'image', row: { ...image, reported: true } });
    notify(draft, 'reported', { index }, round.number);
  }
  return false;
}

/** Those that count. */
function flagsOf({ state }: Draft, round: Round, index: number): string[] {
  return [...flaggers(state, round, index)].filter((person) => isHeard(state, round, person));
}

function enough({ state, at }: Draft, flags: readonly string[]): boolean {
  if (flags.length < state.session.rules.flagsToHold) return false;
  const isNew = newcomers(state, at, state.session.rules.flagsToHold);
  const young = flags.filter((person) => isNew(person) || isFresh(state, person, at)).length;
  const others = flags.length - young;
  return others + Math.min(young, others) >= state.session.rules.flagsToHold;
}

/**
 * Whoever is known by accounts alone that anybody can make, and not for as long as an account has to be old:
 * an invite lets votes count at once, where they are weighed against all others, and not yet a flag, which
 * two people can carry.
 */
function isFresh({ session, voters }: SessionState, person: string, at: number): boolean {
  const since = at - session.rules.guards.newcomerAccountDays * 86_400_000;
  const accounts = accountsOf(voters, person);
  return accounts.every(
    ({ platform, trusted, consentAt }) =>
      platforms[platform].accountsAtWill && !trusted && (consentAt ?? 0) > since,
  );
}

/** By name; in whichever channel they flagged it. */
function flaggers(state: SessionState, round: Round, index: number): Set<string> {
  const people = new Set<string>();
  for (const ballot of ballotsOf(state, round)) {
    const mark = `flag-${ballot.cells.indexOf(index) + 1}`;
    for (const { voter, emoji, present } of factsOf(state, ballot).known(false))
      if (present && emoji === mark) people.add(personOf(state.voters, voter));
  }
  return people;
}
