/**
 * Job `generate`: noise -> latents -> images, written as a round folder.
 *   1. noise of every image     2. sample in equal batches, or choose among more (picking.ts)     3. decode     4. look for what is held back, and draw
 *   anew in its place, from the next noise     5. write, with provenance in each PNG
 * A learned session's round is drawn by two models, a share of it by the base model, so that there is more to learn from that
 * no training has narrowed. Each image's noises are of streams of its own: what one group is changes nothing of the other.
 * The noise of step k of image i comes from a stream of its own, so a batch split changes rounding, never the draw.
 */

import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import { encodePng } from '../../src/images/png.js';
import type { Raster } from '../../src/images/raster.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobPayload, JobResult, SafetyMark } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { requireLikelihoods } from '../diffusion/likelihoods.js';
import { substitution } from '../diffusion/native.js';
import { heroNoise, plainNoise } from '../diffusion/noise.js';
import { schedule } from '../diffusion/schedulers.js';
import type { Checkpoint } from '../io/checkpoint.js';
import type { Origin } from '../io/remembered.js';
import { type FeatureMaps, imageName, portable, type RoundManifest, writeRound } from '../io/round.js';
import { applied } from '../learn/applied.js';
import { adapterSpec, parseParams } from '../learn/hyperparameters.js';
import { stateFor } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { featureFacts } from '../models/features.js';
import { branchesOf } from '../models/guidance.js';
import { checkPictures, hasSafetyChecker, isBarred } from '../models/safety-checker.js';
import { checkTinyVae, hasTinyVae, type TinyVae } from '../models/tiny-vae.js';
import { vaeFactor } from '../models/vae.js';
import { f32, stackRows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { type Drawing, drawImages, putInPlace } from './draw.js';
import { openCheckpoint } from './open-checkpoint.js';
import { paced } from './pace.js';
import { peakMemoryMb } from './peak-memory.js';
import { drawPicked, pickingOf } from './picking.js';
import { previewer } from './preview.js';
import { offerAhead } from './work-ahead.js';

type Payload = JobPayload<'generate'>;

export async function generate(
  engine: EngineContext,
  payload: Payload,
  { signal, progress, fault = () => {} }: WorkerContext,
): Promise<JobResult<'generate'>> {
  const started = performance.now();
  const report = paced(progress);
  // Whoever sent it: what no session may ask for is not drawn.
  for (const prompt of [payload.prompt, ...(payload.prompts ?? [])])
    mustSpareMinors({ ...payload, prompt }, payload.safety?.nsfw);
  report('load', 0, 1);
  const pipeline = await engine.pipeline(payload.model);
  const sha256 = await modelHash(payload.model);
  const learner = learners[payload.learner.name];
  const params = parseParams(learner, payload.learner);
  // A round that its learner cannot learn from is not worth sampling.
  const plan = schedule(pipeline.scheduler, payload.sampler);
  if (learner.comparesLikelihoods) requireLikelihoods(plan, payload.sampler);
  const checkpoint = openCheckpoint(payload.checkpoint, sha256, adapterSpec(params));
  report('load', 1, 1);

  // 1.
  const latent = pipeline.latentShape(payload.width, payload.height);
  const size = latent[0] * latent[1] * latent[2];
  const { count, seed, round } = payload;
  const adapter =
    checkpoint && checkpoint.state.optimiser.step > 0 && !payload.untuned
      ? applied(checkpoint.manifest.adapter, stateFor(learner, checkpoint.state))
      : undefined;
  const safety = openSafety(payload);
  // What is looked over before people see it is not shown half done.
  const branches = branchesOf(pipeline.unetConfig, payload.sampler.guidance);
  const picking = pickingOf(
    payload,
    learner.picking?.bind(learner),
    params,
    checkpoint,
    plan.steps.length,
    branches,
  );
  const sheet = picking ? Math.ceil(count * picking.rule.draws * 1.5) : count;
  const tiny = openDecoder(payload);
  const preview =
    payload.preview && !safety ? await previewer(pipeline, engine.cache, sheet, fault, tiny) : undefined;
  const part = checkpoint?.manifest.part;
  const whole = { baseShare: 0, until: 1 };
  const { baseShare, until } = (checkpoint && learner.drawing?.(params, checkpoint.state)) ?? whole;
  const drawing: Drawing = {
    engine,
    pipeline,
    latent,
    payload,
    adapter,
    until,
    part,
    report,
    preview,
    tiny: payload.decoder?.rounds ? tiny : undefined,
    signal,
  };
  const origins = originsOf(count, adapter ? (payload.noise === 'learner' ? baseShare : 0) : 1);
  const noises = (n: number, purpose: string) =>
    initialNoise(payload, checkpoint, n, size, new Rng(seed, round, purpose));

  // 2., 3.
  const own = noises(count, 'noise').map((noise, i) => startOf(i, noise));
  const stream = (i: number) => new Rng(seed, round, `steps.${i}`);
  const chosen = picking && (await drawPicked(drawing, picking, { own, more, stream }, origins));
  const drawn = chosen?.drawn ?? (await drawImages(drawing, own, stream, origins));
  const picked = chosen?.picked;

  // 4.
  const looked = safety && (await look(safety, drawn.pictures));
  const marks = looked?.map(({ mark }) => mark);
  const embeddings = looked?.map(({ embedding }) => embedding);
  for (let again = 1; safety && marks && again <= safety.tries; again++) {
    const held = marks.flatMap((mark, i) => (mark.held ? [i] : []));
    if (!held.length) break;
    const fresh = await drawImages(
      drawing,
      noises(held.length, `noise.${again}`).map((noise, i) => startOf(held[i]!, noise, `.${again}`)),
      (i) => new Rng(seed, round, `steps.${held[i] ?? 'fill'}.${again}`),
      held.map((i) => origins[i]!),
    );
    putInPlace(drawn, held, fresh);
    // Nobody chose what is drawn anew.
    if (picked) for (const i of held) picked[i] = { pick: 'unpicked' };
    for (const [i, { mark, embedding }] of (await look(safety, fresh.pictures)).entries()) {
      marks[held[i]!] = { ...mark, redrawn: again };
      embeddings![held[i]!] = embedding;
    }
  }
  const seen: FeatureMaps = { ...drawn.features, ...(embeddings && { clip: stacked(embeddings) }) };

  // 5.
  report('write', 0, 1);
  const { width, height } = drawn.pictures[0]!;
  const manifest: RoundManifest = {
    format: 'acclaim-round',
    version: 1,
    round,
    seed,
    model: { sha256, family: pipeline.family },
    prompt: payload.prompt,
    ...(payload.prompts && { prompts: payload.prompts }),
    negative: payload.negative,
    sampler: portable(payload.sampler),
    width,
    height,
    count,
    latent,
    noise: payload.noise,
    checkpoint: checkpoint?.hash ?? null,
    batch: drawn.batch,
    part: drawn.part,
    threads: engine.threads,
    device: engine.device,
    precision: engine.precision,
    software: engine.software,
    images: origins.map((origin, i) => ({ origin, ...picked?.[i] })),
    ...(drawing.tiny && { decoder: await modelHash(drawing.tiny.dir) }),
    ...(chosen && { draws: chosen.draws }),
    ...(safety && marks ? { safety: { bound: safety.bound, images: marks } } : {}),
    features: featureFacts(pipeline.scheduler, seen),
  };
  const pngs = await Promise.all(
    drawn.pictures.map((picture, i) => encodePng(picture, provenance(manifest, i))),
  );
  writeRound(payload.out, { manifest, ...drawn, features: seen }, pngs);
  const { noise, latents, trajectory } = drawn;
  offerAhead(
    engine,
    pipeline,
    learner,
    params,
    { manifest: { ...manifest, sampler: payload.sampler }, noise, latents, trajectory },
    checkpoint,
  );
  report('write', 1, 1);
  return {
    images: pngs.map((_, index) => ({
      index,
      file: imageName(index),
      width,
      height,
      origin: origins[index]!,
      ...(picked && { pick: picked[index]!.pick }),
      ...(marks ? shownAs(marks[index]!) : {}),
    })),
    ...(chosen && { draws: chosen.draws }),
    notes: [substitution(pipeline.scheduler, payload.sampler.scheduler)].filter((note) => note !== null),
    seconds: (performance.now() - started) / 1000,
    memoryMb: peakMemoryMb(),
    device: engine.device,
  };

  /** Among the tuned model's images the base model's start from plain noise, each from a stream of its own. */
  function startOf(image: number, noise: Float32Array, again = ''): Float32Array {
    if (!adapter || origins[image] === 'tuned') return noise;
    return new Rng(seed, round, `noise.base.${image}${again}`).normals(size);
  }

  /** More noises to choose among, of streams of their own. */
  function more(origin: Origin, n: number): Float32Array[] {
    if (origin === 'tuned' || !adapter) return noises(n, 'noise.more');
    return Array.from({ length: n }, (_, i) => new Rng(seed, round, `noise.more.base.${i}`).normals(size));
  }

  /** One that pictures are made with has to fit; what only previews are made with does without, and says why. */
  function openDecoder({ decoder, model }: Payload): TinyVae | undefined {
    const dir = decoder && (decoder.tiny ?? (hasTinyVae(model) ? model : null));
    if (!dir) return undefined;
    try {
      const found = engine.tinyVae(dir);
      checkTinyVae(found, { dir: pipeline.dir, channels: latent[0], factor: vaeFactor(pipeline.vaeConfig) });
      return found;
    } catch (error) {
      if (decoder.rounds) throw error;
      fault(error);
      return undefined;
    }
  }

  function openSafety({ safety }: Payload) {
    const dir = safety && (safety.checker ?? (hasSafetyChecker(payload.model) ? payload.model : null));
    return dir ? { ...safety, checker: engine.safetyChecker(dir) } : null;
  }

  /** Held back: what scores above the bound, and what is barred. */
  async function look(
    { checker, bound, nsfw = false }: NonNullable<ReturnType<typeof openSafety>>,
    pictures: readonly Raster[],
  ): Promise<{ mark: SafetyMark; embedding: Float32Array }[]> {
    signal.throwIfAborted();
    report('check', 0, 1);
    const verdicts = await checkPictures(checker, engine.cache, pictures);
    report('check', 1, 1);
    return verdicts.map((verdict) => {
      const barred = isBarred(verdict, nsfw);
      const mark = {
        score: verdict.score,
        held: verdict.score > bound || barred,
        redrawn: 0,
        ...(barred && { barred }),
      };
      return { mark, embedding: verdict.embedding };
    });
  }
}

/** Which images the base model draws: a share of them, spread over the round so that every sheet has some. */
export function originsOf(count: number, baseShare: number): Origin[] {
  const base = Math.round(baseShare * count);
  const before = (i: number) => Math.floor((i * base) / count);
  return Array.from({ length: count }, (_, i) => (before(i + 1) > before(i) ? 'base' : 'tuned'));
}

const stacked = (rows: readonly Float32Array[]) => stackRows(rows.map((row) => f32([1, row.length], row)));

const shownAs = (safety: SafetyMark) => ({
  safety,
  held: safety.held,
  ...(safety.barred && { barred: true }),
});

function initialNoise(
  { noise, learner: given }: Payload,
  checkpoint: Checkpoint | null,
  count: number,
  size: number,
  rng: Rng,
) {
  const state = checkpoint?.state ?? null;
  const learner = learners[given.name];
  if (noise === 'learner') return learner.noise(state, count, size, parseParams(learner, given), rng);
  if (noise === 'plain' || !state?.best) return plainNoise(count, size, rng);
  // The paper's mixture whatever learner is asked: the control that every result needs.
  return heroNoise({ best: state.best.noise, goods: state.goods }, count, { eps0: 0.1, beta: 0.5 }, rng);
}

/** What an image carries of its origin. */
function provenance(m: RoundManifest, index: number): Record<string, string> {
  return {
    Software: m.software,
    prompt: m.prompt,
    negative_prompt: m.negative,
    sampler: JSON.stringify(m.sampler),
    seed: String(m.seed),
    round: String(m.round),
    image: String(index),
    ...(m.safety?.images[index]?.redrawn ? { redrawn: String(m.safety.images[index].redrawn) } : {}),
    model_sha256: m.model.sha256,
    checkpoint_sha256: m.checkpoint ?? 'none',
    device: m.device,
    precision: m.precision,
  };
}
