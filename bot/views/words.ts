/**
 * Words and figures that several views share: cell names, shares, durations, bold. Pure. People's text
 * (prompts) passes `quoted`, so that nothing in it reads as our own markup.
 */

import { type Approval, approvalOf, type CellTotal } from '../../src/domain/state/approval.js';
import { pictureName } from '../../src/domain/state/ids.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import { counted, joined, listed, say, sentences, type Text } from '../../src/words/text.js';

/** The name under which an image of a round was voted on; its number where it stood on no ballot. */
export function imageName(ballots: readonly Ballot[], index: number): string {
  const ballot = ballots.find((b) => b.cells.includes(index));
  return ballot ? pictureName(ballot, index) : `#${index + 1}`;
}

export function percent(share: number): Text {
  return say('{n} %', { n: Math.round(share * 100) });
}

/** `3 of 6 pictures judged, 3 liked`: what a share is of. */
export function judgedWords({ pictures, judged, liked }: Approval, nsfw = false): Text {
  const values = { judged, pictures: counted(pictures, 'picture'), liked };
  return nsfw
    ? say('{judged} of {pictures} judged, {liked} called safe', values)
    : say('{judged} of {pictures} judged, {liked} liked', values);
}

/** Of a round that votes chose among more. */
export function drawnWords({ begun, shown }: NonNullable<Round['picked']>): Text {
  return say('{shown} of {begun} drawn are shown, chosen by the votes so far.', { shown, begun });
}

/** The same once it has closed: what was chosen for what, and which pictures its share is of. */
export function picksWords({ begun, shown }: NonNullable<Round['picked']>, outcome: Outcome): Text {
  const of = (pick: CellTotal['pick']) => outcome.cells.filter((cell) => cell.pick === pick).length;
  const [liked, unsure, rest] = [of('liked'), of('unsure'), of(undefined)];
  const chosen = [
    say('{shown} of {begun} drawn', { shown, begun }),
    ...(liked > 0 ? [say('{liked} chosen because votes so far like such pictures', { liked })] : []),
    ...(unsure > 0 ? [say('{unsure} chosen because I am unsure', { unsure })] : []),
    ...(rest > 0 ? [say('{rest} not chosen', { rest })] : []),
  ];
  const { unpicked } = approvalOf(outcome.cells);
  const honest = say('Approval is that of pictures that were not chosen.');
  const flattered = say('Too few were not chosen, so approval is also that of chosen ones.');
  const share = unpicked === undefined ? '' : unpicked ? honest : flattered;
  return sentences(ended(clauses(chosen)), share);
}

/** The same with its share. */
export function shareWords(approval: Approval, nsfw = false): Text {
  const { share } = approval;
  const judged = judgedWords(approval, nsfw);
  return share === null ? judged : say('{judged}: **{share}** approval', { judged, share: percent(share) });
}

/** Seconds as people say them: "9 s", "2 min", "1 h 20 min". */
export function duration(seconds: number): Text {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return say('{s} s', { s });
  const minutes = Math.round(s / 60);
  if (minutes < 60) return say('{minutes} min', { minutes });
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? say('{hours} h', { hours }) : say('{hours} h {minutes} min', { hours, minutes: rest });
}

/** A sentence with its end. */
export const ended = (sentence: Text): Text => say('{sentence}.', { sentence });

/** The page has a name in each language, the others their own. */
export const platformName = (label: string): Text => (label === 'the page' ? say('the page') : label);

/** `a; b; c`. */
export function clauses(parts: readonly Text[]): Text {
  return joined(...parts.flatMap((part, i) => (i === 0 ? [part] : [say('; '), part])));
}

/** `a, b and c`. */
export function andListed(parts: readonly Text[]): Text {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : say('{some} and {last}', { some: listed(parts.slice(0, -1)), last });
}

/** What people wrote, inside our text: no bold of its own, one line, bounded. */
export function bare(text: string, most = 140): string {
  const plain = text
    .replace(/[*_`~<>@]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}

export function quoted(prompt: string): Text {
  return say('“{prompt}”', { prompt: bare(prompt) });
}

export function pictureAlt(name: string, prompt: string, state: Image['state']): Text {
  return state === 'shown'
    ? say('Picture {name}: {prompt}', { name, prompt: quoted(prompt) })
    : say('Picture {name}: held back', { name });
}

/** Of a card that the page shows larger and with all its rounds. */
export const pageWords = (page: string | null | undefined): Text =>
  page ? say('The whole story is on the page: {page}', { page }) : '';
