/** A round that is drawn in as many steps and pictures as the minutes that it may take have room for. */
import type { JobPayload } from '../../src/queue/jobs.js';
import { type DrawingPlan, drawingPlanSchema } from '../../src/queue/plan-fields.js';
import { createPredictor } from '../diffusion/predictor.js';
import type { LatentShape } from '../io/latents.js';
import { portable } from '../io/round.js';
import { decodeFlops, type Pipeline } from '../models/pipeline.js';
import type { TinyVae } from '../models/tiny-vae.js';
import { f32 } from '../runtime/tensor.js';
import type { EngineContext } from './context.js';
import { keptPlan } from './kept-plan.js';
import { planDrawing } from './time-plan.js';

type Payload = JobPayload<'generate'>;

interface Round {
  pipeline: Pipeline;
  latent: LatentShape;
  /** Makes the pictures in the VAE's place. */
  tiny?: TinyVae | undefined;
  /** Drawings a picture. */
  draws: number;
}

/** The job as far as its minutes go, and what was planned; as it is where nothing bounds it. */
export async function bounded(
  engine: EngineContext,
  payload: Payload,
  round: Round,
): Promise<{ payload: Payload; planned?: DrawingPlan }> {
  const { minutes, sampler, count } = payload;
  if (minutes === undefined) return { payload };
  const { draws, latent } = round;
  const wanted = { steps: sampler.steps, images: count };
  const costs = await costsOf(engine, payload, round);
  const about = [minutes, wanted, portable(sampler), latent, draws, payload.pair ?? null];
  const planned = keptPlan(payload.out, about, drawingPlanSchema, () => {
    const { count: pictures, steps: each } = payload.pair ?? { count: 0, steps: 0 };
    const beside = pictures * (each * costs.step + costs.decode);
    // Likelihoods are compared of whole trajectories, as they were set.
    const work = {
      ...wanted,
      ...costs,
      draws,
      beside,
      scheduler: sampler.scheduler,
      allSteps: payload.trajectory,
    };
    const { seconds, ...plan } = planDrawing(minutes, work);
    return { minutes, ...plan, wanted, seconds: Math.round(seconds) };
  });
  const { steps, images } = planned;
  return { payload: { ...payload, count: images, sampler: { ...sampler, steps } }, planned };
}

/** Seconds of one step of one picture, and of what comes after its steps: decoding, and one look at it. */
async function costsOf(
  engine: EngineContext,
  { prompt, negative, sampler }: Payload,
  { pipeline, latent, tiny }: Round,
) {
  const request = { pipeline, cache: engine.cache, prompt, negative, sampler, noise: f32([1, ...latent]) };
  const predictor = await createPredictor(request);
  const speed = await engine.rate();
  const step = predictor.flops() / speed;
  await predictor.release();
  return { step, decode: step + decodeFlops(pipeline, latent, tiny) / speed };
}
