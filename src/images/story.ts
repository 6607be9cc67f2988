/**
 * The two pictures that tell a session's story where a platform has no page of its own: the first round
 * beside the latest, and the share of approval by round as a plot. No fonts: numbers are our own glyphs, the
 * rest is shape.
 */
import { drawText } from './glyphs.js';
import { laidOut, resize } from './paper.js';
import { encodePng, type PngNotes } from './png.js';
import type { Raster } from './raster.js';

export interface StorySide {
  /** Round number, written above its pictures. */
  round: number;
  /** At most nine are drawn, three a row. */
  pictures: Raster[];
}

const ink = '#25262b';
const muted = '#8b8d98';
const paper = '#fbfaf8';
const accent = '#5b5bd6';

/** First round left, latest right, an arrow between. About 1400 x 780 px. */
export async function beforeAfterSheet(
  before: StorySide,
  after: StorySide,
  notes: PngNotes = {},
): Promise<Buffer> {
  const [cell, gap, margin, head, middle] = [208, 8, 24, 76, 96];
  const side = 3 * cell + 2 * gap;
  const rows = Math.max(1, ...[before, after].map((s) => Math.ceil(Math.min(9, s.pictures.length) / 3)));
  const width = 2 * margin + 2 * side + middle;
  const height = head + rows * (cell + gap) - gap + margin;
  const place = ({ pictures }: StorySide, left: number) =>
    Promise.all(
      pictures.slice(0, 9).map(async (picture, i) => ({
        input: await resize(picture, cell, cell),
        left: left + (i % 3) * (cell + gap),
        top: head + Math.floor(i / 3) * (cell + gap),
      })),
    );
  const right = margin + side + middle;
  const [y, x] = [head + (rows * (cell + gap) - gap) / 2, margin + side + middle / 2];
  const body =
    heading(before.round, margin + side / 2, muted) +
    heading(after.round, right + side / 2, accent) +
    `<path d="M${x - 26} ${y}H${x + 24}M${x + 4} ${y - 20}L${x + 26} ${y}L${x + 4} ${y + 20}" fill="none" stroke="${accent}" stroke-width="8" stroke-linecap="round" stroke-linejoin="round"/>`;
  const pictures = [...(await place(before, margin)), ...(await place(after, right))];
  return encodePng(await laidOut({ width, height, paper }, pictures, body), notes);
}

function heading(round: number, x: number, colour: string): string {
  return (
    `<circle cx="${x}" cy="38" r="24" fill="${colour}"/>` +
    drawText(String(round), { x, y: 38, size: round > 99 ? 20 : 28, colour: '#ffffff' })
  );
}

/** The newest share in figures, above its dot or, where that is high, below it; pixels. */
function newest(share: number, { x, y, anchor }: { x: number; y: number; anchor: 'middle' | 'end' }): string {
  const size = 28;
  return drawText(`${Math.round(share * 100)}%`, {
    x,
    y: share > 0.85 ? y + 34 : y - 32,
    size,
    colour: ink,
    anchor,
  });
}

/** A round's row of the plot; shares from 0 to 1, of what a round lacks nothing is drawn. */
export interface ApprovalPoint {
  round: number;
  share: number;
  picked?: number | undefined;
  variety?: number | undefined;
  loss?: number | undefined;
}

/**
 * Share of approval (0..1) by round as a line over a 0-100 % grid; a small dot is the share among pictures
 * that votes had chosen, a thin broken line how varied what is liked is still, a thin one the loss as a share
 * of its largest. 960 x 480 px.
 */
export async function approvalPlot(
  approval: readonly ApprovalPoint[],
  notes: PngNotes = {},
): Promise<Buffer> {
  const [width, height, left, right, top, bottom] = [960, 480, 96, 40, 36, 64];
  const x = (i: number) =>
    left + (width - left - right) * (approval.length === 1 ? 0.5 : i / (approval.length - 1));
  const y = (share: number) => top + (height - top - bottom) * (1 - Math.min(1, Math.max(0, share)));
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<path d="M${left} ${y(share)}H${width - right}" stroke="#e2e0da" stroke-width="2"/>` +
      drawText(`${share * 100}%`, { x: left - 16, y: y(share), size: 20, colour: muted, anchor: 'end' }),
  );
  // At most twelve labels, always the first and the last round.
  const stride = Math.max(1, Math.ceil((approval.length - 1) / 11));
  const labels = approval.map(({ round }, i) =>
    i % stride === 0 || i === approval.length - 1
      ? drawText(String(round), { x: x(i), y: height - 32, size: 20, colour: muted })
      : '',
  );
  const points = approval.map(({ share }, i) => `${x(i).toFixed(1)} ${y(share).toFixed(1)}`);
  const line =
    points.length > 1
      ? `<path d="M${points.join('L')}" fill="none" stroke="${accent}" stroke-width="6" stroke-linejoin="round"/>`
      : '';
  const dots = approval.map(
    ({ share }, i) =>
      `<circle cx="${x(i)}" cy="${y(share)}" r="9" fill="${paper}" stroke="${accent}" stroke-width="6"/>`,
  );
  const most = Math.max(...approval.map(({ loss = 0 }) => loss));
  const beside = [
    `<path d="${pathOf(({ loss }) => (most > 0 && loss !== undefined ? loss / most : undefined))}" fill="none" stroke="${muted}" stroke-width="2"/>`,
    `<path d="${pathOf(({ variety }) => variety)}" fill="none" stroke="${muted}" stroke-width="3" stroke-dasharray="4 8"/>`,
    ...approval.map(({ picked }, i) =>
      picked === undefined ? '' : `<circle cx="${x(i)}" cy="${y(picked)}" r="6" fill="${muted}"/>`,
    ),
  ];
  /** A line through the rounds that have such a value; of a single one a dot. */
  function pathOf(value: (one: ApprovalPoint) => number | undefined): string {
    const known = approval.flatMap((one, i) => (value(one) === undefined ? [] : [[x(i), y(value(one)!)]]));
    return known.map(([at, up], i) => `${i === 0 ? 'M' : 'L'}${at} ${up}`).join('');
  }
  const last = approval.at(-1)?.share;
  const anchor = approval.length === 1 ? 'middle' : 'end';
  const latest =
    last === undefined
      ? ''
      : newest(last, { x: Math.min(width - right, x(approval.length - 1)), y: y(last), anchor });
  const marks = [...grid, ...labels, ...beside, line, ...dots, latest].join('');
  return encodePng(await laidOut({ width, height, paper }, [], marks), notes);
}
