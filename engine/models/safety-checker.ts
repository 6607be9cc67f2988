/**
 * Stable Diffusion's safety checker: CLIP's vision embedding of a picture against embeddings of unwanted
 * concepts, each with a bound on the cosine. A hit among the special concepts lowers every later bound by
 * .01. Scores are cosine less bound, to three decimals, and a picture is unsafe when a concept's is above 0:
 * as in diffusers' safety_checker.py.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import type { Raster } from '../../src/images/raster.js';
import { Graph } from '../graph/graph.js';
import { div, matmul, reduceSum, sqrt, square, transpose } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { allFinite, firstNotFinite } from '../io/finite.js';
import { openSafetensors, readTensor, type SafetensorsFile } from '../io/safetensors.js';
import { directWeights, storeOf } from '../io/weights.js';
import { Scope } from '../nn/scope.js';
import { roundHalfEven } from '../rounding.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, f32, rows } from '../runtime/tensor.js';
import { clipImage, type PreprocessorConfig, preprocessorSchema } from './clip-image.js';
import { type VisionConfig, visionModel, visionSchema, visualProjection } from './clip-vision.js';
import { readConfig } from './config.js';
import { layerNotFinite } from './finite.js';

const checkerSchema = z.looseObject({
  architectures: z.tuple([z.literal('StableDiffusionSafetyChecker')]).optional(),
  projection_dim: z.number().int().positive().default(512),
  vision_config: visionSchema,
});

export interface SafetyChecker {
  /** Absolute path of the folder that holds `safety_checker/`. */
  readonly dir: string;
  readonly config: { readonly projection_dim: number; readonly vision_config: VisionConfig };
  readonly preprocessor: PreprocessorConfig;
  readonly weights: SafetensorsFile;
}

export interface SafetyVerdict {
  /** Cosine less bound of each concept; unsafe when one is above 0. */
  readonly concepts: readonly number[];
  /** The same of the special concepts, which lower the other bounds. */
  readonly special: readonly number[];
  /** The largest of `concepts`. */
  readonly score: number;
  readonly unsafe: boolean;
}

export interface Checked extends SafetyVerdict {
  /** CLIP's embedding of the picture, of length 1. */
  readonly embedding: Float32Array;
}

const PART = 'safety_checker';

/** Whether `dir` holds `safety_checker/`. */
export const hasSafetyChecker = (dir: string): boolean => existsSync(join(dir, PART, 'config.json'));

/**
 * `dir`: a model's folder, or any that holds `safety_checker/` and, beside it, `feature_extractor/` (else
 * CLIP's own preprocessing). Errors: file-not-found, model-unsupported, model-corrupt, shape-mismatch.
 */
export function openSafetyChecker(dir: string): SafetyChecker {
  const root = resolve(dir);
  if (!hasSafetyChecker(root))
    throw new AcclaimError(
      'file-not-found',
      `${root} has no safety checker: there is no ${PART}/config.json in it`,
      'Name a model that comes with one, such as Stable Diffusion 1.5, or a folder that holds safety_checker/.',
    );
  const config = readConfig(root, `${PART}/config.json`, checkerSchema);
  const file = 'feature_extractor/preprocessor_config.json';
  const preprocessor = existsSync(join(root, file))
    ? readConfig(root, file, preprocessorSchema)
    : preprocessorSchema.parse({});
  const weights = openSafetensors(join(root, PART, 'model.safetensors'), 'model-corrupt');
  const checker = { dir: root, config, preprocessor, weights };
  // Built once and thrown away: a tensor that is missing is named now.
  checkerGraph(checker, 1);
  return checker;
}

/** [N,3,S,S] -> `embeds` [N,D] and the cosines with both lists of concepts. */
export function checkerGraph({ config, weights }: SafetyChecker, count: number): Graph {
  const g = new Graph();
  const { image_size: size } = config.vision_config;
  const root = new Scope(g, directWeights(weights));
  // Files from before transformers 5 say it twice.
  const twice = weights.tensors.has('vision_model.vision_model.embeddings.class_embedding');
  const vision = root.at('vision_model', twice ? 'vision_model' : '');
  const pixels = g.input('pixels', [count, 3, size, size]);
  const embeds = visualProjection(
    root,
    visionModel(vision, config.vision_config, pixels),
    config.projection_dim,
  );
  g.output('embeds', embeds);
  for (const { list, name } of lists(weights))
    g.output(name, cosines(embeds, root.weight(name, [list, config.projection_dim])));
  return g;
}

const LISTS = ['concept_embeds', 'special_care_embeds'] as const;

const lists = (weights: SafetensorsFile) =>
  LISTS.map((name) => ({ name, list: weights.tensors.get(name)?.shape[0] ?? 1 }));

/** [N,D], [K,D] -> [N,K]. */
function cosines(a: Value, b: Value): Value {
  const unit = (x: Value) => div(x, sqrt(reduceSum(square(x), [1])));
  return matmul(unit(a), transpose(unit(b), [1, 0]));
}

/** Pictures looked at in one run. */
const AT_ONCE = 4;

/**
 * One verdict a picture, in order. @throws AcclaimError `not-finite`, where weights or scores are no numbers.
 */
export async function checkPictures(
  checker: SafetyChecker,
  cache: ExecutorCache,
  pictures: readonly Raster[],
): Promise<Checked[]> {
  const { image_size: size } = checker.config.vision_config;
  const bounds = (name: string) => (readTensor(checker.weights, `${name}_weights`) as FloatTensor).data;
  const [concept, special] = LISTS.map(bounds) as [Float32Array, Float32Array];
  if (![concept, special].every(allFinite)) throw notFinite(checker);
  const each = 3 * size * size;
  const verdicts: Checked[] = [];
  const spec = {
    graph: 'safety-checker',
    models: [{ path: checker.dir, precision: 'fp32' }],
    shapes: { pixels: [AT_ONCE, 3, size, size] as const },
    options: {},
  };
  for (let at = 0; at < pictures.length; at += AT_ONCE) {
    const pixels = f32(spec.shapes.pixels);
    const some = pictures.slice(at, at + AT_ONCE);
    for (const [i, picture] of some.entries())
      clipImage(picture, size, checker.preprocessor, pixels.data, i * each);
    const executor = await cache.get(spec, ({ shapes }) => checkerGraph(checker, shapes.pixels[0]));
    const out = await executor.run({ pixels });
    const [toConcepts, toSpecial] = LISTS.map((name) => out[name] as FloatTensor) as [
      FloatTensor,
      FloatTensor,
    ];
    // What is no number is above no bound: nothing would be held back.
    if (![toConcepts, toSpecial].every(({ data }) => allFinite(data))) throw notFinite(checker);
    for (let i = 0; i < some.length; i++)
      verdicts.push({
        ...verdict(
          { cosines: rows(toConcepts, i, i + 1).data, bounds: concept },
          { cosines: rows(toSpecial, i, i + 1).data, bounds: special },
        ),
        embedding: unit(rows(out.embeds as FloatTensor, i, i + 1).data),
      });
  }
  return verdicts;
}

function unit(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return row.map((x) => x / length);
}

function notFinite({ dir, weights }: SafetyChecker): AcclaimError {
  const { file } = weights;
  const found = firstNotFinite(storeOf(weights).tensors, 'fp32');
  return layerNotFinite(found ?? { file, name: `what the safety checker of ${dir} makes of a picture` });
}

/**
 * Whether nobody may be shown a picture: one of the special concepts (they are about minors) is within its
 * own bound, and the picture is unsafe by the checker's bounds, whatever the configuration's are; `nsfw`:
 * where none of them may be seen.
 */
export function isBarred({ special, unsafe }: SafetyVerdict, nsfw: boolean): boolean {
  return special.some((score) => score > 0) && (unsafe || nsfw);
}

interface Compared {
  readonly cosines: Float32Array;
  readonly bounds: Float32Array;
}

/** The rule. In float32, rounded to three decimals before it is compared with 0. */
export function verdict(concept: Compared, special: Compared): SafetyVerdict {
  let lowered = 0;
  const against = ({ cosines, bounds }: Compared, hit: () => void) =>
    Array.from(cosines, (cosine, i) => {
      const score = Math.fround(Math.fround(cosine - bounds[i]!) + lowered);
      const rounded = roundHalfEven(Math.fround(score * 1000)) / 1000;
      if (rounded > 0) hit();
      return rounded;
    });
  const care = against(special, () => {
    lowered = 0.01;
  });
  const concepts = against(concept, () => {});
  const score = Math.max(...concepts);
  return { concepts, special: care, score, unsafe: score > 0 };
}
