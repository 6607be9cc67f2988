/**
 * The canonical names of marks, and how each looks. Adapters map their platform's names onto these at the
 * edge; beyond it nothing else counts: an unknown name is no mark. Numbers = called good, `none` = seen and
 * nothing good, `star-n` = cell n is the best (and good), `done` = finished (web), `flag-n` = reported,
 * `<fault>-n` = what is wrong with it (faults.ts). Galleries: like, dislike, star. Duels: left, right, both,
 * neither, by buttons alone.
 */
import { type Fault, faultMark, faults } from './faults.js';
import type { BallotStyle } from './rules.js';

const numbers = Array.from({ length: 9 }, (_, i) => `${i + 1}`);

/** Marks that platforms show as reactions -> the sign of each in Unicode. */
export const reactionGlyphs: ReadonlyMap<string, string> = new Map([
  ...numbers.map((name): [string, string] => [name, `${name}\uFE0F\u20E3`]),
  ['none', '\u{1F6AB}'],
  ['like', '\u{1F44D}'],
  ['dislike', '\u{1F44E}'],
  ['star', '\u2B50'],
  ['done', '\u2705'],
]);

export type Meaning =
  | { kind: 'good' | 'best' | 'flag'; cell: number }
  | { kind: 'fault'; cell: number; fault: Fault }
  | { kind: 'answer'; says: DuelAnswer }
  | { kind: 'none' | 'like' | 'dislike' | 'star' | 'done' };

/** Which of two pictures is the better one, or both are good, or neither is. */
export const duelAnswers = ['left', 'right', 'both', 'neither'] as const;
export type DuelAnswer = (typeof duelAnswers)[number];
export const isDuelAnswer = (name: string): name is DuelAnswer => duelAnswers.some((one) => one === name);

/** All of them by name: this is asked for every mark of every voter. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...numbers.flatMap((_, i): [string, Meaning][] => [
    [`${i + 1}`, { kind: 'good', cell: i + 1 }],
    [`star-${i + 1}`, { kind: 'best', cell: i + 1 }],
    [`flag-${i + 1}`, { kind: 'flag', cell: i + 1 }],
    ...faults.map((fault): [string, Meaning] => [
      faultMark(fault, i + 1),
      { kind: 'fault', cell: i + 1, fault },
    ]),
  ]),
  ...duelAnswers.map((says): [string, Meaning] => [says, { kind: 'answer', says }]),
  ...(['none', 'like', 'dislike', 'star', 'done'] as const).map((kind): [string, Meaning] => [
    kind,
    { kind },
  ]),
]);

/** What a canonical name says; undefined for anything else. */
export function meaning(name: string): Meaning | undefined {
  return meanings.get(name);
}

/** The reactions that a ballot is primed with, in order; none where it is answered by buttons. */
export function primings(style: BallotStyle, cells: number): string[] {
  if (style === 'duel') return [];
  if (style === 'gallery') return ['like', 'dislike', 'star'];
  return [...numbers.slice(0, cells), 'none'];
}
