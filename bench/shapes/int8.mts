// Guided calls of the UNet with linear layers in int8 beside the same in float32, on the states of one drawn
// picture: CPU seconds of each, one thread, in turn in one process; how far off is what the network says and
// the picture that it expects, a call; how far off the picture is in the end; how many layers are in int8.
// Usage: npm run bench -- shapes/int8 MODEL [PIXELS] [--steps 20] [--guidance 3] [--least 192] [--cache DIR]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { observe } from '../../engine/diffusion/observe.js';
import { createPredictor } from '../../engine/diffusion/predictor.js';
import { sample } from '../../engine/diffusion/sampler.js';
import { predictedImage } from '../../engine/diffusion/schedule.js';
import { schedule } from '../../engine/diffusion/schedulers.js';
import { int8Unet } from '../../engine/models/int8/unet.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { modelHash } from '../../src/models/model-hash.js';
import { Rng } from '../../src/rng.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '20' },
    guidance: { type: 'string', default: '3' },
    least: { type: 'string' },
    cache: { type: 'string' },
  },
});
const [model, pixels] = positionals;
if (!model) throw new Error('which model? npm run bench -- shapes/int8 MODEL [PIXELS]');
const pipeline = await loadPipeline(resolve(model));
const latent = pipeline.latentShape(...(pixels ? [Number(pixels), Number(pixels)] : []));
const cache = new ExecutorCache({ threads: 1 });
const folder = values.cache ?? mkdtempSync(join(tmpdir(), 'acclaim-int8-'));
const least = values.least === undefined ? undefined : Number(values.least);
const began = performance.now();
const int8 = await int8Unet(pipeline, await modelHash(pipeline.dir), {
  ...{ folder, least },
  observe: (unet, seen) => observe(pipeline, cache, unet, seen),
});
const made = (performance.now() - began) / 1000;

const size = latent.reduce((n, d) => n * d, 1);
const noise = f32([1, ...latent], Float32Array.from(new Rng(1, 0, 'int8').normals(size)));
const guidance = Number(values.guidance);
const sampler = { steps: Number(values.steps), eta: 0, scheduler: 'ddim', guidance } as const;
const none = () => {
  throw new Error('no step adds noise');
};
const request = { cache, prompt: 'a black cat', negative: '', noise, sampler, stepNoise: none };
const drawn = await sample({ ...request, pipeline, keep: 'trajectory' });
const other = await sample({ ...request, pipeline: { ...pipeline, int8 } });
const predictors = [
  await createPredictor({ ...request, pipeline }),
  await createPredictor({ ...request, pipeline: { ...pipeline, int8 } }),
] as const;

/** Root mean square difference, in per cent of `wanted`'s own size. */
function off(found: Float32Array, wanted: Float32Array): number {
  const sum = wanted.reduce((all, v, i) => all + (v - found[i]!) ** 2, 0);
  return 100 * Math.sqrt(sum / wanted.reduce((all, v) => all + v * v, 0));
}
const seconds: [number[], number[]] = [[], []];
const errors: { said: number; expected: number }[] = [];
for (const [k, step] of schedule(pipeline.scheduler, sampler).steps.entries()) {
  const x = drawn.trajectory!.data.slice(k * size, (k + 1) * size);
  const said: Float32Array[] = [];
  for (const [i, predictor] of predictors.entries()) {
    const before = process.cpuUsage();
    said.push(await predictor.predict(f32(noise.shape, x), step.timestep));
    const { user, system } = process.cpuUsage(before);
    seconds[i]!.push((user + system) / 1e6);
  }
  const [wanted, found] = said as [Float32Array, Float32Array];
  const expected = off(predictedImage(step, x, found), predictedImage(step, x, wanted));
  errors.push({ said: off(found, wanted), expected });
}
for (const [k, { said, expected }] of errors.entries())
  if (k % 5 === 0 || k === errors.length - 1)
    console.log(
      `t = ${drawn.timesteps[k]}: ${said.toFixed(2)} % off, the picture that is expected ${expected.toFixed(2)} %`,
    );
const most = (of: 'said' | 'expected') => Math.max(...errors.map((one) => one[of])).toFixed(2);
const mean = (of: 'said' | 'expected') =>
  (errors.reduce((sum, one) => sum + one[of], 0) / errors.length).toFixed(2);
console.log(`of ${errors.length} calls: mean ${mean('said')} %, most ${most('said')} %`);
console.log(`expected pictures: mean ${mean('expected')} %, most ${most('expected')} %`);
console.log(`the picture in the end: ${off(other.latents.data, drawn.latents.data).toFixed(2)} %`);
const [fp32, quick] = seconds.map((all) => Math.min(...all)) as [number, number];
console.log(
  `float32 ${fp32.toFixed(2)} s, int8 ${quick.toFixed(2)} s, ratio ${(quick / fp32).toFixed(2)} (best of ${seconds[0].length})`,
);
console.log(`${JSON.stringify(int8.choice)}, made or opened in ${made.toFixed(1)} s, in ${folder}`);
