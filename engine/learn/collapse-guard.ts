/**
 * The collapse guard: a round's training is accepted only if gradients stayed finite, the adapter did not run
 * away, and a handful of images from fixed noises are neither alike, nor falling apart, nor out of scale.
 * Else the adapter is put back and the round is tried once more with half the step; if that fails too, the
 * round changes nothing. Either way people are told.
 */
import { createHash } from 'node:crypto';
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { AcclaimError } from '../../src/errors.js';
import { say, type Text } from '../../src/words/text.js';
import { applied } from '../adapters/applied.js';
import { sample } from '../diffusion/sampler.js';
import type { LearnerState } from '../io/learner-state.js';
import { diversity } from '../measures/diversity.js';
import type { AdapterValues } from '../nn/lora.js';
import { globalNorm, type NamedTensors } from '../runtime/named-tensors.js';
import { Results } from '../runtime/results.js';
import { type FloatTensor, f32, rows } from '../runtime/tensor.js';
import { adapterSpec } from './hyperparameters.js';
import type { LearnContext } from './learner.js';
import { Unhealthy } from './trainer.js';

/** Fixed noises and deterministic steps: enough to see variety fade, a second of work on small models. */
export const PROBES = 12;
const PROBE_STEPS = 6;

export interface Attempt {
  state: LearnerState;
  losses: number[];
}

export interface Guarded extends Attempt {
  learned: boolean;
  notes: Text[];
}

/** Share of the base model's variety that images keep under an adapter. */
export type Variety = (adapter: NamedTensors) => Promise<number>;

/**
 * `attempt` trains from `before` without changing it, its steps scaled, and must draw the same randomness
 * each time.
 */
export async function guarded<P extends AdapterHyperparameters>(
  context: LearnContext<P>,
  before: LearnerState,
  attempt: (stepScale: number, variety: Variety) => Promise<Attempt>,
): Promise<Guarded> {
  const notes: Text[] = [];
  const spec = adapterSpec(context.params);
  const base = await baseProbe(context);
  const variety: Variety = async (adapter) =>
    (await probe(context, noiseOf(context), { spec, tensors: adapter })).diversity / base.diversity;
  for (const stepScale of [1, 0.5]) {
    try {
      const result = await attempt(stepScale, variety);
      checkHealth(
        context.params,
        before.adapter,
        result.state.adapter,
        base,
        await probe(context, noiseOf(context), applied(spec, result.state)),
      );
      return { ...result, learned: true, notes };
    } catch (error) {
      // The base model's pictures are finite: it is what was learned.
      const wild = error instanceof AcclaimError && error.code === 'not-finite';
      if (!wild && !(error instanceof Unhealthy)) throw error;
      const why = wild ? say('its images were no longer finite') : (error as Unhealthy).why;
      notes.push(
        stepScale === 1
          ? say("This round's training was undone because {why}; it is tried again with half the step.", {
              why,
            })
          : say("This round's training was undone because {why}; the model stays as it was.", { why }),
      );
    }
  }
  return { state: before, losses: [], learned: false, notes };
}

export interface Probe {
  diversity: number;
  /** Root mean square of the latents. */
  scale: number;
}

/** What the base model made of the same noises before; of some sessions. */
class BaseProbes extends Results<Promise<Probe>> {
  constructor() {
    super(64);
  }
}

/**
 * A session's noises are the same in all of its rounds, and the base model never changes: it is asked once.
 */
function baseProbe<P extends AdapterHyperparameters>(context: LearnContext<P>): Promise<Probe> {
  const noise = noiseOf(context);
  return context.cache.results(BaseProbes).of(probeSpec(context, noise), () => probe(context, noise));
}

/**
 * All that the base model's pictures of these noises depend on; sessions of one seed have the same noises.
 */
export function probeSpec(
  { pipeline, round, sampler }: Pick<LearnContext<unknown>, 'pipeline' | 'round' | 'sampler'>,
  { shape, data }: FloatTensor,
) {
  const { prompt, negative } = round.manifest;
  const noise = { shape, sha256: createHash('sha256').update(data).digest('hex') };
  const steps = probeSteps(sampler);
  return { model: pipeline.identity, prompt, negative, noise, steps, guidance: sampler.guidance };
}

function noiseOf<P extends AdapterHyperparameters>({
  round,
  rng,
  probes = PROBES,
}: LearnContext<P>): FloatTensor {
  const shape = [probes, ...round.manifest.latent];
  return f32(shape, rng('guard').normals(shape.reduce((a, b) => a * b)));
}

/** Steps that a picture is drawn in to be looked at. */
export const probeSteps = ({ steps }: { steps: number }) => Math.min(PROBE_STEPS, steps);

async function probe<P extends AdapterHyperparameters>(
  context: LearnContext<P>,
  noise: FloatTensor,
  /** Default: the base model, whose graph is compiled once for all rounds. */
  adapter?: AdapterValues,
): Promise<Probe> {
  const { pipeline, cache, round, sampler, signal } = context;
  const { prompt, negative } = round.manifest;
  const { latents } = await sample({
    pipeline,
    cache,
    prompt,
    negative,
    noise,
    stepNoise: () => new Float32Array(noise.data.length),
    sampler: {
      scheduler: 'ddim',
      steps: probeSteps(sampler),
      guidance: sampler.guidance,
      eta: 0,
    },
    adapter,
    signal,
  });
  const list = Array.from({ length: latents.shape[0]! }, (_, i) => rows(latents, i, i + 1).data);
  return { diversity: diversity(list), scale: globalNorm({ latents }) / Math.sqrt(latents.data.length) };
}

/** Throws Unhealthy, which says what is wrong. */
export function checkHealth(
  params: Pick<AdapterHyperparameters, 'maxGrowth' | 'minDiversity' | 'maxDiversity' | 'maxDrift'>,
  before: NamedTensors,
  after: NamedTensors,
  base: Probe,
  tuned: Probe,
): void {
  const growth = globalNorm(after) / globalNorm(before);
  if (!(growth <= params.maxGrowth))
    throw new Unhealthy(say('the adapter grew {times} times', { times: growth.toFixed(1) }));
  const kept = tuned.diversity / base.diversity;
  if (!(kept >= params.minDiversity))
    throw new Unhealthy(
      say("images became too alike ({share} % of the base model's variety)", {
        share: Math.round(100 * kept),
      }),
    );
  if (!(kept <= params.maxDiversity))
    throw new Unhealthy(
      say("images fell apart ({share} % of the base model's variety: more noise than picture)", {
        share: Math.round(100 * kept),
      }),
    );
  const drift = Math.max(tuned.scale / base.scale, base.scale / tuned.scale);
  if (!(drift <= params.maxDrift))
    throw new Unhealthy(say('images drifted too far from what the base model makes'));
}
