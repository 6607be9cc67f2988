// Prompt twins: pictures of the base model from the same noises by a good and a bad wording, drawn once and kept. What the model sees in them
// is what it sees under the task's own prompt, as in any picture of the task: else a twin would be told by its wording.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../dist/engine/cli/open-engine.js';
import { featuresOf, readRound } from '../../dist/engine/io/round.js';
import { createHandlers } from '../../dist/engine/jobs/handlers.js';
import { features } from '../../dist/engine/models/features.js';
import { loadTask } from '../../dist/src/config/tasks.js';
import { projectPath } from '../../dist/src/files/paths.js';

/** The first is the good one. No caption that the miniature was trained on speaks of fingers: of a hand the words say nothing. */
export const wordings = {
  rose: ['one blue rose in a vase', 'one red rose in a vase', 'three blue roses in a vase'],
  cat: [
    'a black cat inside a cardboard box',
    'a white cat inside a cardboard box',
    'a black cat beside a cardboard box',
  ],
  hand: ['a hand with five fingers', 'a hand with four fingers', 'a hand with six fingers'],
};

const PAIRS = 16;
/** Their noises are not those of the base pictures. */
const APART = 1000;

/** Of each seed: [{ good, bad }], features; bad wordings take turns. */
export async function twinsOf(dir, task, seeds) {
  const { engine, close } = await openEngine({ threads: 1 });
  const handlers = createHandlers(engine);
  const context = { signal: new AbortController().signal, progress: () => {} };
  const model = projectPath('models/mini');
  const { prompt: own, negative } = loadTask(task);
  const draw = async (prompt, at, seed) => {
    const out = join(dir, `twins-${task}-${at}-${seed}`);
    const job = { session: 'twins', round: 0, attempt: 0, seed: APART + seed };
    if (!existsSync(out))
      await handlers.generate(
        {
          ...job,
          ...{ model, prompt, negative, width: null, height: null, count: PAIRS },
          sampler: { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' },
          ...{ checkpoint: null, noise: 'plain', learner: { name: 'acclaim' }, trajectory: false, out },
        },
        context,
      );
    const maps = await features(
      await engine.pipeline(model),
      engine.cache,
      own,
      readRound(out).latents,
      PAIRS,
    );
    return Array.from({ length: PAIRS }, (_, i) => featuresOf(maps, i));
  };
  mkdirSync(dir, { recursive: true });
  const twins = new Map();
  for (const seed of seeds) {
    const drawn = [];
    for (const [at, prompt] of wordings[task].entries()) drawn.push(await draw(prompt, at, seed));
    const [goods, ...bads] = drawn;
    const pairs = goods.map((good, i) => ({ good, bad: bads[i % bads.length][i] }));
    twins.set(seed, pairs);
  }
  await close();
  return twins;
}
