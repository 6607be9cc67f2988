/**
 * Our own digits, drawn as stroked SVG paths: a fresh machine may have no font at all, so no picture of ours
 * ever holds SVG <text>. Each glyph lives in a box 100 high; strokes have round ends and keep 12 units from
 * the edges.
 */

interface Glyph {
  width: number;
  path: string;
}

/**
 * The whole alphabet: what sheets and plots write. A character that is not here does not compile into a
 * picture.
 */
const glyphs: Record<string, Glyph> = {
  '0': { width: 64, path: 'M32 14C16 14 14 32 14 50S16 86 32 86S50 68 50 50S48 14 32 14Z' },
  '1': { width: 50, path: 'M12 30L30 14V86' },
  '2': { width: 62, path: 'M13 32C13 6 49 8 49 33C49 52 24 64 13 86H50' },
  '3': { width: 62, path: 'M13 24C20 8 48 10 47 31C46 47 32 48 25 48C34 48 50 50 50 67C50 90 18 92 12 74' },
  '4': { width: 66, path: 'M42 86V14L12 64H54' },
  '5': { width: 62, path: 'M47 14H18L15 46C28 36 50 42 50 64C50 90 20 92 12 76' },
  '6': { width: 62, path: 'M44 14C24 24 13 42 13 64C13 94 50 94 50 64C50 40 18 40 13 62' },
  '7': { width: 58, path: 'M11 14H47C36 36 28 58 25 86' },
  '8': { width: 62, path: 'M31 47C10 44 12 14 31 14S52 44 31 47C8 50 8 86 31 86S54 50 31 47Z' },
  '9': { width: 62, path: 'M49 38C45 60 12 60 12 36C12 6 49 6 49 36C49 58 38 76 18 86' },
  '%': {
    width: 92,
    path: 'M70 14L22 86M24 14C10 14 10 42 24 42S38 14 24 14ZM68 58C54 58 54 86 68 86S82 58 68 58Z',
  },
  '.': { width: 26, path: 'M13 84V86' },
  '-': { width: 50, path: 'M12 50H38' },
};

/** Width of `text` at `size` px high. */
export function textWidth(text: string, size: number): number {
  return [...text].reduce((sum, c) => sum + glyph(c).width, 0) * (size / 100);
}

export interface TextStyle {
  x: number;
  y: number;
  /** Height in px. */
  size: number;
  colour: string;
  /** Stroke in glyph units (of 100). */
  weight?: number;
  anchor?: 'start' | 'middle' | 'end';
}

/** SVG markup of `text` with its vertical centre on `y`. */
export function drawText(
  text: string,
  { x, y, size, colour, weight = 13, anchor = 'middle' }: TextStyle,
): string {
  const scale = size / 100;
  const width = textWidth(text, size);
  let left = x - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
  let out = '';
  for (const c of text) {
    const { width: advance, path } = glyph(c);
    out +=
      `<path d="${path}" transform="translate(${left.toFixed(2)} ${(y - size / 2).toFixed(2)}) scale(${scale.toFixed(4)})" ` +
      `fill="none" stroke="${colour}" stroke-width="${weight}" stroke-linecap="round" stroke-linejoin="round"/>`;
    left += advance * scale;
  }
  return out;
}

function glyph(c: string): Glyph {
  const found = glyphs[c];
  if (!found) throw new Error(`no glyph for "${c}"`);
  return found;
}
