/**
 * `node bench/fuzz/run.mjs [--count 10000] [--seed 1] [--again] [--only archive,picture]`: mutated inputs to
 * every reader of what strangers write, or to some. Goes on where an earlier run of the same seed stopped
 * (bench/out/fuzz-SEED.json); fails when there was a fault.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const HANGS_MS = 5_000;
const tiny = join(root, 'tests/fixtures/tiny');
const sharded = join(tiny, 'sd15-layouts/sharded');
const fixtures = {
  model: join(tiny, 'sd15/model'),
  adapter: join(tiny, 'sd15-adapters/attention.kohya.safetensors'),
  sharded: existsSync(join(sharded, 'model_index.json')) ? sharded : null,
  index: 'unet/diffusion_pytorch_model.safetensors.index.json',
};

const file = join(root, 'bench/out', `fuzz-${[values.only, seed].filter(Boolean).join('-')}.json`);
const fresh = { seed, done: 0, taken: {}, refused: {}, faults: [] };
const state = !values.again && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : fresh;
const save = () => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
};

function runFrom(from) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { seed, from, to: count, fixtures, only: values.only },
    });
    let at = from;
    let timer;
    // Once it is given up, what it still has to say winds the clock no more: a hang is one fault.
    let hung = false;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        hung = true;
        await worker.terminate();
        state.faults.push({ k: at, fault: `no answer for ${HANGS_MS / 1000} s` });
        state.done = at + 1;
        resolve();
      }, HANGS_MS);
    };
    // The first case begins once the thread has loaded all and made a backup.
    worker.on('message', ({ begins, k, target, refused, fault }) => {
      if (hung) return;
      watch();
      if (begins !== undefined) {
        at = begins;
        return;
      }
      state.done = k + 1;
      if (fault) state.faults.push({ k, target, fault });
      else if (refused === null) state.taken[target] = (state.taken[target] ?? 0) + 1;
      else {
        state.refused[target] ??= {};
        state.refused[target][refused] = (state.refused[target][refused] ?? 0) + 1;
      }
      if (k % 500 === 0) save();
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const began = performance.now();
const first = state.done;
while (state.done < count) await runFrom(state.done);
save();
const seconds = (performance.now() - began) / 1000;
console.log(`| reader | taken | refused | by code |\n|---|---|---|---|`);
for (const target of new Set([...Object.keys(state.taken), ...Object.keys(state.refused)])) {
  const codes = Object.entries(state.refused[target] ?? {}).sort(([, a], [, b]) => b - a);
  const sum = codes.reduce((n, [, c]) => n + c, 0);
  console.log(
    `| ${target} | ${state.taken[target] ?? 0} | ${sum} | ${codes.map(([c, n]) => `${c} ${n}`).join(', ')} |`,
  );
}
console.log(
  `${state.done} cases of seed ${seed}, ${state.faults.length} faults; ${state.done - first} now, in ${seconds.toFixed(0)} s`,
);
for (const { fault } of state.faults.slice(0, 20)) console.error(fault);
process.exitCode = state.faults.length > 0 ? 1 : 0;
