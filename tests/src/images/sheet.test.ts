import { describe, expect, it } from 'vitest';
import { drawText, textWidth } from '../../../src/images/glyphs.js';
import { decodePicture, readPngNotes } from '../../../src/images/png.js';
import type { Raster } from '../../../src/images/raster.js';
import { columnsFor, contactSheet, maxSheetBytes, maxSheetPixels } from '../../../src/images/sheet.js';
import { approvalPlot, beforeAfterSheet } from '../../../src/images/story.js';

function plain(colour: [number, number, number], width = 64, height = width): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(colour, 3 * i);
  return { width, height, data };
}

function noise(width: number, height: number): Raster {
  let state = 12345;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width, height, data };
}

function pixel({ width, data }: Raster, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

const colours: [number, number, number][] = [
  [200, 30, 30],
  [30, 200, 30],
  [30, 30, 200],
  [200, 200, 30],
  [30, 200, 200],
  [200, 30, 200],
  [240, 240, 240],
  [120, 60, 20],
  [10, 10, 10],
];

describe('contact sheet', () => {
  it('puts each picture where it says, in order', async () => {
    const cells = colours.map((colour, i) => ({ number: i + 1, picture: plain(colour) }));
    const sheet = await contactSheet(cells);
    const decoded = await decodePicture(sheet.png);
    expect([decoded.width, decoded.height]).toEqual([sheet.width, sheet.height]);
    sheet.boxes.forEach((box, i) => {
      expect(box.number).toBe(i + 1);
      const [x, y] = [Math.floor(box.x + box.width * 0.6), Math.floor(box.y + box.height * 0.6)];
      expect(pixel(decoded, x, y)).toEqual(colours[i]);
      // The corners away from the number belong to the picture, one pixel further they do not.
      expect(pixel(decoded, box.x + box.width - 1, box.y + box.height - 1)).toEqual(colours[i]);
    });
    const columns = new Set(sheet.boxes.map((box) => box.x));
    expect([...columns]).toHaveLength(3);
  });

  it('writes numbers that differ from one another and read on light and dark pictures', async () => {
    for (const ground of [plain([255, 255, 255]), plain([0, 0, 0])]) {
      const cells = colours.map((_, i) => ({ number: i + 1, picture: ground }));
      const sheet = await contactSheet(cells);
      const decoded = await decodePicture(sheet.png);
      const corners = sheet.boxes.map((box) => {
        const side = Math.round(box.width * 0.22);
        const values: number[] = [];
        for (let y = box.y; y < box.y + side; y++) {
          for (let x = box.x; x < box.x + side; x++) values.push(pixel(decoded, x, y)[0]!);
        }
        return values;
      });
      for (const corner of corners) {
        // Both the dark disc and the white digit are there, in plenty.
        expect(corner.filter((v) => v < 60).length).toBeGreaterThan(corner.length * 0.15);
        expect(corner.filter((v) => v > 230).length).toBeGreaterThan(corner.length * 0.03);
      }
      const different = new Set(corners.map((corner) => corner.map((v) => (v > 128 ? 1 : 0)).join('')));
      expect(different.size).toBe(9);
    }
  });

  it('draws a held picture as a blank and shows none of it', async () => {
    const sheet = await contactSheet([
      { number: 1, picture: plain([200, 30, 30]) },
      { number: 2, picture: null },
    ]);
    const decoded = await decodePicture(sheet.png);
    const box = sheet.boxes[1]!;
    expect(pixel(decoded, box.x + box.width - 4, box.y + box.height - 4)).toEqual([217, 214, 207]);
  });

  it('keeps the bounds of every platform, whatever the pictures', async () => {
    const big = noise(700, 500);
    const sheet = await contactSheet(
      colours.map((_, i) => ({ number: i + 1, picture: big })),
      { cell: 700 },
    );
    expect(Math.max(sheet.width, sheet.height)).toBeLessThanOrEqual(maxSheetPixels);
    expect(sheet.png.length).toBeLessThanOrEqual(maxSheetBytes);
    // Not square, and width is not taken for height.
    const box = sheet.boxes[0]!;
    expect(box.width / box.height).toBeCloseTo(1.4, 1);
  }, 60_000);

  it('gives the same bytes again, and other notes other bytes', async () => {
    const cells = [{ number: 1, picture: plain([9, 99, 199]), best: true }];
    const once = await contactSheet(cells, { notes: { prompt: 'x' } });
    expect((await contactSheet(cells, { notes: { prompt: 'x' } })).png).toEqual(once.png);
    expect(readPngNotes(once.png)).toEqual({ prompt: 'x' });
  });

  it('takes one to nine cells', async () => {
    await expect(contactSheet([])).rejects.toThrow();
    expect([1, 2, 3, 4, 5, 6, 7, 9].map(columnsFor)).toEqual([1, 2, 3, 2, 3, 3, 3, 3]);
  });
});

describe('glyphs', () => {
  it('draw every digit without any text element', () => {
    const svg = drawText('0123456789%.-', { x: 0, y: 0, size: 50, colour: '#000' });
    expect(svg).not.toContain('<text');
    expect(svg.match(/<path/g)).toHaveLength(13);
    expect(textWidth('11', 100)).toBe(2 * textWidth('1', 100));
    expect(() => drawText('x', { x: 0, y: 0, size: 50, colour: '#000' })).toThrow('no glyph');
  });
});

describe('story pictures', () => {
  it('stand left and right of one another', async () => {
    const png = await beforeAfterSheet(
      { round: 1, pictures: colours.map(() => plain([200, 30, 30])) },
      { round: 12, pictures: colours.map(() => plain([30, 200, 30])) },
    );
    const { width, height, ...rest } = await decodePicture(png);
    const decoded = { width, height, ...rest };
    expect(pixel(decoded, Math.floor(width * 0.2), Math.floor(height * 0.6))).toEqual([200, 30, 30]);
    expect(pixel(decoded, Math.floor(width * 0.8), Math.floor(height * 0.6))).toEqual([30, 200, 30]);
  });

  it('plots a rise as a rise', async () => {
    const decoded = await decodePicture(
      await approvalPlot([0.1, 0.5, 0.9].map((share, i) => ({ round: i + 1, share }))),
    );
    const accent = (x: number) => {
      for (let y = 0; y < decoded.height; y++) {
        const [r, g, b] = pixel(decoded, x, y);
        if (b! - r! > 80 && b! - g! > 80) return y;
      }
      return -1;
    };
    const [left, right] = [accent(160), accent(decoded.width - 100)];
    expect(left).toBeGreaterThan(0);
    expect(right).toBeLessThan(left - 100);
    // What votes chose and what variety is left stand beside the line and do not move it.
    const beside = [0.1, 0.5, 0.9].map((share, i) => ({ round: i + 1, share, picked: 1, variety: 0.7 }));
    const more = await decodePicture(await approvalPlot(beside));
    expect(Buffer.compare(more.data, decoded.data)).not.toBe(0);
    expect(pixel(more, decoded.width - 100, 200)).toEqual(pixel(decoded, decoded.width - 100, 200));
    // One round and none at all are pictures too.
    await approvalPlot([{ round: 1, share: 0.5 }]);
    await approvalPlot([]);
  });
});
