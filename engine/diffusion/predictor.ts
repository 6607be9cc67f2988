/**
 * The guided prediction of a run: one executor call a step (several for many or large images) predicts the images with
 * and without the prompt and combines the two. How an adapter is applied depends on the size of the model.
 */
import { createHash } from 'node:crypto';
import { SMALL_WEIGHTS } from '../graph/compiled.js';
import { flops } from '../graph/flops.js';
import { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import type { Shape } from '../graph/value.js';
import { branchesOf, guidanceEmbedding, guidanceOf, guidanceWidth } from '../models/guidance.js';
import type { Pipeline } from '../models/pipeline.js';
import { type ConditioningShapes, encodePair, promptOnly, shapesOf, textInputs } from '../models/prompt.js';
import { guided, unet } from '../models/unet.js';
import {
  type Adapter,
  type AdapterValues,
  adapterConstants,
  adapterInputs,
  checkAdapter,
} from '../nn/lora.js';
import { inParts, partSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { Feeds } from '../runtime/executor.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';

export interface PredictorRequest {
  readonly pipeline: Pipeline;
  readonly cache: ExecutorCache;
  readonly prompt: string;
  readonly negative: string;
  /** x_T [N,C,h,w]. */
  readonly noise: FloatTensor;
  readonly sampler: { readonly guidance: number };
  readonly adapter?: AdapterValues | undefined;
  /** Images of one executor call, at most; default: as many as fit, up to what runs quickest. */
  readonly part?: number | undefined;
}

export interface Predictor {
  /** x_t [N,C,h,w], t -> the guided output of the network. */
  predict(x: FloatTensor, t: number): Promise<Float32Array>;
  release(): Promise<void>;
  /** Images of one executor call, at most. */
  readonly part: number;
  /** Floating-point operations of one step of one image. */
  flops(): number;
}

/** Latent elements that run at a time, at most: sixteen images of the miniature, one of Stable Diffusion at 512x512. */
const PART_ELEMENTS = 16_384;

/** Errors: shape-mismatch where the adapter does not fit the model. */
export async function createPredictor(
  request: PredictorRequest,
  /** UNet weights up to this size are merged with the adapter and compiled for the run, which then costs nothing more. */
  mergedBytes = SMALL_WEIGHTS,
): Promise<Predictor> {
  const { pipeline, cache, noise, adapter } = request;
  const { guidance } = request.sampler;
  const width = guidanceWidth(pipeline.unetConfig);
  const tuned = adapter && checkAdapter(pipeline, adapter.spec, adapter.tensors);
  const [count, ...latent] = noise.shape as [number, number, number, number];
  const both = await encodePair(pipeline, cache, request, latent, adapter);
  const text = branchesOf(pipeline.unetConfig, guidance) === 1 ? promptOnly(both) : both;
  const buildOf = (size: number) => (apply?: (graph: Graph) => Adapter) =>
    predictionGraph(pipeline, [size, ...latent], shapesOf(text), apply);
  const quick = Math.max(1, Math.floor(PART_ELEMENTS / (noise.data.length / count)));
  const purpose = `${pipeline.key}|${latent}|${text.states.shape}`;
  const part = request.part ?? fittingPart(cache, purpose, quick, (size) => buildOf(size)());
  const size = partSize(count, part);
  const build = buildOf(size);
  const key = `${pipeline.key}|predict|${[size, ...latent]}|${text.states.shape}`;

  /** What the three ways differ in: whose executor it is, and which feeds the adapter adds. */
  const plain = { executor: () => cache.get(key, () => build()), feeds: {}, release: async () => {} };
  const side = ({ spec }: AdapterValues) => ({
    ...plain,
    executor: () =>
      cache.get(`${key}|${JSON.stringify(spec)}`, () => build((g) => adapterInputs(g, pipeline, spec))),
    feeds: Object.fromEntries(tuned ?? []),
  });
  // An adapter that is merged changes with every round: its executor goes when the run ends.
  const merged = ({ spec, tensors }: AdapterValues) => {
    const own = `${key}|merged ${fingerprint(spec, tensors)}`;
    const graph = () => build((g) => adapterConstants(g, pipeline, spec, tensors));
    return { executor: () => cache.get(own, graph), feeds: {}, release: () => cache.release(own) };
  };
  const small = pipeline.unet.bytes <= mergedBytes;
  const way = !adapter ? plain : small ? merged(adapter) : side(adapter);

  return {
    part,
    flops: () => flops(build()) / size,
    release: way.release,
    async predict(x, t) {
      const executor = await way.executor();
      const constant: Feeds = {
        ...way.feeds,
        ...text,
        guidance: width === null ? f32([], [guidanceOf(guidance)]) : guidanceEmbedding(guidance, width),
        timestep: f32([1], [t]),
      };
      const output = await inParts(x, size, async (part) => {
        const fetched = await executor.run({ ...constant, sample: part });
        return fetched.output as FloatTensor;
      });
      return output.data;
    },
  };
}

/** `most` images, or half as many ... one, until their run fits. What one image takes is refused where it is compiled. */
function fittingPart(
  cache: ExecutorCache,
  purpose: string,
  most: number,
  build: (size: number) => Graph,
): number {
  const before = parts.get(cache) ?? new Map<string, number>();
  parts.set(cache, before);
  let size = before.get(purpose) ?? most;
  if (!before.has(purpose))
    while (size > 1 && predictedBytes(build(size)) > cache.runBytes) size = Math.floor(size / 2);
  before.set(purpose, size);
  return size;
}

/** What was found to fit before in this process. */
const parts = new WeakMap<ExecutorCache, Map<string, number>>();

function fingerprint(spec: AdapterValues['spec'], tensors: AdapterValues['tensors']): string {
  const hash = createHash('sha256').update(JSON.stringify(spec));
  for (const [name, { data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

/** Of one text the output is as it is, of two (without, with the prompt) guided. */
function predictionGraph(
  pipeline: Pipeline,
  shape: Shape,
  text: ConditioningShapes,
  apply?: (graph: Graph) => Adapter,
): Graph {
  const g = new Graph();
  const inputs = {
    sample: g.input('sample', shape),
    timestep: g.input('timestep', [1]),
    ...textInputs(g, text),
  };
  const adapter = apply?.(g);
  const width = guidanceWidth(pipeline.unetConfig);
  const output =
    text.states[0] === 1
      ? unet(
          g,
          pipeline,
          { ...inputs, guidance: width === null ? undefined : g.input('guidance', [1, width]) },
          adapter,
        )
      : guided(g, pipeline, inputs, g.input('guidance', []), adapter);
  g.output('output', output);
  return g;
}
