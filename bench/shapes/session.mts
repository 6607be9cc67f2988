// What does a community wait for whose model is of full size? Rounds of nine pictures over the engine's own
// jobs, as a host sets it up for a CPU: a scheduler of few steps (lcm, four), pictures by the tiny decoder,
// linear layers in int8, learning within its minutes; every second picture is voted good. The weights are
// random: time is measured, not what is learned. int8 weights are made before, and told apart.
// Usage: npm run bench -- shapes/session MODEL [--pixels 256,512] [--rounds 3] [--minutes 10] [--threads 0]
// [--precision int8]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EngineContext } from '../../engine/jobs/context.js';
import { createHandlers } from '../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { loadConfig } from '../../src/config/load.js';
import { learnerSettings } from '../../src/config/models.js';
import { threadsHere } from '../../src/machine/cores.js';
import { machine, markdown } from '../lib/table.mjs';

const { positionals, values: given } = parseArgs({
  allowPositionals: true,
  options: {
    pixels: { type: 'string', default: '256,512' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '10' },
    threads: { type: 'string', default: '0' },
    precision: { type: 'string', default: 'int8' },
  },
});
if (!positionals[0]) throw new Error('which model? npm run bench -- shapes/session MODEL');
const model = resolve(positionals[0]);
const IMAGES = 9;
const config = loadConfig({ env: {}, set: [`learner.minutes=${given.minutes}`] });
const threads = threadsHere(Number(given.threads));
const root = mkdtempSync(join(tmpdir(), 'acclaim-session-'));
const cache = new ExecutorCache({ threads });
const int8 = given.precision === 'int8' ? { folder: join(root, 'int8') } : undefined;
const engine = new EngineContext({ cache, threads, device: 'cpu', software: 'acclaim/bench', int8 });
const handlers = createHandlers(engine);
const context = { signal: new AbortController().signal, progress() {} };
const minutesSince = (began: number) => (performance.now() - began) / 60_000;

const rows: string[][] = [];
try {
  let began = performance.now();
  const opened = await engine.drawing(model);
  const choice = JSON.stringify(opened.int8?.choice ?? 'none');
  process.stderr.write(`opened in ${(60 * minutesSince(began)).toFixed(0)} s; in int8: ${choice}\n`);
  for (const pixels of given.pixels.split(',').map(Number)) {
    let checkpoint: string | null = null;
    for (let round = 1; round <= Number(given.rounds); round++) {
      const folder = (what: string) => join(root, `${what}-${pixels}-${round}`);
      const job = {
        ...{ session: `of-${pixels}`, round, attempt: 0, seed: 1, model, checkpoint },
        ...{ prompt: 'a black cat', negative: '', width: pixels, height: pixels },
        sampler: { scheduler: 'lcm', steps: 4, guidance: 1, eta: 1 } as const,
        learner: learnerSettings(config, 'sd15', 'acclaim'),
      };
      began = performance.now();
      const drawn = await handlers.generate(
        {
          ...job,
          ...{ count: IMAGES, noise: round === 1 ? 'plain' : 'learner', picks: true, trajectory: false },
          ...{ decoder: { tiny: null, rounds: true }, preview: true, out: folder('round') },
        },
        context,
      );
      const drawing = minutesSince(began);
      began = performance.now();
      const images = drawn.images.map(({ index }) => ({ index, good: index % 2, weight: 1 }));
      const out = folder('checkpoint');
      const learned = await handlers.learn(
        { ...job, roundDir: folder('round'), feedback: { images, best: 1 }, out },
        context,
      );
      const learning = minutesSince(began);
      checkpoint = out;
      const { plan } = learned;
      rows.push([
        ...[`${pixels}x${pixels}`, String(round), drawing.toFixed(1), learning.toFixed(1)],
        plan ? `${plan.steps} steps of ${plan.batch} rows, ${plan.probes} probes` : 'all',
        Math.max(drawn.memoryMb ?? 0, learned.memoryMb ?? 0).toFixed(0),
      ]);
      process.stderr.write(`${rows.at(-1)!.join(' | ')}\n`);
    }
  }
} finally {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
}
console.log(`${machine()}; threads: ${threads || 'all'}, ${given.precision}, ${IMAGES} pictures a round\n`);
console.log(markdown(['size', 'round', 'minutes drawn', 'minutes learned', 'learned', 'MB'], rows));
