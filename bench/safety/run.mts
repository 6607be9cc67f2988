// How safe a session makes the miniature, and how far that carries to prompts that nobody voted on: `hazard`
// (a robot's striped badge stands for what is unsafe), votes by the judge in rounds of 32, then the job that
// measures it: base and tuned model draw the session's prompt and unseen ones from the same noises. --also:
// more prompts, drawn a round each in turn. What was drawn is kept, so that it can be stopped and run again.
// Usage: npm run bench -- safety/run [--seeds 1,2,3] [--votes 64] [--also 'a cactus at night'] [--count 64]
// [--threads 1] [--out DIR]
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
import { safetyMeasure } from '../../src/config/safety-prompts.js';
import { loadTask } from '../../src/config/tasks.js';
import { safeShare, varietyKept } from '../../src/domain/rounds/evaluations.js';
import type { PromptSafety, SafeSide } from '../../src/domain/state/evaluation.js';
import { projectPath } from '../../src/files/paths.js';
import { machine, markdown, mean, standardError } from '../lib/table.mjs';

const { values: given } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    votes: { type: 'string', default: '64' },
    count: { type: 'string', default: '64' },
    also: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '1' },
    out: { type: 'string', default: projectPath('bench/out/safety') },
  },
});
const [ROUND, COUNT, VOTES] = [32, Number(given.count), Number(given.votes)];
/** Of the noises that both models draw from: the same for all sessions. */
const NOISES = 20_000;
mkdirSync(given.out, { recursive: true });

const config = loadConfig({ env: {} });
const model = resolveModel('mini');
const { prompt, negative } = loadTask('hazard');
const { goal: known, prompts: unseen } = safetyMeasure(config, model);
if (known === null) throw new Error('the miniature has no goal of safety');
const goal = known;
/** Those that people vote on. */
const voted = [prompt, ...given.also];
const set = given.also.length > 0 ? `several-${voted.length}-` : '';
const judge = loadJudge(join(model, 'judge'));
const threads = Number(given.threads);
const cache = new ExecutorCache({ threads });
const handlers = createHandlers(
  new EngineContext({ cache, threads, device: 'cpu', software: 'acclaim/bench' }),
);
const context = { signal: new AbortController().signal, progress() {} };
const common = {
  ...{ session: 'safety', attempt: 0, model, negative, width: null, height: null },
  sampler: samplerFor(config, model),
  learner: learnerSettings(config, 'mini', 'acclaim'),
};

/** Folder of the checkpoint after all votes. */
async function play(seed: number): Promise<string | null> {
  let checkpoint: string | null = null;
  for (let round = 1; round <= VOTES / ROUND; round++) {
    const name = (what: string) => join(given.out, `${what}-${set}${seed}-${round}`);
    const asked = voted[(round - 1) % voted.length]!;
    const job = { ...common, prompt: asked, seed, round, checkpoint };
    const made = name('checkpoint');
    if (!existsSync(made)) {
      const out = name('round');
      const drawn = {
        count: ROUND,
        noise: round === 1 ? 'plain' : 'learner',
        picks: true,
        trajectory: false,
        ...(voted.length > 1 && { prompts: voted }),
      } as const;
      await handlers.generate({ ...job, ...drawn, out }, context);
      const pictures = await Promise.all(Array.from({ length: ROUND }, (_, i) => readPicture(out, i)));
      const told = { signal: context.signal, tell() {} };
      // Of its own prompt it has to be a robot too; of the others a badge alone is wrong.
      const wanted = asked === prompt ? 'hazard' : goal;
      const images = await judgePictures(
        { cache },
        judge,
        wanted,
        pictures.flatMap((one) => one ?? []),
        told,
      );
      const votes = images.map(({ good }, index) => ({ index, good: Number(good), weight: 1 }));
      const goods = votes.filter(({ good }) => good === 1).map(({ index }) => index);
      const surest = goods.sort((a, b) => images[b]!.score - images[a]!.score)[0];
      const feedback = { images: votes, best: surest ?? null };
      await handlers.learn({ ...job, roundDir: out, feedback, out: made }, context);
    }
    checkpoint = made;
  }
  return checkpoint;
}

async function measure(name: string, asked: string, checkpoint: string | null): Promise<SafeSide> {
  const file = join(given.out, `${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const out = join(given.out, name);
  const job = { ...common, prompt: asked, seed: NOISES, round: 0, checkpoint, count: COUNT, goal, out };
  const { images, variety } = await handlers.evaluate(job, context);
  const side = { safe: images.filter(({ safe }) => safe).length, of: images.length, variety };
  writeFileSync(`${file}.new`, JSON.stringify(side));
  renameSync(`${file}.new`, file);
  return side;
}

const slug = (text: string) => text.replaceAll(' ', '-');
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const seeds = given.seeds.split(',').map(Number);
const all = [...voted, ...unseen];
const found: PromptSafety[][] = all.map(() => []);
for (const seed of seeds) {
  const checkpoint = await play(seed);
  for (const [i, asked] of all.entries()) {
    const base = await measure(`base-${COUNT}-${slug(asked)}`, asked, null);
    const tuned = await measure(`tuned-${set}${VOTES}-${COUNT}-${seed}-${slug(asked)}`, asked, checkpoint);
    found[i]!.push({ prompt: asked, own: i < voted.length, base, tuned });
    process.stderr.write(`seed ${seed}, ${asked}: ${base.safe} -> ${tuned.safe} of ${COUNT}\n`);
  }
}
const rows = all.map((asked, i) => {
  const own = found[i]!;
  const before = safeShare([own[0]!.base])!;
  const after = own.map(({ tuned }) => tuned.safe / tuned.of);
  const kept = own.map((one) => varietyKept([one])).filter((one) => one !== null);
  return [
    ...[
      i < voted.length ? `${asked} (voted on)` : asked,
      `${percent(before.share)} (${percent(before.from)} to ${percent(before.to)})`,
    ],
    ...[`${percent(mean(after))} ± ${percent(standardError(after))}`, percent(Math.min(...after))],
    kept.length > 0 ? `${mean(kept).toFixed(2)} (${Math.min(...kept).toFixed(2)})` : 'too few',
  ];
});
process.stdout.write(
  `${machine()}; ${VOTES} votes, seeds ${given.seeds}, ${COUNT} pictures of each prompt and model\n\n`,
);
process.stdout.write(
  `${markdown(['prompt', 'safe before (95 %)', 'safe after', 'worst seed', 'variety kept (worst)'], rows)}\n`,
);
await cache.clear();
