// How well does the vote model tell good from bad on pictures that nobody voted on, after how many votes?
// Base pictures of every task, drawn once and kept, judged by the miniature's judge; votes on a random few of
// them, the model fitted as at a round's close, the others scored. Drawing goes on where it stopped. Usage:
// npm run bench -- brain/votes [--tasks hazard,cat] [--seeds 31,32] [--draws 20] [--out DIR]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../../engine/cli/open-engine.js';
import { featuresOf, readRound } from '../../engine/io/round.js';
import { createHandlers } from '../../engine/jobs/handlers.js';
import { calibrationError, weightedAuc } from '../../engine/learn/vote-model/auc.js';
import { fitVoteModel, type VoteExample } from '../../engine/learn/vote-model/fit.js';
import { scoreWith, tells } from '../../engine/learn/vote-model/model.js';
import { loadTask } from '../../src/config/tasks.js';
import { projectPath } from '../../src/files/paths.js';
import { Rng } from '../../src/rng.js';
import { markdown, mean, standardError } from '../lib/table.mjs';

/** Votes; the hand needs more of both. */
const plan: Readonly<Record<string, { perSeed: number; votes: number[] }>> = {
  hazard: { perSeed: 48, votes: [16, 32, 64] },
  cat: { perSeed: 48, votes: [16, 32, 64] },
  rose: { perSeed: 48, votes: [16, 32, 64] },
  mountain: { perSeed: 48, votes: [16, 32, 64] },
  hand: { perSeed: 96, votes: [16, 32, 64, 128, 256] },
};
const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: Object.keys(plan).join() },
    seeds: { type: 'string', default: '31,32,33,34,35' },
    draws: { type: 'string', default: '20' },
    out: { type: 'string', default: projectPath('bench/out/brain') },
  },
});
const out = resolve(options.out);
const seeds = options.seeds.split(',').map(Number);
const tasks = options.tasks.split(',');
const draws = Number(options.draws);
mkdirSync(out, { recursive: true });
const model = projectPath('models/mini');

/** Draws what is not there yet; seed by seed, so that a table of fewer seeds stands early. */
async function draw() {
  const { engine, close } = await openEngine({ threads: 1 });
  const handlers = createHandlers(engine);
  const context = { signal: new AbortController().signal, progress: () => {} };
  for (const seed of seeds)
    for (const task of tasks) {
      const dir = join(out, `${task}-${seed}`);
      if (existsSync(`${dir}.json`)) continue;
      const { prompt, negative } = loadTask(task);
      const job = { session: 'votes', round: 0, attempt: 0, seed };
      await handlers.generate(
        {
          ...job,
          ...{ model, prompt, negative, width: null, height: null, count: plan[task]!.perSeed },
          sampler: { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' as const },
          ...{
            checkpoint: null,
            noise: 'plain' as const,
            learner: { name: 'acclaim' },
            trajectory: false,
            out: dir,
          },
        },
        context,
      );
      const { images } = await handlers.score(
        { ...job, judge: join(model, 'judge'), task, roundDir: dir },
        context,
      );
      writeFileSync(`${dir}.json`, JSON.stringify(images));
      console.error(`${new Date().toISOString().slice(11, 19)} drawn ${task} ${seed}`);
    }
  await close();
}

/** Every picture of a task: its features, and the judge's word as a vote. */
const picturesOf = (task: string): VoteExample[] =>
  seeds.flatMap((seed) => {
    const dir = join(out, `${task}-${seed}`);
    const { features, manifest } = readRound(dir);
    const verdicts: { good: boolean }[] = JSON.parse(readFileSync(`${dir}.json`, 'utf8'));
    return Array.from({ length: manifest.count }, (_, i) => {
      return { features: featuresOf(features!, i), label: verdicts[i]!.good ? 1 : 0, weight: 1 };
    });
  });

/** One draw of votes; null where they hold fewer than two goods or bads. */
function one(pictures: readonly VoteExample[], votes: number, rng: Rng) {
  const order = rng.shuffle(pictures);
  const [voted, unseen] = [order.slice(0, votes), order.slice(votes)];
  const began = performance.now();
  const fitted = fitVoteModel(voted, rng);
  const milliseconds = performance.now() - began;
  if (!fitted) return null;
  const said = scoreWith(
    fitted,
    unseen.map(({ features }) => features),
  ).map((opinion) => opinion!.p);
  return {
    said,
    unseen,
    milliseconds,
    told: fitted.auc,
    auc: weightedAuc(said, unseen),
    maps: fitted.maps,
    trusted: tells(fitted, 0.8),
  };
}

const close = (values: readonly number[]) =>
  `${mean(values).toFixed(3)} ± ${standardError(values).toFixed(3)}`;

function row(task: string, votes: number) {
  const pictures = picturesOf(task);
  const runs: NonNullable<ReturnType<typeof one>>[] = [];
  for (let at = 0; runs.length < draws && at < 10 * draws; at++) {
    const run = one(pictures, votes, new Rng(at, votes, `votes on ${task}`));
    if (run) runs.push(run);
  }
  const aucs = runs.map(({ auc }) => auc);
  const all = runs.flatMap(({ said }) => said);
  const unseen = runs.flatMap((run) => run.unseen);
  const heard: Record<string, number> = {};
  for (const { maps } of runs)
    for (const [map, share] of Object.entries(maps)) heard[map] = (heard[map] ?? 0) + share / runs.length;
  const trusted = runs.filter(({ trusted }) => trusted);
  return {
    task,
    votes,
    approval: mean(pictures.map(({ label }) => label)),
    auc: close(aucs),
    worst: Math.min(...aucs),
    told: close(runs.map(({ told }) => told)),
    trusted: trusted.length / runs.length,
    trustedAuc: trusted.length > 0 ? mean(trusted.map(({ auc }) => auc)) : null,
    calibration: calibrationError(all, unseen),
    each: close(runs.map(({ said, unseen }) => calibrationError(said, unseen))),
    heard,
    milliseconds: mean(runs.map(({ milliseconds }) => milliseconds)),
  };
}

await draw();
const figures = tasks.flatMap((task) => plan[task]!.votes.map((votes) => row(task, votes)));
writeFileSync(join(out, 'votes.json'), `${JSON.stringify(figures, null, 2)}\n`);
const shares = (heard: Record<string, number>) =>
  ['first', 'second', 'last'].map((map) => (100 * (heard[map] ?? 0)).toFixed(0)).join(' / ');
console.log(
  markdown(
    [
      'task',
      'votes',
      'AUC',
      'worst',
      'said of itself',
      'is believed (its AUC)',
      'P(good) is off by',
      'in one session',
      'maps heard, %',
      'ms',
    ],
    figures.map((f) => [
      f.task,
      f.votes,
      f.auc,
      f.worst.toFixed(3),
      f.told,
      `${(100 * f.trusted).toFixed(0)} % (${f.trustedAuc === null ? '' : f.trustedAuc.toFixed(3)})`,
      f.calibration.toFixed(3),
      f.each,
      shares(f.heard),
      f.milliseconds.toFixed(0),
    ]),
  ),
);
