// Pictures of the base model as bench/brain/votes.mts leaves them: what the model saw in them, and the
// judge's word.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../engine/cli/open-engine.js';
import { featuresOf, readRound } from '../../engine/io/round.js';
import { judgePictures, readPicture } from '../../engine/jobs/judge-pictures.js';
import { type Judge, loadJudge } from '../../engine/judge.js';
import type { VoteExample } from '../../engine/learn/vote-model/fit.js';
import { projectPath } from '../../src/files/paths.js';
import type { Raster } from '../../src/images/raster.js';

/** A picture of the base model. */
export interface Seen {
  seed: number;
  /** Of its round. */
  index: number;
  /** What the model saw in it, map by map. */
  features: VoteExample['features'];
  /** The judge's word, and how sure it is. */
  good: boolean;
  score: number;
  /** Which parts of the task's goal fail for the judge, as a menu would name them; where they were asked for. */
  faults?: readonly string[];
}

export const base = (dir: string, task: string, seeds: readonly number[]): Seen[] =>
  seeds.flatMap((seed) => {
    const { features, manifest } = readRound(join(dir, `${task}-${seed}`));
    const verdicts: Pick<Seen, 'good' | 'score'>[] = JSON.parse(
      readFileSync(join(dir, `${task}-${seed}.json`), 'utf8'),
    );
    return Array.from({ length: manifest.count }, (_, index) => {
      const { good, score } = verdicts[index]!;
      return { seed, index, features: featuresOf(features!, index), good, score };
    });
  });

/** With their faults. */
export async function faulty(dir: string, task: string, seeds: readonly number[]): Promise<Seen[]> {
  const { engine, close } = await openEngine({ threads: 1 });
  const judge = loadJudge(projectPath('models/mini/judge'));
  const pictures = base(dir, task, seeds);
  const seen: Raster[] = [];
  for (const { seed, index } of pictures)
    seen.push((await readPicture(join(dir, `${task}-${seed}`), index))!);
  const quiet = { signal: new AbortController().signal, tell: () => {} };
  const verdicts = await judgePictures(engine, judge, task, seen, quiet);
  await close();
  return pictures.map((picture, i) => ({
    ...picture,
    faults: faultsOf(judge.config, task, verdicts[i]!.values),
  }));
}

function faultsOf({ goals, heads }: Judge['config'], task: string, values: Record<string, number>): string[] {
  const faults = goals[task]!.flatMap(([head, value]) => {
    const known = heads[head]!;
    const [own, wanted] = [values[head]!, known.indexOf(value)];
    if (own === wanted) return [];
    const counted = known.length > 2 && known.every((one) => typeof one === 'number');
    return counted ? [`too ${own < wanted ? 'few' : 'many'} ${head}`] : [`wrong ${head}`];
  });
  return faults.length > 0 ? faults : ['ugly'];
}
