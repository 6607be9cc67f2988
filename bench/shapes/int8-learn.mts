// Does it matter to people that rounds are drawn in int8? The miniature with all of its transformers' linear
// layers in int8, small as they are, beside itself in float32, from the same noises: success of the base; of
// what float32 rounds made of it, drawn in both; and of what int8 rounds made of it. What was drawn is kept,
// so that it can be stopped and run again.
// Usage: npm run bench -- shapes/int8-learn [--tasks hazard,cat] [--seeds 17,18,19] [--votes 64] [--count 256]
// [--out DIR]
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EngineContext } from '../../engine/jobs/context.js';
import { createHandlers } from '../../engine/jobs/handlers.js';
import { judgePictures, readPicture } from '../../engine/jobs/judge-pictures.js';
import { loadJudge } from '../../engine/judge.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { loadConfig } from '../../src/config/load.js';
import { learnerSettings, resolveModel, samplerFor } from '../../src/config/models.js';
import { loadTask } from '../../src/config/tasks.js';
import { projectPath } from '../../src/files/paths.js';
import { machine, markdown, mean, standardError } from '../lib/table.mjs';

const { values: given } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'hazard,cat' },
    seeds: { type: 'string', default: '17,18,19' },
    votes: { type: 'string', default: '64' },
    count: { type: 'string', default: '256' },
    out: { type: 'string', default: projectPath('bench/out/int8-learn') },
  },
});
const [ROUND, FIGURE, COUNT] = [32, 64, Number(given.count)];
mkdirSync(given.out, { recursive: true });

const config = loadConfig({ env: {} });
const model = resolveModel('mini');
const judge = loadJudge(join(model, 'judge'));
const cache = new ExecutorCache({ threads: 1 });
const engine = (int8: boolean) =>
  createHandlers(
    new EngineContext({
      ...{ cache, threads: 1, device: 'cpu', software: 'acclaim/bench' },
      ...(int8 && { int8: { folder: join(given.out, 'weights'), least: 1 } }),
    }),
  );
const engines = { float32: engine(false), int8: engine(true) };
type Precision = keyof typeof engines;
const context = { signal: new AbortController().signal, progress() {} };
const common = {
  ...{ session: 'int8', attempt: 0, model, width: null, height: null },
  sampler: samplerFor(config, model),
  learner: learnerSettings(config, 'mini', 'acclaim'),
};

async function judged(task: string, folder: string, count: number) {
  const pictures = await Promise.all(Array.from({ length: count }, (_, i) => readPicture(folder, i)));
  const told = { signal: context.signal, tell() {} };
  return judgePictures(
    { cache },
    judge,
    task,
    pictures.flatMap((one) => one ?? []),
    told,
  );
}

/** Folder of the checkpoint after all votes on rounds that `by` drew. */
async function play(task: string, seed: number, by: Precision): Promise<string> {
  let checkpoint: string | null = null;
  const { prompt, negative } = loadTask(task);
  for (let round = 1; round <= Number(given.votes) / ROUND; round++) {
    const name = (what: string) => join(given.out, [what, task, by, seed, round].join('-'));
    const job = { ...common, prompt, negative, seed, round, checkpoint };
    const [out, made] = [name('round'), name('checkpoint')];
    if (!existsSync(made)) {
      const noise = round === 1 ? 'plain' : 'learner';
      const drawn = { count: ROUND, noise, picks: true, trajectory: false, out } as const;
      await engines[by].generate({ ...job, ...drawn }, context);
      const images = await judged(task, out, ROUND);
      const votes = images.map(({ good }, index) => ({ index, good: Number(good), weight: 1 }));
      const goods = votes.filter(({ good }) => good === 1).map(({ index }) => index);
      const best = goods.sort((a, b) => images[b]!.score - images[a]!.score)[0] ?? null;
      const feedback = { images: votes, best };
      await engines[by].learn({ ...job, roundDir: out, feedback, out: made }, context);
    }
    checkpoint = made;
  }
  return checkpoint!;
}

/** Success on plain noises that nobody chose, the same for all. */
async function success(task: string, checkpoint: string | null, by: Precision, name: string) {
  const file = join(given.out, [name, task, COUNT].join('-').concat('.json'));
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as number;
  const { prompt, negative } = loadTask(task);
  let good = 0;
  for (let part = 0; part < COUNT / FIGURE; part++) {
    const out = join(given.out, `figure-${name}-${task}-${part}`);
    const job = { ...common, prompt, negative, seed: 20_000 + part, round: 0, checkpoint };
    const drawn = { count: FIGURE, noise: 'plain', trajectory: false, out } as const;
    await engines[by].generate({ ...job, ...drawn }, context);
    good += (await judged(task, out, FIGURE)).filter((one) => one.good).length;
  }
  writeFileSync(`${file}.new`, JSON.stringify(good / COUNT));
  renameSync(`${file}.new`, file);
  return good / COUNT;
}

const seeds = given.seeds.split(',').map(Number);
const two = (found: readonly number[]) => `${mean(found).toFixed(3)} ± ${standardError(found).toFixed(3)}`;
const rows: string[][] = [];
for (const task of given.tasks.split(',')) {
  const base = {
    float32: await success(task, null, 'float32', 'base-float32'),
    int8: await success(task, null, 'int8', 'base-int8'),
  };
  const [usual, drawn, learned]: [number[], number[], number[]] = [[], [], []];
  for (const seed of seeds) {
    const tuned = await play(task, seed, 'float32');
    usual.push(await success(task, tuned, 'float32', `tuned-float32-${seed}`));
    drawn.push(await success(task, tuned, 'int8', `drawn-int8-${seed}`));
    const other = await play(task, seed, 'int8');
    learned.push(await success(task, other, 'float32', `learned-int8-${seed}`));
    process.stderr.write(
      `${task}, seed ${seed}: ${[usual, drawn, learned].map((all) => all.at(-1)!.toFixed(3)).join(', ')}\n`,
    );
  }
  rows.push([task, base.float32.toFixed(3), base.int8.toFixed(3), two(usual), two(drawn), two(learned)]);
}
console.log(
  `${machine()}; ${COUNT} noises, ${given.votes} votes, seeds ${given.seeds}; mean ± standard error\n`,
);
console.log(
  markdown(
    [
      'task',
      'base',
      'base in int8',
      'tuned',
      'tuned on float32 rounds, drawn in int8',
      'tuned on int8 rounds, drawn in float32',
    ],
    rows,
  ),
);
