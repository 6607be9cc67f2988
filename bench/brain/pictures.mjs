// Pictures of the base model as bench/brain/votes.mjs leaves them: what the model saw in them, and the judge's word.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../dist/engine/cli/open-engine.js';
import { featuresOf, readRound } from '../../dist/engine/io/round.js';
import { judgePictures, readPicture } from '../../dist/engine/jobs/judge-pictures.js';
import { loadJudge, otherHeads } from '../../dist/engine/judge.js';
import { projectPath } from '../../dist/src/files/paths.js';
import { mean } from '../lib/table.mjs';
import { twinsOf } from './twins.mjs';

/** { seed, index, features, good, score, latent } of each. */
export const base = (dir, task, seeds) =>
  seeds.flatMap((seed) => {
    const { features, manifest } = readRound(join(dir, `${task}-${seed}`));
    const verdicts = JSON.parse(readFileSync(join(dir, `${task}-${seed}.json`), 'utf8'));
    return Array.from({ length: manifest.count }, (_, index) => {
      const { good, score } = verdicts[index];
      return { seed, index, features: featuresOf(features, index), good, score };
    });
  });

/** `use` gets the judge, its word on pictures, and base pictures with what people see of them: `seen`. */
async function withJudge(dir, task, seeds, use) {
  const { engine, close } = await openEngine({ threads: 1 });
  const judge = loadJudge(projectPath('models/mini/judge'));
  const pictures = [];
  for (const picture of base(dir, task, seeds)) {
    const seen = await readPicture(join(dir, `${task}-${picture.seed}`), picture.index);
    pictures.push({ ...picture, seen });
  }
  const quiet = { signal: new AbortController().signal, tell: () => {} };
  const out = await use(pictures, judge, (seen) => judgePictures(engine, judge, task, seen, quiet));
  await close();
  return out;
}
const seenOf = (pictures) => pictures.map(({ seen }) => seen);

/** And `values`: what the judge sees; `heads`: those that the task asks nothing of. */
export const voters = (dir, task, seeds) =>
  withJudge(dir, task, seeds, async (pictures, judge, verdictsOn) => {
    const heads = Object.keys(otherHeads(judge, task));
    const verdicts = await verdictsOn(seenOf(pictures));
    return pictures.map((picture, i) => ({ ...picture, values: verdicts[i].values, heads }));
  });

/** And `faults`: which parts of the task's goal fail, as a menu would name them. */
export const faulty = (dir, task, seeds) =>
  withJudge(dir, task, seeds, async (pictures, { config }, verdictsOn) => {
    const verdicts = await verdictsOn(seenOf(pictures));
    return pictures.map((picture, i) => ({
      ...picture,
      faults: faultsOf(config, task, verdicts[i].values),
    }));
  });

function faultsOf({ goals, heads }, task, values) {
  const faults = goals[task].flatMap(([head, value]) => {
    const [own, wanted] = [values[head], heads[head].indexOf(value)];
    if (own === wanted) return [];
    const counted = heads[head].length > 2 && heads[head].every((one) => typeof one === 'number');
    return counted ? [`too ${own < wanted ? 'few' : 'many'} ${head}`] : [`wrong ${head}`];
  });
  return faults.length > 0 ? faults : ['ugly'];
}

const SIDE = 3;
/**
 * And `mark`: where the judge looks in it. Each cell of a 3 x 3 grid in turn becomes what it is in the mean of the task's pictures; marked are those that
 * change the judge's certainty by at least half of what the most telling one does.
 */
export const marked = (dir, task, seeds) =>
  withJudge(dir, task, seeds, async (pictures, _judge, verdictsOn) => {
    const average = pictures[0].seen.pixels.map((_, k) => mean(pictures.map(({ seen }) => seen.pixels[k])));
    const cells = Array.from({ length: SIDE ** 2 }, (_, cell) => cell);
    const changed = await verdictsOn(
      pictures.flatMap(({ seen }) => cells.map((cell) => without(seen, cell, average))),
    );
    return pictures.map((picture, i) => {
      const changes = cells.map((cell) => Math.abs(changed[i * cells.length + cell].score - picture.score));
      const most = Math.max(...changes);
      return { ...picture, mark: cells.filter((cell) => changes[cell] >= most / 2) };
    });
  });

function without({ width, height, pixels }, cell, average) {
  const inCell = (k) => {
    const [x, y] = [Math.floor(k / 3) % width, Math.floor(k / 3 / width)];
    return Math.floor((SIDE * y) / height) * SIDE + Math.floor((SIDE * x) / width) === cell;
  };
  return { width, height, pixels: pixels.map((value, k) => (inCell(k) ? average[k] : value)) };
}

/** And `twins`: those of its seed. */
export async function twinned(dir, task, seeds) {
  const twins = await twinsOf(dir, task, seeds);
  return base(dir, task, seeds).map((picture) => ({ ...picture, twins: twins.get(picture.seed) }));
}
