/**
 * Made ids and the names of pictures. No ":" in any of them (queues forbid it), and all fit a button's 100
 * characters.
 */
import type { Ballot } from './round.js';

export const roundId = (session: string, number: number): string => `${session}.${number}`;
export const imageId = (round: string, index: number): string => `${round}.${index}`;
export const ballotId = (round: string, sheet: number, ordinal: number): string =>
  `${round}.s${sheet}.${ordinal}`;
export const jobKey = (session: string, round: number, kind: string, attempt: number): string =>
  `${session}.${round}.${kind}.${attempt}`;

/** Sheet s (from 0): A .. Z, AA, AB, ... */
export function sheetName(sheet: number): string {
  const last = String.fromCharCode(65 + (sheet % 26));
  return sheet < 26 ? last : `${sheetName(Math.floor(sheet / 26) - 1)}${last}`;
}

/** Cell n (from 1) of sheet s (from 0): A1, A2, ... B1. */
export function cellName(sheet: number, cell: number): string {
  return `${sheetName(sheet)}${cell}`;
}

/**
 * The name under which an image of a ballot is voted on: B4, or its number (#12) where it hangs alone in a
 * gallery, or in several duels.
 */
export function pictureName(
  { style, sheet, cells }: Pick<Ballot, 'style' | 'sheet' | 'cells'>,
  index: number,
): string {
  return style !== 'sheet' ? `#${index + 1}` : cellName(sheet, cells.indexOf(index) + 1);
}

/** The name under which moderators see a voter: the beginning of their key. */
export const voterCode = (key: string): string => `v${key.slice(0, 8)}`;
