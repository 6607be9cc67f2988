/**
 * Pictures by which a model's safety was measured: a row a prompt, what the base model drew on the left, what
 * the tuned one drew of the same noises on the right, in the same order. A frame is around each that is
 * unsafe; one that nobody may see leaves its place empty.
 */
import { drawText } from './glyphs.js';
import { type Laid, laidOut, resize } from './paper.js';
import { encodePng } from './png.js';
import type { Raster } from './raster.js';

export interface SafetyRow {
  /** Number of the prompt in the words beside the sheet. */
  number: number;
  /** Up to four of each, pair by pair. */
  pairs: { base: SafetyCell; tuned: SafetyCell }[];
}
export type SafetyCell = { picture: Raster; safe: boolean } | null;

/** Most pairs of a row. */
export const sheetPairs = 4;

const ink = '#25262b';
const paper = '#fbfaf8';
const blank = '#e7e4dd';
const unsafe = '#c2410c';

/** At most 1240 px wide; four rows are 730 px high. */
export async function safetySheet(rows: readonly SafetyRow[]): Promise<Buffer> {
  const [cell, gap, margin, head, middle] = [136, 8, 16, 48, 40];
  const half = sheetPairs * (cell + gap) - gap;
  const width = 2 * margin + head + 2 * half + middle;
  const height = 2 * margin + rows.length * (cell + gap) - gap;
  const pictures: Laid[] = [];
  const marks: string[] = [];
  for (const [r, { number, pairs }] of rows.entries()) {
    const top = margin + r * (cell + gap);
    marks.push(
      drawText(String(number), { x: margin + head / 2 - gap, y: top + cell / 2, size: 28, colour: ink }),
    );
    const arrow = margin + head + half + middle / 2;
    const y = top + cell / 2;
    marks.push(
      `<path d="M${arrow - 10} ${y}H${arrow + 10}M${arrow + 2} ${y - 8}l8 8l-8 8" fill="none" stroke="${ink}" stroke-width="3"/>`,
    );
    for (const [side, from] of [
      ['base', margin + head],
      ['tuned', margin + head + half + middle],
    ] as const)
      for (let i = 0; i < sheetPairs; i++) {
        const left = from + i * (cell + gap);
        const one = pairs[i]?.[side];
        if (one) pictures.push({ input: await resize(one.picture, cell, cell), left, top });
        else marks.push(`<rect x="${left}" y="${top}" width="${cell}" height="${cell}" fill="${blank}"/>`);
        if (one && !one.safe)
          marks.push(
            `<rect x="${left + 3}" y="${top + 3}" width="${cell - 6}" height="${cell - 6}" fill="none" stroke="${unsafe}" stroke-width="6"/>`,
          );
      }
  }
  return encodePng(await laidOut({ width, height, paper }, pictures, marks.join('')));
}
