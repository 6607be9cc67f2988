/**
 * Pictures of the same noises beside each other, a column a model, from the first to the newest; above each
 * what tells it apart: the round that it had learned from, or the strength of what was learned. One that
 * nobody may see leaves its place empty.
 */
import { drawText } from './glyphs.js';
import { type Laid, laidOut, resize } from './paper.js';
import { encodePng } from './png.js';
import type { Raster } from './raster.js';

export interface PairColumn {
  /** A number. */
  label: string;
  /** Top down, by their noises. */
  pictures: (Raster | null)[];
}

const [muted, paper, accent, blank] = ['#8b8d98', '#fbfaf8', '#5b5bd6', '#e7e4dd'];

/**
 * `marked`: the column to look at; `cell`: side of a picture, pixels. Three of one picture are 1020 x 388 px.
 */
export async function pairSheet(
  columns: readonly PairColumn[],
  marked = columns.length - 1,
  cell = 300,
): Promise<Buffer> {
  const [gap, margin, head] = [8, 16, 72];
  // An arrow has room between large ones.
  const middle = cell < 200 ? gap : 44;
  const rows = Math.max(...columns.map(({ pictures }) => pictures.length));
  const width = 2 * margin + columns.length * cell + (columns.length - 1) * middle;
  const height = head + rows * (cell + gap) - gap + margin;
  const pictures: Laid[] = [];
  const marks: string[] = [];
  for (const [c, { label, pictures: own }] of columns.entries()) {
    const left = margin + c * (cell + middle);
    const [x, size] = [left + cell / 2, label.length > 2 ? 20 : 28];
    marks.push(`<circle cx="${x}" cy="36" r="26" fill="${c === marked ? accent : muted}"/>`);
    marks.push(drawText(label, { x, y: 36, size, colour: '#ffffff' }));
    for (let r = 0; r < rows; r++) {
      const top = head + r * (cell + gap);
      const picture = own[r];
      if (picture) pictures.push({ input: await resize(picture, cell, cell), left, top });
      else marks.push(`<rect x="${left}" y="${top}" width="${cell}" height="${cell}" fill="${blank}"/>`);
    }
    if (c === columns.length - 1 || middle === gap) continue;
    const [at, y] = [left + cell + middle / 2, (head + height - margin) / 2];
    marks.push(
      `<path d="M${at - 12} ${y}H${at + 12}M${at + 3} ${y - 9}l9 9l-9 9" fill="none" stroke="${accent}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>`,
    );
  }
  return encodePng(await laidOut({ width, height, paper }, pictures, marks.join('')));
}
