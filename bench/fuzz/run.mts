/**
 * `npm run bench -- fuzz/run [--count 10000] [--seed 1] [--again] [--only archive,picture]`: mutated inputs to
 * every reader of what strangers write, or to some. Goes on where an earlier run of the same seed stopped
 * (bench/out/fuzz-SEED.json); fails when there was a fault.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { projectPath } from '../../src/files/paths.js';
import type { Said, Work } from './worker.mjs';

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
const tiny = projectPath('tests/fixtures/tiny');
const sharded = join(tiny, 'sd15-layouts/sharded');
const fixtures = {
  model: join(tiny, 'sd15/model'),
  adapter: join(tiny, 'sd15-adapters/attention.kohya.safetensors'),
  sharded: existsSync(join(sharded, 'model_index.json')) ? sharded : null,
  index: 'unet/diffusion_pytorch_model.safetensors.index.json',
};

const file = projectPath('bench/out', `fuzz-${[values.only, seed].filter(Boolean).join('-')}.json`);
interface State {
  seed: number;
  done: number;
  taken: Record<string, number>;
  /** Target -> code -> how often. */
  refused: Record<string, Record<string, number>>;
  faults: { k: number; target?: string; fault: string }[];
}

const fresh: State = { seed, done: 0, taken: {}, refused: {}, faults: [] };
const state: State = !values.again && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : fresh;
const save = () => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
};

function runFrom(from: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
      workerData: { seed, from, to: count, fixtures, only: values.only } satisfies Work,
    });
    let at = from;
    let timer: NodeJS.Timeout | undefined;
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
    worker.on('message', (said: Said) => {
      if (hung) return;
      watch();
      if ('begins' in said) {
        at = said.begins;
        return;
      }
      const { k, target } = said;
      state.done = k + 1;
      if ('fault' in said) state.faults.push({ k, target, fault: said.fault });
      else if (said.refused === null) state.taken[target] = (state.taken[target] ?? 0) + 1;
      else {
        state.refused[target] ??= {};
        const codes = state.refused[target];
        codes[said.refused] = (codes[said.refused] ?? 0) + 1;
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
