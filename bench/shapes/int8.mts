// A guided call of the UNet with linear layers in int8 beside the same in float32: CPU seconds of each, one
// thread, in turn in one process; how many layers are in int8; how far off the prediction is at three noise
// levels. Usage: npm run bench -- shapes/int8 MODEL [PIXELS] [--times 4] [--least 192] [--cache DIR]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Graph } from '../../engine/graph/graph.js';
import { int8Unet } from '../../engine/models/int8.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { encodePair } from '../../engine/models/prompt.js';
import { guided } from '../../engine/models/unet.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { modelHash } from '../../src/models/model-hash.js';
import { Rng } from '../../src/rng.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '4' },
    least: { type: 'string' },
    cache: { type: 'string' },
  },
});
const [model, pixels] = positionals;
if (!model) throw new Error('which model? npm run bench -- shapes/int8 MODEL [PIXELS]');
const pipeline = await loadPipeline(resolve(model));
const latent = pipeline.latentShape(...(pixels ? [Number(pixels), Number(pixels)] : []));
const cache = new ExecutorCache({ threads: 1 });
const text = await encodePair(pipeline, cache, { negative: '', prompt: 'a black cat' }, latent);
await cache.clear();
const states = text.states;
const folder = values.cache ?? mkdtempSync(join(tmpdir(), 'acclaim-int8-'));
const least = values.least === undefined ? undefined : Number(values.least);
const began = performance.now();
const int8 = await int8Unet(pipeline, await modelHash(pipeline.dir), folder, least);
const made = (performance.now() - began) / 1000;

async function compiled(unet: typeof pipeline.unet | typeof int8): Promise<Executor> {
  const g = new Graph();
  const inputs = {
    sample: g.input('sample', [1, ...latent]),
    timestep: g.input('timestep', [1]),
    states: g.input('states', [...states.shape]),
  };
  g.output('output', guided(g, { ...pipeline, unet } as typeof pipeline, inputs, g.input('guidance', [])));
  return Executor.create(g, { threads: 1 });
}
const executors = [await compiled(pipeline.unet), await compiled(int8)] as const;
const size = latent.reduce((n, d) => n * d, 1);
const sample = f32([1, ...latent], Float32Array.from(new Rng(1, 0, 'int8').normals(size)));
const seconds: [number[], number[]] = [[], []];
for (const timestep of [900, 500, 100]) {
  const found: Float32Array[] = [];
  for (let time = 0; time < Number(values.times); time++)
    for (const [i, executor] of executors.entries()) {
      const before = process.cpuUsage();
      const { output } = await executor.run({
        ...{ sample, states, timestep: f32([1], new Float32Array([timestep])) },
        guidance: f32([], new Float32Array([5])),
      });
      const { user, system } = process.cpuUsage(before);
      seconds[i]!.push((user + system) / 1e6);
      found[i] = output!.data as Float32Array;
    }
  const [wanted, other] = found as [Float32Array, Float32Array];
  const off = wanted.reduce((sum, v, i) => sum + (v - other[i]!) ** 2, 0);
  const all = wanted.reduce((sum, v) => sum + v * v, 0);
  console.log(`timestep ${timestep}: ${(100 * Math.sqrt(off / all)).toFixed(2)} % off`);
}
const [fp32, quick] = seconds.map((all) => Math.min(...all)) as [number, number];
console.log(
  `float32 ${fp32.toFixed(2)} s, int8 ${quick.toFixed(2)} s, ratio ${(quick / fp32).toFixed(2)} (best of ${seconds[0].length})`,
);
console.log(`${JSON.stringify(int8.choice)}, made or opened in ${made.toFixed(1)} s, in ${folder}`);
