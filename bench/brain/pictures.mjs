// Pictures of the base model as bench/brain/votes.mjs leaves them: what the model saw in them, and the judge's word.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../dist/engine/cli/open-engine.js';
import { readRound } from '../../dist/engine/io/round.js';
import { judgePictures, readPicture } from '../../dist/engine/jobs/judge-pictures.js';
import { loadJudge, otherHeads } from '../../dist/engine/judge.js';
import { featuresOf } from '../../dist/engine/learn/learner.js';
import { projectPath } from '../../dist/src/paths.js';

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

/** And `traits`: what the judge sees of heads that the task asks nothing of, and that are of its kind of picture. */
export async function voters(dir, task, seeds) {
  const { engine, close } = await openEngine({ threads: 1 });
  const judge = loadJudge(projectPath('models/mini/judge'));
  const heads = Object.keys(otherHeads(judge, task));
  const out = [];
  for (const seed of seeds) {
    const own = base(dir, task, [seed]);
    const seen = own.map(({ index }) => readPicture(join(dir, `${task}-${seed}`), index));
    const verdicts = await judgePictures(engine, judge, task, seen, {
      signal: new AbortController().signal,
      tell: () => {},
    });
    for (const [i, picture] of own.entries()) out.push({ ...picture, values: verdicts[i].values, heads });
  }
  await close();
  return out;
}
