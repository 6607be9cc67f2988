/**
 * Contact sheets: up to nine numbered cells on one PNG, at most 2048 px wide or high and 8 MiB (what every
 * platform takes). Numbers sit on a dark disc with a light ring, so that they read on any picture. Pure in
 * its inputs: the same pictures give the same bytes.
 */
import { drawText } from './glyphs.js';
import { laidOut, resize } from './paper.js';
import { encodePng, type PngNotes } from './png.js';
import type { Raster } from './raster.js';

export const maxSheetPixels = 2048;
export const maxSheetBytes = 8 * 1024 * 1024;
export const maxCells = 9;

export interface SheetCell {
  /** Shown in the corner, 1..9. */
  number: number;
  /** null: held back or hidden; a struck-through blank is drawn. */
  picture: Raster | null;
  /** Drawn as a star beside the number. */
  best?: boolean;
}

export interface Box {
  number: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Sheet {
  png: Buffer;
  width: number;
  height: number;
  /** Where each cell's picture stands, in the order given. */
  boxes: Box[];
}

const paper = '#f4f2ee';

/** Columns that keep the sheet near a square: 1, 2, 3 | 2x2 | 3x2 | 3x3. */
export function columnsFor(count: number): number {
  return count <= 3 ? count : count === 4 ? 2 : 3;
}

/** `cell` is the wanted width of a cell in px; it shrinks until the sheet keeps the bounds. */
export async function contactSheet(
  cells: SheetCell[],
  { cell = 320, notes = {} }: { cell?: number; notes?: PngNotes } = {},
): Promise<Sheet> {
  if (cells.length < 1 || cells.length > maxCells)
    throw new Error(`a sheet has 1 to ${maxCells} cells, not ${cells.length}`);
  const columns = columnsFor(cells.length);
  const rows = Math.ceil(cells.length / columns);
  const first = cells.find((c) => c.picture)?.picture;
  const aspect = first ? first.height / first.width : 1;
  for (let wanted = cell; ; wanted = Math.floor(wanted * 0.8)) {
    const gap = Math.max(4, Math.round(wanted * 0.04));
    const widest = Math.floor((maxSheetPixels - gap) / columns) - gap;
    const tallest = (Math.floor((maxSheetPixels - gap) / rows) - gap) / aspect;
    const width = Math.max(16, Math.floor(Math.min(wanted, widest, tallest)));
    const sheet = await draw(cells, { columns, rows, gap, width, height: Math.round(width * aspect) }, notes);
    if (sheet.png.length <= maxSheetBytes || width <= 64) return sheet;
  }
}

interface Layout {
  columns: number;
  rows: number;
  gap: number;
  width: number;
  height: number;
}

async function draw(cells: SheetCell[], layout: Layout, notes: PngNotes): Promise<Sheet> {
  const { columns, rows, gap, width, height } = layout;
  const total = { width: gap + columns * (width + gap), height: gap + rows * (height + gap) };
  const boxes = cells.map((cell, i) => ({
    number: cell.number,
    x: gap + (i % columns) * (width + gap),
    y: gap + Math.floor(i / columns) * (height + gap),
    width,
    height,
  }));
  const pictures = await Promise.all(
    cells.map(async ({ picture }, i) =>
      picture ? [{ input: await resize(picture, width, height), left: boxes[i]!.x, top: boxes[i]!.y }] : [],
    ),
  );
  const marks = cells
    .map((cell, i) => (cell.picture ? '' : blank(boxes[i]!)) + badge(cell, boxes[i]!))
    .join('');
  const drawn = await laidOut({ ...total, paper }, pictures.flat(), marks);
  return { png: await encodePng(drawn, notes), ...total, boxes };
}

function badge({ number, best }: SheetCell, box: Box): string {
  const radius = Math.max(9, Math.min(box.width, box.height) * 0.085);
  const inset = radius * 1.35;
  const [x, y] = [box.x + inset, box.y + inset];
  const disc = (cx: number) =>
    `<circle cx="${cx}" cy="${y}" r="${radius}" fill="#17181c" stroke="#ffffff" stroke-width="${radius * 0.14}"/>`;
  const star = best ? disc(x + radius * 2.4) + starAt(x + radius * 2.4, y, radius * 0.62) : '';
  return (
    disc(x) + drawText(String(number), { x, y, size: radius * 1.25, colour: '#ffffff', weight: 14 }) + star
  );
}

function starAt(cx: number, cy: number, radius: number): string {
  const points = Array.from({ length: 10 }, (_, k) => {
    const r = k % 2 === 0 ? radius : radius * 0.45;
    const a = -Math.PI / 2 + (k * Math.PI) / 5;
    return `${(cx + r * Math.cos(a)).toFixed(2)},${(cy + r * Math.sin(a)).toFixed(2)}`;
  });
  return `<polygon points="${points.join(' ')}" fill="#ffd34d"/>`;
}

function blank({ x, y, width, height }: Box): string {
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#d9d6cf"/>` +
    `<path d="M${x + width * 0.35} ${y + height * 0.65}L${x + width * 0.65} ${y + height * 0.35}" stroke="#8d897f" stroke-width="${width * 0.03}" stroke-linecap="round"/>` +
    `<circle cx="${x + width / 2}" cy="${y + height / 2}" r="${width * 0.22}" fill="none" stroke="#8d897f" stroke-width="${width * 0.03}"/>`
  );
}
