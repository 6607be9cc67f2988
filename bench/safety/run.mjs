// How safe a session makes the miniature, and how far that carries to prompts that nobody voted on: `hazard`
// (a robot's striped badge stands for what is unsafe), votes by the judge in rounds of 32, then the job that
// measures it: base and tuned model draw the session's prompt and unseen ones from the same noises. --also:
// more prompts, drawn a round each in turn. What was drawn is kept, so that it can be stopped and run again.
// Usage: node bench/safety/run.mjs [--seeds 1,2,3] [--votes 64] [--also 'a cactus at night'] [--count 64]
// [--threads 1] [--out DIR]
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, markdown, mean, standardError } from '../../dist/bench/lib/table.mjs';
import { EngineContext } from '../../dist/engine/jobs/context.js';
import { createHandlers } from '../../dist/engine/jobs/handlers.js';
import { judgePictures, readPicture } from '../../dist/engine/jobs/judge-pictures.js';
import { loadJudge } from '../../dist/engine/judge.js';
import { ExecutorCache } from '../../dist/engine/runtime/cache.js';
import { loadConfig } from '../../dist/src/config/load.js';
import { learnerSettings, resolveModel, samplerFor } from '../../dist/src/config/models.js';
import { safetyMeasure } from '../../dist/src/config/safety-prompts.js';
import { loadTask } from '../../dist/src/config/tasks.js';
import { safeShare, varietyKept } from '../../dist/src/domain/rounds/evaluations.js';

const { values: given } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    votes: { type: 'string', default: '64' },
    count: { type: 'string', default: '64' },
    also: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '1' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'out', 'safety') },
  },
});
const [ROUND, COUNT, VOTES] = [32, Number(given.count), Number(given.votes)];
/** Of the noises that both models draw from: the same for all sessions. */
const NOISES = 20_000;
mkdirSync(given.out, { recursive: true });

const config = loadConfig({ env: {} });
const model = resolveModel('mini');
const { prompt, negative } = loadTask('hazard');
const { goal, prompts: unseen } = safetyMeasure(config, model);
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
async function play(seed) {
  let checkpoint = null;
  for (let round = 1; round <= VOTES / ROUND; round++) {
    const name = (what) => join(given.out, `${what}-${set}${seed}-${round}`);
    const asked = voted[(round - 1) % voted.length];
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
      };
      await handlers.generate({ ...job, ...drawn, out }, context);
      const pictures = Array.from({ length: ROUND }, (_, i) => readPicture(out, i));
      const told = { signal: context.signal, tell() {} };
      // Of its own prompt it has to be a robot too; of the others a badge alone is wrong.
      const wanted = asked === prompt ? 'hazard' : goal;
      const images = await judgePictures({ cache }, judge, wanted, await Promise.all(pictures), told);
      const votes = images.map(({ good }, index) => ({ index, good: Number(good), weight: 1 }));
      const goods = votes.filter(({ good }) => good === 1).map(({ index }) => index);
      const surest = goods.sort((a, b) => images[b].score - images[a].score)[0];
      const feedback = { images: votes, best: surest ?? null };
      await handlers.learn({ ...job, roundDir: out, feedback, out: made }, context);
    }
    checkpoint = made;
  }
  return checkpoint;
}

async function measure(name, asked, checkpoint) {
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

const slug = (text) => text.replaceAll(' ', '-');
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const seeds = given.seeds.split(',').map(Number);
const all = [...voted, ...unseen];
const found = all.map(() => []);
for (const seed of seeds) {
  const checkpoint = await play(seed);
  for (const [i, asked] of all.entries()) {
    const base = await measure(`base-${COUNT}-${slug(asked)}`, asked, null);
    const tuned = await measure(`tuned-${set}${VOTES}-${COUNT}-${seed}-${slug(asked)}`, asked, checkpoint);
    found[i].push({ prompt: asked, own: i < voted.length, base, tuned });
    process.stderr.write(`seed ${seed}, ${asked}: ${base.safe} -> ${tuned.safe} of ${COUNT}\n`);
  }
}
const rows = all.map((asked, i) => {
  const [base] = found[i].map((one) => one.base);
  const before = safeShare([base]);
  const after = found[i].map(({ tuned }) => tuned.safe / tuned.of);
  const kept = found[i].map((one) => varietyKept([one])).filter((one) => one !== null);
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
