/**
 * The guided prediction of a run: one executor call a step (several for many or large images) predicts the
 * images with and without the prompt and combines the two. How an adapter is applied depends on the size of
 * the model.
 */
import { createHash } from 'node:crypto';
import { SMALL_WEIGHTS } from '../graph/compiled-bytes.js';
import { flops } from '../graph/flops.js';
import { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import type { Shape, Value } from '../graph/value.js';
import type { UnetConfig } from '../models/config.js';
import { branchesOf, guidanceEmbedding, guidanceOf, guidanceWidth } from '../models/guidance.js';
import type { Pipeline } from '../models/pipeline.js';
import { type ConditioningShapes, encodePair, promptOnly, shapesOf, textInputs } from '../models/prompt.js';
import { guided, type UnetSource, unet } from '../models/unet.js';
import type { LowRankSource } from '../nn/lora.js';
import {
  type Adapter,
  type AdapterLayout,
  type AdapterValues,
  adapterConstants,
  adapterInputs,
  checkAdapter,
} from '../nn/lora.js';
import { inMicroBatches, microBatchSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { Feeds } from '../runtime/executor.js';
import type { GraphSpec } from '../runtime/graph-spec.js';
import { Results } from '../runtime/results.js';
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
  readonly microBatch?: number | undefined;
  /**
   * False: an adapter goes in as inputs whatever the model's size, so that one executor serves every adapter:
   * where a run is too short to be worth compiling for. Default: by the size.
   */
  readonly merged?: boolean | undefined;
}

export interface Predictor {
  /** x_t [N,C,h,w], t -> the guided output of the network. */
  predict(x: FloatTensor, t: number): Promise<Float32Array>;
  release(): Promise<void>;
  /** Images of one executor call, at most. */
  readonly microBatch: number;
  /** Floating-point operations of one step of one image. */
  flops(): number;
}

/**
 * Latent elements that run at a time, at most: sixteen images of the miniature, one of Stable Diffusion at
 * 512x512.
 */
const MICRO_BATCH_ELEMENTS = 16_384;

/** Errors: shape-mismatch where the adapter does not fit the model. */
export async function createPredictor(
  request: PredictorRequest,
  /**
   * UNet weights up to this size are merged with the adapter and compiled for the run, which then costs
   * nothing more.
   */
  mergedBytes = SMALL_WEIGHTS,
): Promise<Predictor> {
  const { pipeline, cache, noise, adapter } = request;
  const { guidance } = request.sampler;
  const tuned = adapter && checkAdapter(pipeline, adapter.spec, adapter.tensors);
  const [count, ...latent] = noise.shape as [number, number, number, number];
  const both = await encodePair(pipeline, cache, request, latent, adapter);
  const text = branchesOf(pipeline.unetConfig, guidance) === 1 ? promptOnly(both) : both;
  const specOf = (size: number, form: AdapterForm | null) => ({
    graph: 'prediction',
    models: [pipeline.identity],
    shapes: { ...shapesOf(text), sample: [size, ...latent] },
    options: { adapter: form, int8: pipeline.int8?.identity },
  });
  const build = (spec: ReturnType<typeof specOf>) => predictionGraph(pipeline, spec, adapter?.tensors ?? {});
  const quick = Math.max(1, Math.floor(MICRO_BATCH_ELEMENTS / (noise.data.length / count)));
  const microBatch =
    request.microBatch ?? fittingMicroBatch(cache, quick, (size) => specOf(size, null), build);
  const size = microBatchSize(count, microBatch);
  const merged = (request.merged ?? true) && pipeline.unet.bytes <= mergedBytes;
  const spec = specOf(size, adapter ? formOf(adapter, merged) : null);

  return {
    microBatch,
    flops: () => flops(build(specOf(size, null))) / size,
    // An adapter that is merged changes with every round: its executor goes when the run ends.
    release: async () => {
      if (adapter && merged) await cache.release(spec);
    },
    async predict(x, t) {
      const executor = await cache.get(spec, build);
      const constant: Feeds = {
        ...(merged ? {} : Object.fromEntries(tuned ?? [])),
        ...text,
        guidance: guidanceFeed(pipeline.unetConfig, guidance),
        timestep: f32([1], [t]),
      };
      const output = await inMicroBatches(x, size, async (microBatch) => {
        const fetched = await executor.run({ ...constant, sample: microBatch });
        return fetched.output as FloatTensor;
      });
      return output.data;
    },
  };
}

/** Images of one executor call that were found to fit. */
class FittingMicroBatches extends Results<number> {
  constructor() {
    super(256);
  }
}

/**
 * `most` images, or half as many ... one, until their run fits. What one image takes is refused where it is
 * compiled.
 */
function fittingMicroBatch<S extends GraphSpec>(
  cache: ExecutorCache,
  most: number,
  specOf: (size: number) => S,
  build: (spec: S) => Graph,
): number {
  return cache.results(FittingMicroBatches).of(specOf(most), () => {
    let size = most;
    while (size > 1 && predictedBytes(build(specOf(size))) > cache.runBytes) size = Math.floor(size / 2);
    return size;
  });
}

/** How an adapter is in a graph: as inputs, or as these very values (`merged`: their digest). */
type AdapterForm = { readonly layout: AdapterLayout; readonly merged: string | null };

const formOf = ({ spec, tensors }: AdapterValues, merged: boolean): AdapterForm => ({
  layout: spec,
  merged: merged ? digest(tensors) : null,
});

function digest(tensors: AdapterValues['tensors']): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

type PredictionSpec = GraphSpec & {
  readonly shapes: ConditioningShapes & { readonly sample: Shape };
  readonly options: { readonly adapter: AdapterForm | null; readonly int8: string | undefined };
};

/** `values`: of an adapter that is merged. */
function predictionGraph(
  pipeline: Pipeline,
  { shapes, options }: PredictionSpec,
  values: AdapterValues['tensors'],
): Graph {
  const g = new Graph();
  const adapter = options.adapter && adapterIn(g, pipeline, options.adapter, values);
  const source = { ...pipeline, unet: pipeline.int8 ?? pipeline.unet };
  g.output('output', prediction(g, source, shapes, adapter ?? undefined));
  return g;
}

/**
 * The output [N,C,h,w] of a UNet whose inputs are declared here: of one text as it is, of two (without, with
 * the prompt) guided.
 */
export function prediction(
  g: Graph,
  source: UnetSource,
  shapes: PredictionSpec['shapes'],
  adapter?: LowRankSource,
): Value {
  const inputs = {
    sample: g.input('sample', shapes.sample),
    timestep: g.input('timestep', [1]),
    ...textInputs(g, shapes),
  };
  if (shapes.states[0] !== 1) return guided(g, source, inputs, g.input('guidance', []), adapter);
  const width = guidanceWidth(source.unetConfig);
  const guidance = width === null ? undefined : g.input('guidance', [1, width]);
  return unet(g, source, { ...inputs, guidance }, adapter);
}

/** What a network is told of its guidance, or what its two outputs are guided by. */
export function guidanceFeed(config: UnetConfig, guidance: number): FloatTensor {
  const width = guidanceWidth(config);
  return width === null ? f32([], [guidanceOf(guidance)]) : guidanceEmbedding(guidance, width);
}

const adapterIn = (
  g: Graph,
  pipeline: Pipeline,
  { layout, merged }: AdapterForm,
  values: AdapterValues['tensors'],
): Adapter =>
  merged === null ? adapterInputs(g, pipeline, layout) : adapterConstants(g, pipeline, layout, values);
