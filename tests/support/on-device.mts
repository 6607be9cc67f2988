/**
 * `node on-device.mjs DEVICE`: the built engine on a device, in a process of its own because drivers are set
 * up by the environment that a process starts with. Prints one line of JSON: errors by name, relative to the
 * largest value expected, the device's emission, precision and notes, and what its self-check said. Sessions
 * stay open to the end: what a device compiles is shared among open ones.
 */
import { readFileSync } from 'node:fs';
import { chooseDevice, tryApart, type WantedPrecision } from '../../engine/devices.js';
import { ddim } from '../../engine/diffusion/ddim.js';
import { createPredictor } from '../../engine/diffusion/predictor.js';
import { stepMean } from '../../engine/diffusion/schedule.js';
import { Graph } from '../../engine/graph/graph.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { ddpoGraph } from '../../engine/learn/losses/ddpo.js';
import { decode, loadPipeline } from '../../engine/models/pipeline.js';
import { encodePair } from '../../engine/models/prompt.js';
import { unet } from '../../engine/models/unet.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import { distance } from '../../engine/runtime/self-check.js';
import { type FloatTensor, f32, rows, type Tensor } from '../../engine/runtime/tensor.js';
import { projectPath } from '../../src/files/paths.js';

const golden = (name: string) => readSafetensors(projectPath(`tests/fixtures/mini/${name}.safetensors`));
const floats = (t: Tensor) => f32(t.shape, Float32Array.from(t.data, Number));
const allFloats = (all: Record<string, Tensor>): Record<string, FloatTensor> =>
  Object.fromEntries(Object.entries(all).map(([name, t]) => [name, floats(t)]));
/** Rows [start, end) of x, and image 0 of step k of [steps, images, ...]. */
const some = (x: Tensor, start: number, end: number) => rows(floats(x), start, end);
const image = (x: Tensor, k: number) => {
  const [, images, ...rest] = x.shape;
  const size = rest.reduce((a, b) => a * b);
  return f32([1, ...rest], floats(x).data.slice(k * images * size, k * images * size + size));
};

const [name, wanted] = process.argv.slice(2);
const device = await chooseDevice([name!], wanted as WantedPrecision | undefined);
const options = { threads: 1, device: device.name, emission: device.emission };
const [cache, cpuCache] = [new ExecutorCache(options), new ExecutorCache({ threads: 1 })];
const pipeline = await loadPipeline(projectPath('models/mini'), device.precision);
const whole = await loadPipeline(projectPath('models/mini'));
const run = JSON.parse(
  readFileSync(projectPath('tests/fixtures/mini/trajectories.json'), 'utf8'),
).trajectory_eta1;
const { steps } = ddim(pipeline.scheduler, run);
const trajectory = golden('trajectory_eta1');
const opened: { release(): Promise<void> }[] = [];

/** One call on the golden sample at the golden timestep. */
async function unetCall() {
  const { sample, timestep, encoder_hidden_states: states, out } = golden('unet');
  const feeds = { sample: some(sample, 0, 1), timestep: some(timestep, 0, 1), states: some(states, 0, 1) };
  const graph = new Graph();
  const input = (name: keyof typeof feeds) => graph.input(name, feeds[name].shape);
  const inputs = { sample: input('sample'), timestep: input('timestep'), states: input('states') };
  graph.output('out', unet(graph, pipeline, inputs));
  const executor = await Executor.create(graph, options);
  opened.push(executor);
  return distance(allFloats(await executor.run(feeds)), { out: some(out, 0, 1) });
}

async function vae() {
  const { latent, decoded } = golden('vae');
  return distance(
    { image: await decode(pipeline, cache, some(latent, 0, 1)) },
    { image: some(decoded, 0, 1) },
  );
}

/** The first steps of the golden run, guided, with its noise. */
async function sampling(count: number) {
  const request = { pipeline, cache, prompt: run.prompt, negative: run.negative, sampler: run };
  const predictor = await createPredictor({ ...request, noise: image(trajectory.latents, 0) });
  opened.push(predictor);
  let x = image(trajectory.latents, 0);
  let worst = 0;
  for (const [k, step] of steps.slice(0, count).entries()) {
    const mean = stepMean(step, x.data, await predictor.predict(x, step.timestep));
    const noise = image(trajectory.steps, k).data;
    x = f32(
      x.shape,
      mean.map((m, i) => m + step.std * noise[i]),
    );
    worst = Math.max(worst, distance({ x }, { x: image(trajectory.latents, k + 1) }));
  }
  return worst;
}

/** DDPO on one step between parts of the golden latents: loss and LoRA gradients against those of the CPU. */
async function training(k: number) {
  const latent = [4, 8, 8] as const;
  const text = await encodePair(whole, cpuCache, run, latent);
  const spec = {
    pipeline,
    adapter: { rank: 4, alpha: 4, targets: 'attention' } as const,
    latent,
    rows: 1,
    guidance: run.guidance,
    text: { states: text.states.shape },
  };
  const part = (of: number) => f32([1, ...latent], image(trajectory.latents, of).data.slice(0, 4 * 8 * 8));
  const scalar = (value: number) => f32([1, 1, 1, 1], [value]);
  const feeds = {
    ...golden('lora_attention'),
    ...text,
    x: part(k),
    next: part(k + 1),
    timestep: f32([1], [steps[k].timestep]),
    from_sample: scalar(steps[k].fromSample),
    from_output: scalar(steps[k].fromOutput),
    sigma: scalar(steps[k].std),
    advantage: f32([1], [1]),
    weight: f32([1], [1]),
  };
  const cpu = await Executor.create(ddpoGraph({ ...spec, pipeline: whole }, 0.1), { threads: 1 });
  const there = await Executor.create(ddpoGraph(spec, 0.1), options);
  opened.push(cpu, there);
  // As probable before as now, so that the ratio is one and not clipped.
  const before = allFloats(await cpu.run({ ...feeds, old_log_prob: f32([1]) })).log_prob;
  const outputs = async (executor: Executor) =>
    allFloats(await executor.run({ ...feeds, old_log_prob: before }));
  const [right, given] = [await outputs(cpu), await outputs(there)];
  const names = Object.keys(right).filter((name) => name.startsWith('grad.'));
  // One vector of all: a tensor whose gradient is next to nothing says nothing by itself.
  const joined = (out: Record<string, FloatTensor>) => {
    const data = names.flatMap((name) => [...out[name].data]);
    return { gradients: f32([data.length], data) };
  };
  return {
    loss: distance({ loss: given.loss }, { loss: right.loss }),
    logProb: Math.abs(given.log_prob.data[0] - before.data[0]),
    gradients: distance(joined(given), joined(right)),
  };
}

const errors = {
  unet: await unetCall(),
  vae: await vae(),
  trajectory: await sampling(2),
  ...(await training(5)),
};
for (const session of opened) await session.release();
await cache.clear();
await cpuCache.clear();
const { emission, precision, notes } = device;
const [plain, late] = [[...emission.plain], [...emission.late]];
const check = await tryApart(device.name);
process.stdout.write(`${JSON.stringify({ errors, plain, late, precision, notes, check })}\n`);
