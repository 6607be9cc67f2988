/** Pictures of several cards asked for at once: each is the sheet of its own cells, and one that fails holds no other up. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Cards } from '../../bot/handlers/cards.js';
import { DataPaths } from '../../bot/paths.js';
import { encodePng } from '../../src/images/png.js';
import { contactSheet } from '../../src/images/sheet.js';
import { World } from '../support/world.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-cards-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const grey = (value: number) => ({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 3).fill(value) });

it('draws every sheet that is asked for at once, also after one whose picture cannot be read', async () => {
  const world = new World({ imagesPerRound: 4, sheetSize: 1 });
  world.settle();
  const { state } = world;
  const paths = new DataPaths(dir);
  const round = paths.round('cat', 1);
  mkdirSync(join(round, 'images'), { recursive: true });
  const ballots = world.live();
  expect(ballots).toHaveLength(4);
  for (const index of [0, 1, 2, 3]) {
    const bytes = index === 1 ? Buffer.from('no picture') : await encodePng(grey(40 + 50 * index));
    writeFileSync(join(round, 'images', `${index}.png`), bytes);
  }

  const cards = new Cards(paths, () => undefined);
  const drawn = await Promise.allSettled(ballots.map((ballot) => cards.ballot(state, ballot)));
  for (const [i, one] of drawn.entries()) {
    const [index] = ballots[i]!.cells;
    if (index === 1) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'file-corrupt' } });
      continue;
    }
    if (one.status === 'rejected') throw one.reason;
    const alone = await contactSheet([{ number: 1, picture: grey(40 + 50 * index!) }]);
    expect(readFileSync(one.value.pictures[0]!.file).equals(alone.png)).toBe(true);
  }
});
