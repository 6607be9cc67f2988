/**
 * Words and figures that several views share: cell names, shares, durations, bold. Pure. People's text
 * (prompts) passes `quoted`, so that nothing in it reads as our own markup.
 */

import { type Approval, approvalOf, type CellTotal } from '../../src/domain/state/approval.js';
import { count } from '../../src/domain/state/count.js';
import { pictureName } from '../../src/domain/state/ids.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';

/** The name under which an image of a round was voted on; its number where it stood on no ballot. */
export function imageName(ballots: readonly Ballot[], index: number): string {
  const ballot = ballots.find((b) => b.cells.includes(index));
  return ballot ? pictureName(ballot, index) : `#${index + 1}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `3 of 6 pictures judged, 3 liked`: what a share is of. */
export function judgedWords({ pictures, judged, liked }: Approval, nsfw = false): string {
  return `${judged} of ${count(pictures, 'picture')} judged, ${liked} ${nsfw ? 'called safe' : 'liked'}`;
}

/** Of a round that votes chose among more. */
export function drawnWords({ begun, shown }: NonNullable<Round['picked']>): string {
  return `${shown} of ${begun} drawn are shown, chosen by the votes so far.`;
}

/** The same once it has closed: what was chosen for what, and which pictures its share is of. */
export function picksWords({ begun, shown }: NonNullable<Round['picked']>, outcome: Outcome): string {
  const of = (pick: CellTotal['pick']) => outcome.cells.filter((cell) => cell.pick === pick).length;
  const [liked, unsure, rest] = [of('liked'), of('unsure'), of(undefined)];
  const chosen = [
    ...(liked > 0 ? [`${liked} chosen because votes so far like such pictures`] : []),
    ...(unsure > 0 ? [`${unsure} chosen because I am unsure`] : []),
    ...(rest > 0 ? [`${rest} not chosen`] : []),
  ].join('; ');
  const { unpicked } = approvalOf(outcome.cells);
  const honest = 'Approval is that of pictures that were not chosen.';
  const flattered = 'Too few were not chosen, so approval is also that of chosen ones.';
  const share = unpicked === undefined ? '' : ` ${unpicked ? honest : flattered}`;
  return `${shown} of ${begun} drawn${chosen && `; ${chosen}`}.${share}`;
}

/** The same with its share. */
export function shareWords(approval: Approval, nsfw = false): string {
  const { share } = approval;
  const words = judgedWords(approval, nsfw);
  return share === null ? words : `${words}: **${percent(share)}** approval`;
}

/** Seconds as people say them: "9 s", "2 min", "1 h 20 min". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What people wrote, inside our text: no bold of its own, one line, bounded. */
export function bare(text: string, most = 140): string {
  const plain = text
    .replace(/[*_`~<>@]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}

export function quoted(prompt: string): string {
  return `“${bare(prompt)}”`;
}

export function pictureAlt(name: string, prompt: string, state: Image['state']): string {
  return state === 'shown' ? `Picture ${name}: ${quoted(prompt)}` : `Picture ${name}: held back`;
}
