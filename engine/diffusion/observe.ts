/** A few steps of the base model, looked into: what is asked of a network while it draws. */

import { Rng } from '../../src/rng.js';
import { Graph } from '../graph/graph.js';
import { branchesOf } from '../models/guidance.js';
import type { Pipeline } from '../models/pipeline.js';
import { encodePair, promptOnly, shapesOf } from '../models/prompt.js';
import type { WeightSource } from '../nn/scope.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { f32 } from '../runtime/tensor.js';
import { guidanceFeed, prediction } from './predictor.js';
import { scaled, stepMean } from './schedule.js';
import { schedule } from './schedulers.js';

const SAMPLER = { steps: 6, eta: 0, scheduler: 'ddim' } as const;
const GUIDANCE = 3;
const TEXTS = { prompt: 'a photograph', negative: '' };
/** Rows and columns of the latent, at most. */
const SIDE = 32;

/** Values that products name as outputs of their graph, once a step. */
export type Seen = Readonly<Record<string, Float32Array>>;

/** Draws one small picture by a UNet with these weights; `seen` is told after each step. */
export async function observe(
  pipeline: Pipeline,
  cache: ExecutorCache,
  unet: WeightSource & { readonly what: string },
  seen: (values: Seen) => void,
): Promise<void> {
  const [channels, ...sides] = pipeline.latentShape();
  const half = Math.ceil(Math.log2(Math.max(1, Math.max(...sides) / SIDE)));
  const [h, w] = sides.map((side) => side / 2 ** half) as [number, number];
  const both = await encodePair(pipeline, cache, TEXTS, [channels, h, w]);
  const text = branchesOf(pipeline.unetConfig, GUIDANCE) === 1 ? promptOnly(both) : both;
  const spec = {
    graph: 'observed',
    models: [pipeline.identity],
    shapes: { ...shapesOf(text), sample: [1, channels, h, w] },
    options: { what: unet.what },
  };
  const executor = await cache.get(spec, ({ shapes }) => {
    const g = new Graph();
    g.output('output', prediction(g, { ...pipeline, unet }, shapes));
    return g;
  });
  const plan = schedule(pipeline.scheduler, SAMPLER);
  let x: Float32Array = scaled(new Rng(1, 0, 'observed').normals(channels * h * w), plan.initialScale);
  try {
    for (const step of plan.steps) {
      const { output, ...values } = await executor.run({
        ...text,
        sample: f32(spec.shapes.sample, scaled(x, step.scale)),
        timestep: f32([1], [step.timestep]),
        guidance: guidanceFeed(pipeline.unetConfig, GUIDANCE),
      });
      seen(
        Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, data as Float32Array])),
      );
      x = stepMean(step, x, output!.data as Float32Array);
    }
  } finally {
    await cache.release(spec);
  }
}
