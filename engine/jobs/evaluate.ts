/**
 * Job `evaluate`: how safe what one model draws of one prompt is. Each picture starts from a noise that the
 * seed and its place alone decide, so that the base model and the tuned one draw from the same; the safety
 * checker says which are safe, or the miniature's judge. What is drawn is put down part by part, each part
 * whole: a job that is killed goes on where it was. Of a picture that nobody may see only what was said of it
 * stays.
 */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import { AcclaimError } from '../../src/errors.js';
import { isThere } from '../../src/files/reading.js';
import { encodePng } from '../../src/images/png.js';
import type { Raster } from '../../src/images/raster.js';
import { modelHash } from '../../src/models/model-hash.js';
import { lookedSchema } from '../../src/queue/evaluate-fields.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { applied, multiplied } from '../adapters/applied.js';
import { sample } from '../diffusion/sampler.js';
import type { Checkpoint } from '../io/checkpoint.js';
import { readFolder, sha256, writeFolder } from '../io/folder.js';
import { batchOf, image } from '../io/latents.js';
import { imageName, portable } from '../io/round.js';
import { readSafetensors, writeSafetensors } from '../io/safetensors.js';
import { loadJudge } from '../judge.js';
import { parseParams } from '../learn/hyperparameters.js';
import { stateFor } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { diversity } from '../measures/diversity.js';
import { checkPictures, hasSafetyChecker, isBarred, type SafetyVerdict } from '../models/safety-checker.js';
import { type FloatTensor, rows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { type Drawing, develop, foretell, mostAtATime, requestOf, stepNoiseOf } from './draw.js';
import { judgePictures } from './judge-pictures.js';
import { openCheckpoint } from './open-checkpoint.js';
import { paced } from './pace.js';
import { peakMemoryMb } from './peak-memory.js';

type Payload = JobPayload<'evaluate'>;
type Looked = z.infer<typeof lookedSchema>;
interface Eyes {
  by: JobResult<'evaluate'>['by'];
  look(pictures: readonly Raster[]): Promise<Looked[]>;
}

const partSchema = z.object({
  format: z.literal('acclaim-evaluation-part'),
  /** Hash of all that decides what is drawn and said. */
  key: z.string(),
  images: z.array(lookedSchema),
});

/** Pictures that were put down together. */
interface Part {
  dir: string;
  /** Place of its first picture. */
  from: number;
  images: Looked[];
  latents: Float32Array[];
}

/**
 * Draws pictures by the base model and the tuned one, and tells how many of each are safe. Errors: usage, and
 * those of drawing.
 */
export async function evaluate(
  engine: EngineContext,
  payload: Payload,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'evaluate'>> {
  const started = performance.now();
  const report = paced(progress);
  mustSpareMinors(payload, isStrict(payload));
  report('load', 0, 1);
  const pipeline = await engine.pipeline(payload.model);
  const model = await modelHash(payload.model);
  const checkpoint = openCheckpoint(payload.checkpoint, model);
  const eyes = eyesOf(engine, payload, signal);
  const latent = pipeline.latentShape(payload.width, payload.height);
  const drawing: Drawing = {
    ...{ engine, pipeline, latent, report, signal, microBatch: checkpoint?.manifest.part },
    ...tuned(payload, checkpoint),
    payload: { ...payload, trajectory: false },
  };
  report('load', 1, 1);

  const { count, seed } = payload;
  const noises = payload.strength === undefined ? 'evaluate' : 'pair';
  const key = keyOf(payload, model, checkpoint);
  const size = Math.min(count, mostAtATime(latent));
  const shelf = `${payload.out.replace(/\.try-\d+$/, '')}.parts`;
  const parts: Part[] = [];
  for (let from = 0; from < count; from += size) {
    signal.throwIfAborted();
    const dir = join(shelf, String(from));
    const kept = readPart(dir, from, key);
    const plan = { dir, from, size, key, count, seed, noises } as const;
    parts.push(kept ?? (await drawPart(drawing, eyes, plan)));
  }

  report('write', 0, 1);
  const images = parts.flatMap((part) => part.images);
  writeEvaluation(payload, key, parts);
  rmSync(shelf, { recursive: true, force: true });
  const safe = parts.flatMap((part) => part.latents.filter((_, i) => part.images[i]!.safe));
  report('write', 1, 1);
  return {
    images: images.map((looked, i) => ({ ...looked, file: looked.barred ? null : imageName(i) })),
    by: eyes.by,
    variety: safe.length < 2 ? null : diversity(safe),
    seconds: (performance.now() - started) / 1000,
    memoryMb: peakMemoryMb(),
    device: engine.device,
  };
}

/** What the checkpoint puts on the model; nothing of the base model, or where nothing was trained. */
function tuned(
  payload: Payload,
  checkpoint: Checkpoint | null,
): Pick<Drawing, 'adapter' | 'until' | 'merged'> {
  if (!checkpoint || checkpoint.state.optimiser.step === 0) return { adapter: undefined };
  const learner = learners[payload.learner.name];
  const state = stateFor(learner, checkpoint.state);
  const { until } = learner.drawing?.(parseParams(learner, payload.learner), state) ?? { until: 1 };
  const adapter = applied(checkpoint.manifest.adapter, state);
  const { strength } = payload;
  if (strength === undefined) return { adapter, until };
  // All strengths are drawn by one executor.
  return { adapter: multiplied(adapter, strength), until, merged: false };
}

/**
 * Sessions that reduce unsafe pictures are those whose safety is measured; others are drawn as their rounds
 * are.
 */
const isStrict = ({ strength, safety }: Payload): boolean =>
  strength === undefined || (safety?.nsfw ?? false);

/** The checker that is named, else the model's own, else the judge. Errors: usage. */
function eyesOf(engine: EngineContext, payload: Payload, signal: AbortSignal): Eyes {
  const { safety, model, goal, strength } = payload;
  const strict = isStrict(payload);
  const dir = safety && (safety.checker ?? (hasSafetyChecker(model) ? model : null));
  if (dir) {
    const checker = engine.safetyChecker(dir);
    const said = (verdict: SafetyVerdict): Looked => {
      const barred = isBarred(verdict, strict);
      const safe = verdict.score <= safety.bound && !barred;
      return { safe, score: verdict.score, ...(barred && { barred }) };
    };
    const look: Eyes['look'] = async (some) => (await checkPictures(checker, engine.cache, some)).map(said);
    return { by: 'checker', look };
  }
  if (goal === null && strength !== undefined)
    return { by: 'nobody', look: async (some) => some.map(() => ({ safe: true, score: 0 })) };
  if (goal === null)
    throw new AcclaimError(
      'usage',
      'nobody says which pictures are safe: there is no safety checker',
      'Name one: safety.checker.',
    );
  const opened = loadJudge(join(model, 'judge'));
  const look: Eyes['look'] = async (some) => {
    const verdicts = await judgePictures(engine, opened, goal, some, { signal, tell: () => {} });
    return verdicts.map(({ good, score }) => ({ safe: good, score }));
  };
  return { by: 'judge', look };
}

function keyOf(payload: Payload, model: string, checkpoint: Checkpoint | null): string {
  const { prompt, negative, sampler, width, height, seed, count, safety = null, goal, strength } = payload;
  const drawn = [model, checkpoint?.hash ?? null, prompt, negative, portable(sampler), width, height, seed];
  // Where the checker lies is no part of what it says.
  const said = safety ? [safety.bound, safety.checker !== null] : goal;
  return sha256(JSON.stringify([...drawn, count, said, ...(strength === undefined ? [] : [strength])]));
}

interface PartPlan {
  seed: number;
  dir: string;
  from: number;
  size: number;
  key: string;
  count: number;
  /** By what the streams are called. */
  noises: 'evaluate' | 'pair';
}

/** Null where it is not there, was cut off, or is of another evaluation. */
function readPart(dir: string, from: number, key: string): Part | null {
  if (!isThere(join(dir, 'manifest.json'))) return null;
  try {
    const { manifest } = readFolder(dir, partSchema, 'round-corrupt');
    if (manifest.key !== key) return null;
    const { latents } = readSafetensors(join(dir, 'latents.safetensors'), 'round-corrupt');
    return { dir, from, images: manifest.images, latents: split(latents as FloatTensor) };
  } catch (error) {
    if (error instanceof AcclaimError && error.code === 'round-corrupt') return null;
    throw error;
  }
}

async function drawPart(
  drawing: Drawing,
  { look }: Eyes,
  { dir, from, size, key, count, seed, noises }: PartPlan,
): Promise<Part> {
  const { latent, payload, report } = drawing;
  const { steps } = payload.sampler;
  const batches = Math.ceil(count / size);
  const before = (from / size) * steps;
  // The last part is filled up, so that one graph serves all; what fills it is dropped.
  const streams = (purpose: string) =>
    Array.from({ length: size }, (_, i) => new Rng(seed, 0, `${noises}.${purpose}.${from + i}`));
  const elements = latent[0] * latent[1] * latent[2];
  const { latents } = await sample({
    ...requestOf(drawing, 'tuned'),
    noise: batchOf(
      streams('noise').map((rng) => rng.normals(elements)),
      latent,
    ),
    stepNoise: stepNoiseOf(streams('steps'), latent),
    ...(from === 0 && { onBegin: (flops: number) => foretell(drawing, flops, count, batches * steps) }),
    onStep: (done) => report('sample', before + done, batches * steps),
  });
  const some = rows(latents, 0, Math.min(size, count - from));
  const pictures = await develop(drawing, some);
  report('check', 0, 1);
  const images = await look(pictures);
  report('check', 1, 1);
  const pngs = await Promise.all(pictures.map((picture) => encodePng(picture)));
  writeFolder(dir, { format: 'acclaim-evaluation-part', key, images }, (folder) => {
    mkdirSync(join(folder, 'images'));
    for (const [i, png] of pngs.entries())
      if (!images[i]!.barred) writeFileSync(join(folder, imageName(from + i)), png);
    writeSafetensors(join(folder, 'latents.safetensors'), { latents: some });
  });
  return { dir, from, images, latents: split(some) };
}

const split = (latents: FloatTensor): Float32Array[] =>
  Array.from({ length: latents.shape[0]! }, (_, i) => image(latents, i));

function writeEvaluation({ out, prompt }: Payload, key: string, parts: readonly Part[]): void {
  const images = parts.flatMap((part) => part.images);
  writeFolder(out, { format: 'acclaim-evaluation', version: 1, key, prompt, images }, (folder) => {
    mkdirSync(join(folder, 'images'));
    for (const { dir, from, images: own } of parts)
      for (const [i, { barred }] of own.entries())
        if (!barred) copyFileSync(join(dir, imageName(from + i)), join(folder, imageName(from + i)));
  });
}
