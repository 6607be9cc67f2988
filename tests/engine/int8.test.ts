/** A UNet's linear layers in int8: the op, one call of the miniature, and the file that the weights lie in. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { observe } from '../../engine/diffusion/observe.js';
import { createPredictor } from '../../engine/diffusion/predictor.js';
import { sample } from '../../engine/diffusion/sampler.js';
import { predictedImage } from '../../engine/diffusion/schedule.js';
import { schedule } from '../../engine/diffusion/schedulers.js';
import { Graph } from '../../engine/graph/graph.js';
import { cast, int8Linear, mul } from '../../engine/graph/ops.js';
import { numel } from '../../engine/graph/value.js';
import { errorsOf, type Observe } from '../../engine/models/int8/calibration.js';
import { keyOf, layersOf } from '../../engine/models/int8/layers.js';
import { int8Unet } from '../../engine/models/int8/unet.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import { f32, rows } from '../../engine/runtime/tensor.js';
import { wave } from '../../engine/runtime/trials.js';
import { Rng } from '../../src/rng.js';
import { golden, MINI, rmsError } from '../support/golden.js';
import { evaluate } from '../support/reference.js';
import { callUnet } from '../support/unet.js';

const folder = mkdtempSync(join(tmpdir(), 'acclaim-int8-'));
afterAll(async () => {
  await cache.clear();
  rmSync(folder, { recursive: true });
});
const mini = await loadPipeline(MINI);
const latent = mini.latentShape();
/** `least` 1: all of the miniature's layers, small as they are. */
const cache = new ExecutorCache({ threads: 1 });
const watch: Observe = (unet, seen) => observe(mini, cache, unet, seen);
const open = (least?: number) => int8Unet(mini, 'hash', { folder, least, observe: watch });

describe('in int8', () => {
  it('a product of integers is what it is by its definition, of the largest steps too', async () => {
    const g = new Graph();
    const [x, w] = [g.input('x', [5, 40]), g.input('w', [40, 7])];
    const [scale, bias] = [g.input('scale', [7]), g.input('bias', [7])];
    g.output('y', int8Linear(x, { steps: cast(w, 'int8'), scale }, bias));
    const feeds = {
      x: f32(
        [5, 40],
        wave([5, 40], 0.37).map((v) => 3 * v + 1),
      ),
      w: f32(
        [40, 7],
        wave([40, 7], 0.48).map((v) => (v > 0.7 ? 127 : Math.round(127 * v))),
      ),
      scale: f32([7], wave([7], 0.1)),
      bias: f32([7], wave([7], 0.59)),
    };
    const executor = await Executor.create(g, { threads: 1 });
    const { y } = await executor.run(feeds);
    await executor.release();
    const wanted = evaluate(
      g,
      Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, Float64Array.from(data)])),
    );
    expect(rmsError(y!.data as Float32Array, wanted.y!.data)).toBeLessThan(1e-6);
  });

  it('the miniature predicts within three hundredths of what it predicts in float32', async () => {
    const of = golden('unet');
    const unet = await open(1);
    const found = await callUnet({ ...mini, unet: unet as unknown as typeof mini.unet }, of);
    const error = rmsError(found.data, of.out!.data as Float32Array);
    expect(error).toBeLessThan(0.03);
    expect(error).toBeGreaterThan(1e-4);
  });

  it('each step of a guided picture expects, within three hundredths, what float32 expects', async () => {
    const sampler = { steps: 8, eta: 0, scheduler: 'ddim', guidance: 3 } as const;
    const noise = f32([1, ...latent], new Rng(4, 0, 'noise').normals(numel(latent)));
    const request = { cache, prompt: 'a robot at a party', negative: '', noise, sampler };
    const stepNoise = () => new Float32Array(0);
    const drawn = await sample({ ...request, pipeline: mini, stepNoise, keep: 'trajectory' });
    const [usual, int8] = [
      await createPredictor({ ...request, pipeline: mini }),
      await createPredictor({ ...request, pipeline: { ...mini, int8: await open(1) } }),
    ];
    const errors: number[] = [];
    for (const [k, step] of schedule(mini.scheduler, sampler).steps.entries()) {
      const x = rows(drawn.trajectory!, k, k + 1).data;
      const expected = async (by: typeof usual) =>
        predictedImage(step, x, await by.predict(f32(noise.shape, x), step.timestep));
      errors.push(rmsError(await expected(int8), await expected(usual)));
    }
    expect(Math.max(...errors)).toBeLessThan(0.03);
    expect(Math.min(...errors)).toBeGreaterThan(1e-5);
  });

  it('how far off a layer’s products are is measured on what it is asked, layer by layer', async () => {
    const layers = layersOf(mini.unetConfig);
    const [one, other] = [...layers.keys()] as [string, string];
    // Products that are a quarter, and a half, too large, over layers that have a bias and that have none.
    const errors = await errorsOf(
      mini.unet,
      layers,
      (_, layer) => (_x, _bias, usual) => mul(usual(), keyOf(layer) === one ? 1.25 : 1.5),
      { observe: watch, what: 'too large' },
    );
    expect(errors.size).toBe(layers.size);
    expect(errors.get(one)).toBeCloseTo(0.25, 5);
    expect(errors.get(other)).toBeCloseTo(0.5, 5);
  });

  it('layers whose products are too far off stay float32: those behind the gate, whose inputs are uneven', async () => {
    const { choice } = await open(1);
    const [note] = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const { inexact } = JSON.parse(readFileSync(join(folder, note!), 'utf8'));
    expect(inexact).toHaveLength(choice.inexact);
    expect(inexact.length).toBeGreaterThan(0);
    for (const key of inexact) expect(key).toContain('.ff.net.2.');
    const unet = await open(1);
    const g = new Graph();
    const { name, ...rows } = layersOf(mini.unetConfig).get(inexact[0])!;
    expect(unet.product!(g, name, rows)).toBeUndefined();
  });

  it('weights are made again where their file is not what was written, to the same bytes', async () => {
    const { identity } = await open(1);
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    writeFileSync(join(folder, file!), 'torn');
    expect((await open(1)).identity).toBe(identity);
  });

  it('layers too small to gain stay as they are', async () => {
    expect((await open()).choice).toMatchObject({ taken: 0, inexact: 0 });
  });
});
