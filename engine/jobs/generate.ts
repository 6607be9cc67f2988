/**
 * Job `generate`: noise -> latents -> images, written as a round folder.
 *   1. noise of every image     2. sample in equal batches     3. decode     4. write, with provenance in each PNG
 * The noise of step k of image i comes from a stream of its own, so a batch split changes rounding, never the draw.
 */

import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { substitution } from '../diffusion/native.js';
import { sample } from '../diffusion/sampler.js';
import { schedule } from '../diffusion/schedulers.js';
import type { Checkpoint } from '../io/checkpoint.js';
import { modelHash } from '../io/model-hash.js';
import { encodePng, toRgb } from '../io/png.js';
import { imageName, type RoundManifest, type Trajectory, writeRound } from '../io/round.js';
import { batchOf } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { heroNoise, plainNoise } from '../learn/noise.js';
import { adapterSpec, parseParams } from '../learn/parameters.js';
import { requireLikelihoods } from '../learn/policy.js';
import { decode } from '../models/pipeline.js';
import { type FloatTensor, f32, rows, stackRows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { openCheckpoint } from './open-checkpoint.js';
import { paced } from './pace.js';

type Payload = JobPayload<'generate'>;

/** Latent pixels sampled at a time: 32 images of the miniature, two of Stable Diffusion at 512x512. */
const BATCH_LATENT_PIXELS = 8192;

export async function generate(
  engine: EngineContext,
  payload: Payload,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'generate'>> {
  const started = performance.now();
  const report = paced(progress);
  report('load', 0, 1);
  const pipeline = await engine.pipeline(payload.model);
  const sha256 = await modelHash(payload.model);
  const learner = learners[payload.learner.name];
  const params = parseParams(learner, payload.learner);
  // A round that its learner cannot learn from is not worth sampling.
  const plan = schedule(pipeline.scheduler, payload.sampler);
  if (learner.needsTrajectory) requireLikelihoods(plan, payload.sampler);
  const checkpoint = openCheckpoint(payload.checkpoint, sha256, adapterSpec(params));
  report('load', 1, 1);

  // 1.
  const latent = pipeline.latentShape(payload.width, payload.height);
  const size = latent[0] * latent[1] * latent[2];
  const noise = batchOf(initialNoise(payload, checkpoint, size), latent);

  // 2.
  const { count, seed, round } = payload;
  const most = Math.max(1, Math.floor(BATCH_LATENT_PIXELS / (latent[1] * latent[2])));
  const batches = Math.ceil(count / most);
  const batch = Math.ceil(count / batches);
  const streams = Array.from({ length: batches * batch }, (_, i) => new Rng(seed, round, `steps.${i}`));
  const parts: Awaited<ReturnType<typeof sample>>[] = [];
  for (let b = 0; b < batches; b++) {
    const own = streams.slice(b * batch, (b + 1) * batch);
    parts.push(
      await sample({
        pipeline,
        cache: engine.cache,
        prompt: payload.prompt,
        negative: payload.negative,
        noise: filled(noise, b * batch, batch),
        stepNoise: () =>
          batchOf(
            own.map((rng) => rng.normals(size)),
            latent,
          ).data,
        sampler: payload.sampler,
        adapter:
          checkpoint && !payload.untuned
            ? { spec: checkpoint.manifest.adapter, tensors: checkpoint.state.adapter }
            : undefined,
        onStep: (done, total) => report('sample', b * total + done, batches * total),
        signal,
        keep: payload.trajectory ? 'trajectory' : 'none',
      }),
    );
  }
  const latents = rows(stackRows(parts.map((p) => p.latents)), 0, count);

  // 3.
  signal.throwIfAborted();
  report('decode', 0, 1);
  const images = await decode(pipeline, engine.cache, latents);
  report('decode', 1, 1);

  // 4.
  report('write', 0, 1);
  const [, , height, width] = images.shape as [number, number, number, number];
  const manifest: RoundManifest = {
    format: 'acclaim-round',
    version: 1,
    round,
    seed,
    model: { sha256, family: pipeline.family },
    prompt: payload.prompt,
    negative: payload.negative,
    sampler: payload.sampler,
    width,
    height,
    count,
    latent,
    noise: payload.noise,
    checkpoint: checkpoint?.hash ?? null,
    batch,
    threads: engine.threads,
    device: engine.device,
    software: engine.software,
  };
  const pngs = Array.from({ length: count }, (_, i) =>
    encodePng(toRgb(rows(images, i, i + 1).data, width, height), provenance(manifest, i)),
  );
  const trajectory = payload.trajectory ? joinTrajectories(parts, count) : null;
  writeRound(payload.out, { manifest, noise, latents, trajectory }, pngs);
  report('write', 1, 1);
  return {
    images: pngs.map((_, index) => ({ index, file: imageName(index), width, height })),
    notes: [substitution(pipeline.scheduler, payload.sampler.scheduler)].filter((note) => note !== null),
    seconds: (performance.now() - started) / 1000,
    device: engine.device,
  };
}

function initialNoise(
  { noise, count, seed, round, learner: given }: Payload,
  checkpoint: Checkpoint | null,
  size: number,
) {
  const rng = new Rng(seed, round, 'noise');
  const state = checkpoint?.state ?? null;
  const learner = learners[given.name];
  if (noise === 'learner') return learner.noise(state, count, size, parseParams(learner, given), rng);
  if (noise === 'plain' || !state?.best) return plainNoise(count, size, rng);
  // The paper's mixture whatever learner is asked: the control that every result needs.
  return heroNoise({ best: state.best.noise, goods: state.goods }, count, { eps0: 0.1, beta: 0.5 }, rng);
}

/** Images [start, start + batch) of x; past the end the last is repeated, and dropped later. */
function filled(x: FloatTensor, start: number, batch: number): FloatTensor {
  const count = x.shape[0]!;
  const pick = Array.from({ length: batch }, (_, i) => Math.min(start + i, count - 1));
  return stackRows(pick.map((i) => rows(x, i, i + 1)));
}

/** [T+1,n,...] of each batch -> [T+1,N,...], what was filled up cut off. */
function joinTrajectories(parts: readonly Awaited<ReturnType<typeof sample>>[], count: number): Trajectory {
  const join = (take: (p: (typeof parts)[number]) => FloatTensor): FloatTensor => {
    const [steps, , ...rest] = take(parts[0]!).shape as [number, number, ...number[]];
    const each = rest.reduce((a, b) => a * b, 1);
    const out = f32([steps, count, ...rest]);
    let at = 0;
    for (const part of parts) {
      const { data, shape } = take(part);
      const n = Math.min(shape[1]!, count - at);
      for (let k = 0; k < steps; k++) {
        const from = k * shape[1]! * each;
        out.data.set(data.subarray(from, from + n * each), (k * count + at) * each);
      }
      at += n;
    }
    return out;
  };
  return {
    latents: join((p) => p.trajectory!),
    logProbs: join((p) => p.logProbs!),
    timesteps: parts[0]!.timesteps,
    denoised: parts[0]!.denoised && join((p) => p.denoised!),
  };
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
    model_sha256: m.model.sha256,
    checkpoint_sha256: m.checkpoint ?? 'none',
    device: m.device,
  };
}
