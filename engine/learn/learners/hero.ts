/**
 * HERO (arXiv 2410.05116), a round at a time; section numbers are the paper's:
 *   1. the best persists (4.4)            2. train E and g on this round's labels (4.1)
 *   3. r_i from E's likeness to the best, A from r (4.2)        4. DDPO on the adapter (4.3)
 *   5. the next round starts from pi_HERO (4.4)
 * `faithful` reproduces two faults of the released code: (a) cosines over the batch axis, (b) a rank used as
 * an index.
 */
import type { HeroParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { heroNoise, plainNoise } from '../../diffusion/noise.js';
import type { EmbeddingSpec } from '../../io/embedding-tensors.js';
import type { LearnerState } from '../../io/learner-state.js';
import { asFloat, cloneTensors, names } from '../../runtime/named-tensors.js';
import { type FloatTensor, f32, rows, stackRows } from '../../runtime/tensor.js';
import { carryBest, carryBestFaithfully, carryOver, imagesOf } from '../best.js';
import { featureGraph, initEmbedding, oneHot, tripletGraph } from '../embedding.js';
import type { Judged } from '../feedback.js';
import { type LearnContext, type Method, untrained } from '../learner.js';
import { adam, cloneState } from '../optimiser.js';
import { policyGradient } from '../policy-gradient.js';
import { advantages, bestReward, goodsReward } from '../reward.js';

export const hero: Method<HeroParams> = {
  async learn(context) {
    const { round, judged, params, state } = context;
    const images = imagesOf(round);

    // 1. By the embedding as it was, where nobody named a best.
    const embedding = state?.embedding ?? firstEmbedding(context);
    const carry = params.faithful ? carryBestFaithfully : carryBest;
    const features = await featuresBy(context, embedding, images);
    const before: LearnerState = { ...carryOver(context, { features, carry }), embedding };
    if (!before.best || !judged.bads.length) {
      return untrained(
        before,
        before.best
          ? say('No image was called bad, and this learner compares good with bad: the round is passed by.')
          : say('No image was called good, and this learner compares good with bad: the round is passed by.'),
      );
    }

    // 2.
    const trained = await trainEmbedding(context, embedding, before.best);

    // 3.
    const E = await featuresBy(context, trained, [...images, before.best.latent]);
    const A = advantagesBy(E, judged, params);

    // 4.
    return policyGradient(context, { ...before, embedding: trained }, A);
  },

  // 5.
  noise(state, count, size, params, rng) {
    if (!state?.best) return plainNoise(count, size, rng);
    return heroNoise({ best: state.best.noise, positives: state.positives }, count, params, rng);
  },
};

/** 3. A of each image of the round; `E`: of these images, then of the best. */
export function advantagesBy(
  E: readonly Float32Array[],
  { goods }: Pick<Judged, 'goods'>,
  { reward, advantageClamp }: Pick<HeroParams, 'reward' | 'advantageClamp'>,
): number[] {
  const [images, best] = [E.slice(0, -1), E.at(-1)!];
  const liked = goods.map(({ index }) => images[index]!);
  const r = reward === 'goods' && liked.length > 0 ? goodsReward(images, liked) : bestReward(images, best);
  return advantages(r, advantageClamp);
}

type Embedding = NonNullable<LearnerState['embedding']>;

function embeddingOptions(params: HeroParams) {
  return { lr: params.embeddingLr, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: null };
}

function firstEmbedding({ round, params, rng }: LearnContext<HeroParams>): Embedding {
  const spec: EmbeddingSpec = { latent: round.manifest.latent, widen: params.faithful ? 1 : 2 };
  const weights = initEmbedding(spec, rng('embedding'));
  return { spec, params: weights, optimiser: adam(embeddingOptions(params)).init(weights) };
}

const stack = (list: readonly Float32Array[], latent: readonly number[]): FloatTensor =>
  stackRows(list.map((data) => f32([1, ...latent], data)));

/** E of each latent. */
async function featuresBy(
  { cache }: LearnContext<HeroParams>,
  { spec, params }: Embedding,
  list: readonly Float32Array[],
): Promise<Float32Array[]> {
  const graphSpec = {
    graph: 'hero-embedding',
    models: [],
    shapes: { latents: [list.length, ...spec.latent] as const },
    options: { widen: spec.widen },
  };
  const executor = await cache.get(graphSpec, ({ shapes: { latents }, options }) => {
    const [count, ...latent] = latents;
    return featureGraph({ latent, ...options }, count);
  });
  const out = await executor.run({ ...params, latents: stack(list, spec.latent) });
  const E = asFloat(out.features, 'features');
  return list.map((_, i) => rows(E, i, i + 1).data);
}

/**
 * Anchor: the best. Positives: this round's other goods (the best itself if it is the only one). Negatives:
 * bads.
 */
async function trainEmbedding(
  context: LearnContext<HeroParams>,
  { spec, params: weights, optimiser }: Embedding,
  best: NonNullable<LearnerState['best']>,
): Promise<Embedding> {
  const { cache, params, round, judged, signal, progress } = context;
  const triplets = round.manifest.count;
  const latents = stack([best.latent, ...imagesOf(round)], spec.latent); // row 0 is the best
  const count = triplets + 1;
  const graphSpec = {
    graph: 'hero-triplets',
    models: [],
    shapes: { latents: [count, ...spec.latent] as const, positive: [triplets, count] as const },
    options: { widen: spec.widen, margin: params.margin, batchAxis: params.faithful },
  };
  const executor = await cache.get(graphSpec, ({ shapes, options }) => {
    const [of, ...latent] = shapes.latents;
    return tripletGraph({ latent, widen: options.widen }, of, shapes.positive[0], options);
  });
  const isBest = (index: number) => best.round === round.manifest.round && best.index === index;
  const named = judged.goods.filter(({ index }) => !isBest(index)).map(({ index }) => index + 1);
  const goods = named.length ? named : [0];
  const bads = judged.bads.map(({ index }) => index + 1);

  const trained = cloneTensors(weights);
  const state = cloneState(optimiser);
  const { update } = adam(embeddingOptions(params));
  const rng = context.rng('triplets');
  const anchor = f32([triplets, count], oneHot(new Array<number>(triplets).fill(0), count));
  const draw = (from: readonly number[]) =>
    f32(
      [triplets, count],
      oneHot(
        Array.from({ length: triplets }, () => rng.choice(from)),
        count,
      ),
    );
  for (let step = 0; step < params.embeddingSteps; step++) {
    signal.throwIfAborted();
    const out = await executor.run({
      ...trained,
      latents,
      anchor,
      positive: draw(goods),
      negative: draw(bads),
    });
    const gradients = Object.fromEntries(names(trained).map((n) => [n, asFloat(out[`grad.${n}`], n)]));
    update(trained, gradients, state);
    if (step % 20 === 19) progress('embed', step + 1, params.embeddingSteps);
  }
  return { spec, params: trained, optimiser: state };
}
