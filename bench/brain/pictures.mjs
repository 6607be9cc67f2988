// Pictures of the base model as bench/brain/votes.mjs leaves them: what the model saw in them, and the
// judge's word.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../dist/engine/cli/open-engine.js';
import { featuresOf, readRound } from '../../dist/engine/io/round.js';
import { judgePictures, readPicture } from '../../dist/engine/jobs/judge-pictures.js';
import { loadJudge } from '../../dist/engine/judge.js';
import { projectPath } from '../../dist/src/files/paths.js';

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

/** And `faults`: which parts of the task's goal fail for the judge, as a menu would name them. */
export async function faulty(dir, task, seeds) {
  const { engine, close } = await openEngine({ threads: 1 });
  const judge = loadJudge(projectPath('models/mini/judge'));
  const pictures = base(dir, task, seeds);
  const seen = [];
  for (const { seed, index } of pictures) seen.push(await readPicture(join(dir, `${task}-${seed}`), index));
  const quiet = { signal: new AbortController().signal, tell: () => {} };
  const verdicts = await judgePictures(engine, judge, task, seen, quiet);
  await close();
  return pictures.map((picture, i) => ({
    ...picture,
    faults: faultsOf(judge.config, task, verdicts[i].values),
  }));
}

function faultsOf({ goals, heads }, task, values) {
  const faults = goals[task].flatMap(([head, value]) => {
    const [own, wanted] = [values[head], heads[head].indexOf(value)];
    if (own === wanted) return [];
    const counted = heads[head].length > 2 && heads[head].every((one) => typeof one === 'number');
    return counted ? [`too ${own < wanted ? 'few' : 'many'} ${head}`] : [`wrong ${head}`];
  });
  return faults.length > 0 ? faults : ['ugly'];
}
