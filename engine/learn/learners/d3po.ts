/**
 * D3PO (arXiv 2311.13231): direct preference optimisation over denoising steps. Images of a group share their initial
 * noise, so a pair differs in what the steps did, not in where they began.
 *   1. in each group all pairs (winner, loser) of unequal label        2. log p_ref at the round's first weights
 *   3. per group one optimiser step on `timesteps` of the trainable steps
 */
import { comparesLikelihoods, type D3poParams, learnerParams } from '../../../src/config/learner-params.js';
import type { LearnerState } from '../../io/checkpoint.js';
import { shapesOf } from '../../models/prompt.js';
import { f32, rows, type Tensor } from '../../runtime/tensor.js';
import { carryOver } from '../best.js';
import { fitTraining } from '../fit.js';
import { type Guarded, guarded } from '../guard.js';
import type { LearnContext, Learner } from '../learner.js';
import { d3poGraph } from '../losses/d3po.js';
import { specKey } from '../losses/training-graph.js';
import { plainNoise } from '../noise.js';
import { adam, cloneState } from '../optimiser.js';
import { adapterSpec, optimiserOptions } from '../parameters.js';
import { cloneParams } from '../params.js';
import { checkRatios, chunks, Policy } from '../policy.js';
import { Trainer } from '../trainer.js';

interface Group {
  images: number[];
  /** Positions within `images`. */
  pairs: [winner: number, loser: number][];
}

export const d3po: Learner<D3poParams> = {
  name: 'd3po',
  params: learnerParams.d3po,
  needsTrajectory: comparesLikelihoods.d3po,

  async learn(context) {
    const before = carryOver(context);
    const groups = groupsOf(context);
    if (!groups.length) {
      const notes = ['No two images that can be compared were voted differently: the round is passed by.'];
      return { state: before, learned: false, losses: [], notes };
    }
    return train(context, before, groups);
  },

  noise(_state, count, size, params, rng) {
    const shared = plainNoise(Math.ceil(count / params.group), size, rng);
    return Array.from({ length: count }, (_, i) => Float32Array.from(shared[Math.floor(i / params.group)]!));
  },
};

/** 1. Labelled images by equal initial noise; where no two share it, in groups as they come. */
function groupsOf({ round, judged, params }: LearnContext<D3poParams>): Group[] {
  const byNoise = new Map<string, number[]>();
  for (const { index } of judged.labels) {
    const noise = rows(round.noise, index, index + 1).data;
    const key = Buffer.from(noise.buffer, noise.byteOffset, noise.byteLength).toString('base64');
    byNoise.set(key, [...(byNoise.get(key) ?? []), index]);
  }
  const shared = [...byNoise.values()].filter((images) => images.length > 1);
  const groups = shared.length ? shared : [judged.labels.map((l) => l.index)];
  const good = new Map(judged.labels.map((l) => [l.index, l.good]));
  return groups
    .flatMap((images) => chunks(images, params.group))
    .map((images) => ({
      images,
      pairs: images.flatMap((w, i) =>
        images.flatMap((l, j): [number, number][] => (good.get(w)! > good.get(l)! ? [[i, j]] : [])),
      ),
    }))
    .filter(({ pairs }) => pairs.length > 0);
}

function train(
  context: LearnContext<D3poParams>,
  before: LearnerState,
  groups: readonly Group[],
): Promise<Guarded> {
  const { params, pipeline, cache, round, sampler, text, signal, progress } = context;
  const B = params.group;
  const most = Math.max(...groups.map((g) => g.pairs.length), Math.floor(B / 2) * Math.ceil(B / 2));
  const policy = Policy.of(context, B);
  const { latent } = round.manifest;
  const whole = {
    pipeline,
    adapter: adapterSpec(params),
    latent,
    guidance: sampler.guidance,
    text: shapesOf(text),
  };
  const loss = { beta: params.beta, epsilon: params.clip };
  // A group is trained in one piece.
  const fit = fitTraining(context, `d3po|${specKey(whole)}|${most}`, { most: B, least: B }, (fit) =>
    d3poGraph({ ...whole, ...fit }, most, loss),
  );
  const spec = { ...whole, ...fit };

  return guarded(context, before, async (stepScale) => {
    const key = `d3po|${specKey(spec)}|${most}|${loss.beta} ${loss.epsilon}`;
    const executor = await cache.get(key, () => d3poGraph(spec, most, loss));
    const optimiser = adam(optimiserOptions(params, stepScale));
    const trainer = new Trainer(
      executor,
      cloneParams(before.adapter),
      cloneState(before.optimiser),
      optimiser,
      text,
    );
    const rng = context.rng('train');
    const trainable = policy.trainableSteps;
    const plan = rng.shuffle(groups).map((group) => {
      const steps = rng.shuffle(trainable).slice(0, params.timesteps ?? trainable.length);
      return { group, batches: steps.map((step) => group.images.map((image) => ({ image, step }))) };
    });

    // 2.
    const batches = plan.flatMap((step) => step.batches);
    const unpaired = { ...pairFeeds({ images: [], pairs: [] }, B, most, 0) };
    progress('train', 0, 2 * batches.length, 1);
    const ref = await policy.oldLogProbs(trainer, batches, () => unpaired, context);

    // 3.
    let at = 0;
    for (const { group, batches: own } of plan) {
      signal.throwIfAborted();
      const first = at === 0;
      const pairs = pairFeeds(group, B, most, 1 / (group.pairs.length * own.length));
      const feeds = own.map((rows) => ({
        ...policy.feeds(rows),
        ...pairs,
        old_log_prob: policy.perRow(ref[at++]!),
      }));
      await trainer.step(feeds, (outputs, i) => {
        if (first) checkRatios(outputs.ratio, own[i]!.length);
      });
      progress('train', batches.length + at, 2 * batches.length);
    }
    return {
      state: { ...before, adapter: trainer.adapter, optimiser: trainer.state },
      losses: trainer.losses,
    };
  });
}

/** `winner`, `loser` [most,B] and `pair_weight` [most]; pairs that are missing have weight 0. */
function pairFeeds({ pairs }: Group, B: number, most: number, weight: number): Record<string, Tensor> {
  const [winner, loser] = [f32([most, B]), f32([most, B])];
  const pairWeight = f32([most]);
  for (const [i, [w, l]] of pairs.entries()) {
    winner.data[i * B + w] = 1;
    loser.data[i * B + l] = 1;
    pairWeight.data[i] = weight;
  }
  return { winner, loser, pair_weight: pairWeight };
}
