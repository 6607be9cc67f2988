/** A round of four grey pictures on the disk, and the cards that show it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Cards } from '../../bot/effects/cards.js';
import { DataPaths } from '../../bot/effects/data-paths.js';
import type { Ballot } from '../../src/domain/state/round.js';
import { encodePng } from '../../src/images/png.js';
import { World } from './world.js';

export const grey = (value: number) => ({
  width: 16,
  height: 16,
  data: new Uint8Array(16 * 16 * 3).fill(value),
});

/** In `dir`: a world whose round has four pictures, two a sheet, of the greys 40, 90, 140 and 190. */
export async function sheetsIn(dir: string, page: string | null = null) {
  const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 1, quorumBy: 'done' }, false);
  world.settle();
  world.consent('ann');
  const paths = new DataPaths(dir);
  for (const index of [0, 1, 2, 3]) {
    const file = join(paths.round('cat', 1), 'images', `${index}.png`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await encodePng(grey(40 + 50 * index)));
  }
  return { world, cards: new Cards(paths, { preview: (job) => `of ${job}` }, page), paths };
}

/** The sheet of a ballot. */
export const fileOf = async (cards: Cards, world: World, ballot: Ballot) =>
  (await cards.ballot(world.state, ballot)).pictures[0]!.file;
