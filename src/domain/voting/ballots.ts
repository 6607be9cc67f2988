/**
 * Ballots: planned for every channel, posted exactly once by key, primed, posted once more when deleted,
 * closed.
 */
import type { Draft } from '../state/draft.js';
import { primings } from '../state/emoji.js';
import type { BallotGone, BallotPosted, Cleared } from '../state/events.js';
import { ballotId } from '../state/ids.js';
import type { Binding } from '../state/model.js';
import { quietUntil } from '../state/quiet-hours.js';
import type { Ballot, Round } from '../state/round.js';
import { notify } from '../state/say.js';
import { recordCleared } from './ledger.js';
import { pairsOf } from './pairing.js';

/** Sheets of nearly equal size, each of at most `size` cells. */
export function sheets(indices: readonly number[], size: number): number[][] {
  const count = Math.ceil(indices.length / size);
  const each = Math.ceil(indices.length / Math.max(1, count));
  return Array.from({ length: count }, (_, i) => indices.slice(i * each, (i + 1) * each)).filter(
    (s) => s.length,
  );
}

/** For all channels, or for some that came later: cells have the same names in each. */
export function planBallots(draft: Draft, round: Round, channels: readonly Binding[] = draft.channels): void {
  const { style, buttons, cells } = hungSheets(draft, round) ?? freshSheets(draft, round);
  for (const { channel, platform, ordinal, sweeps } of channels) {
    for (const [sheet, of] of cells.entries()) {
      const row: Ballot = {
        id: ballotId(round.id, sheet, ordinal),
        session: draft.session.id,
        round: round.id,
        channel,
        platform,
        style,
        sheet,
        cells: of,
        state: 'planned',
        message: null,
        posting: 1,
        primings: 0,
        // Where buttons are pressed no reaction is to be read.
        sweeps: sweeps && style !== 'duel' && !buttons,
        sweptAt: null,
        ...(buttons && { buttons }),
      };
      draft.put({ table: 'ballot', row });
    }
  }
}

interface Sheets {
  style: Ballot['style'];
  buttons: Ballot['buttons'];
  /** By sheet. */
  cells: number[][];
}

function freshSheets({ state, session: { rules, seed } }: Draft, round: Round): Sheets {
  const shown = (state.images.get(round.id) ?? []).filter((image) => image.state === 'shown');
  const indices = shown.map((image) => image.index);
  const buttons = rules.ballots === 'buttons' || undefined;
  const style = rules.ballots === 'buttons' ? 'sheet' : rules.ballots;
  if (style === 'duel' && shown.length > 1) {
    const pictures = shown.map(({ index, chance = null }) => ({ index, chance }));
    return { style, buttons, cells: pairsOf(pictures, seed + round.number) };
  }
  return { style, buttons, cells: sheets(indices, style === 'sheet' ? rules.sheetSize : 1) };
}

/**
 * The round's sheets as they were planned elsewhere, whatever the rules have become since; null where none
 * were.
 */
function hungSheets({ state }: Draft, round: Round): Sheets | null {
  const cells: number[][] = [];
  let style: Ballot['style'] | undefined;
  let buttons: Ballot['buttons'];
  for (const ballot of state.ballots.values()) {
    if (ballot.round !== round.id) continue;
    cells[ballot.sheet] = ballot.cells;
    ({ style, buttons } = ballot);
  }
  return style === undefined ? null : { style, buttons, cells };
}

/** Sends out what is planned; asked again it asks for the same posts by the same keys. */
export function postBallots(draft: Draft, round: Round, to: readonly Binding[] = draft.channels): void {
  const channels = new Set(to.map(({ channel }) => channel));
  for (const ballot of draft.state.ballots.values())
    if (ballot.round === round.id && ballot.state === 'planned' && channels.has(ballot.channel))
      askPost(draft, ballot);
}

/** What a ballot says as it is posted: the vote opens when all of them hang, which takes a moment. */
export function plannedDeadline({ session: { rules }, at }: Draft): number {
  return Math.max(at, quietUntil(rules.quietHours, at)) + rules.roundMs;
}

/** What a ballot that was posted says of its deadline may be wrong by so much, ms. */
const NEAR_MS = 60_000;

/** Ballots say the deadline that holds now; `before`: the round as it was. */
export function showDeadline(draft: Draft, before: Round | undefined): void {
  const round = draft.round;
  if (round?.state !== 'open' || round.deadline === before?.deadline || round.id !== before?.id) return;
  const opens = before.state === 'posting' && round.deadline !== null && before.deadline !== null;
  if (opens && Math.abs(round.deadline! - before.deadline!) <= NEAR_MS) return;
  for (const ballot of draft.state.ballots.values())
    if (ballot.round === round.id && ballot.state === 'live') askEdit(draft, ballot);
}

/** Nothing more goes to the channel; what was planned for it waits. */
export function holdBallots(draft: Draft, channel: string): void {
  for (const ballot of draft.state.ballots.values())
    if (ballot.channel === channel && ballot.state === 'planned') draft.settle(`${ballot.id}.post`);
}

/** A ballot hangs; where nobody was waiting for it any more it is closed again. */
export function ballotPosted(draft: Draft, event: BallotPosted): void {
  draft.settle(event.effect);
  const ballot = draft.state.ballots.get(event.ballot);
  if (!ballot || ballot.message !== null) return;
  const posted = draft.setBallot(ballot, { message: event.message });
  if (ballot.state === 'planned') {
    prime(draft, draft.setBallot(posted, { state: 'live' }));
    // An image was hidden while the message with it was on its way.
    const images = draft.state.images.get(ballot.round) ?? [];
    if (ballot.cells.some((index) => images.find((row) => row.index === index)?.state !== 'shown'))
      askEdit(draft, posted);
  }
  // The round ended while the message was on its way: it shows so at once.
  else askEdit(draft, posted);
}

/** The channel refused the ballot for good: the others go on without it. */
export function ballotRefused(draft: Draft, id: string): void {
  const ballot = draft.state.ballots.get(id);
  if (ballot?.state === 'planned') draft.setBallot(ballot, { state: 'gone' });
}

/** A deleted ballot: its votes stand, and it is posted once more under a new id. */
export function ballotGone(draft: Draft, event: BallotGone): void {
  const ballot = draft.state.ballots.get(event.ballot);
  if (!ballot || ballot.state === 'gone') return;
  draft.setBallot(ballot, { state: 'gone' });
  if (ballot.state !== 'live' || ballot.posting > 1) return;
  const id = `${ballot.id}.again`;
  const row: Ballot = {
    ...ballot,
    id,
    state: 'planned',
    message: null,
    posting: 2,
    primings: 0,
    sweptAt: null,
  };
  draft.put({ table: 'ballot', row });
  askPost(draft, row);
  notify(draft, 'ballot-reposted');
}

/**
 * A moderator cleared reactions away: the votes behind them are withdrawn, and the ballot is primed again.
 */
export function ballotCleared(draft: Draft, event: Cleared): void {
  const withdrawn = recordCleared(draft, event);
  const ballot = draft.state.ballots.get(event.ballot);
  if (ballot?.state !== 'live') return;
  prime(draft, ballot);
  if (withdrawn > 0) notify(draft, 'reactions-cleared', { votes: withdrawn });
}

/**
 * The round takes no more votes (in one channel, where one is named): every ballot shows its end, those not
 * posted yet never will be.
 */
export function closeBallots(draft: Draft, round: Round, channel: string | null = null): void {
  for (const ballot of draft.state.ballots.values()) {
    if (ballot.round !== round.id || (channel !== null && ballot.channel !== channel)) continue;
    closeBallot(draft, ballot);
  }
}

/** Takes no more votes there; one that does not hang yet is not posted. */
export function closeBallot(draft: Draft, ballot: Ballot): void {
  if (ballot.state === 'closed' || ballot.state === 'gone') return;
  draft.setBallot(ballot, { state: 'closed' });
  if (ballot.state === 'planned') draft.settle(`${ballot.id}.post`);
  else askEdit(draft, ballot);
}

/** Asks for the message to be shown as it is now. */
export function askEdit(draft: Draft, ballot: Ballot): void {
  draft.ask({ kind: 'edit-ballot', key: `${ballot.id}.edit`, ballot: ballot.id });
}

function askPost(draft: Draft, ballot: Ballot): void {
  const notBefore = quietUntil(draft.session.rules.quietHours, draft.at);
  draft.ask({ kind: 'post-ballot', key: `${ballot.id}.post`, ballot: ballot.id, notBefore });
}

/** Platforms whose facts are swept show reactions of their own, which have to be put there. */
function prime(draft: Draft, ballot: Ballot): void {
  if (!ballot.sweeps) return;
  const { id, style, cells } = ballot;
  const primed = draft.setBallot(ballot, { primings: ballot.primings + 1 });
  const reactions = primings(style, cells.length);
  draft.ask({ kind: 'prime-ballot', key: `${id}.prime.${primed.primings}`, ballot: id, reactions });
}
