/**
 * D3PO (arXiv 2311.13231): direct preference optimisation over denoising steps. Images of a group share their
 * initial noise, so a pair differs in what the steps did, not in where they began.
 *   1. in each group all pairs (winner, loser) of unequal label
 *   2. log p_ref at the round's first weights
 *   3. per group one optimiser step on `timesteps` of the trainable steps
 */
import type { D3poParams } from '../../../src/config/learners.js';
import { say } from '../../../src/words/text.js';
import { plainNoise } from '../../diffusion/noise.js';
import type { LearnerState } from '../../io/learner-state.js';
import { f32, rows, type Tensor } from '../../runtime/tensor.js';
import { carryOver } from '../best.js';
import { chunks } from '../chunks.js';
import type { Guarded } from '../collapse-guard.js';
import { type LearnContext, type Method, untrained } from '../learner.js';
import { d3poGraph } from '../losses/d3po.js';
import { planTraining, trainGuarded } from '../training-run.js';
import { type Row, TrajectoryBatches } from '../trajectory-batches.js';

interface Group {
  images: number[];
  /** Positions within `images`. */
  pairs: [winner: number, loser: number][];
}

export const d3po: Method<D3poParams> = {
  async learn(context) {
    const before = carryOver(context);
    const groups = groupsOf(context);
    if (!groups.length)
      return untrained(
        before,
        say('No two images that can be compared were voted differently: the round is passed by.'),
      );
    return train(context, before, groups);
  },

  noise(_state, count, size, params, rng) {
    const shared = plainNoise(Math.ceil(count / params.group), size, rng);
    return Array.from({ length: count }, (_, i) => Float32Array.from(shared[Math.floor(i / params.group)]!));
  },
};

/** 1. Labelled images by equal initial noise; where no two share it, in groups as they come. */
export function groupsOf({
  round,
  judged,
  params,
}: Pick<LearnContext<Pick<D3poParams, 'group'>>, 'round' | 'judged' | 'params'>): Group[] {
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
  const { group: B, beta, clip, timesteps } = context.params;
  const most = Math.max(...groups.map((g) => g.pairs.length), Math.floor(B / 2) * Math.ceil(B / 2));
  const trajectories = TrajectoryBatches.of(context, B);
  // A group is trained in one piece.
  const whole = { most: B, least: B };
  const loss = { name: 'd3po', most, beta, epsilon: clip };
  const run = planTraining(context, loss, whole, (spec, loss) => d3poGraph(spec, loss.most, loss));

  return trainGuarded(context, before, run, (trainer) => {
    const rng = context.rng('train');
    const trainable = trajectories.trainableSteps;
    const plan = rng.shuffle(groups).map((group) => {
      const steps = rng.shuffle(trainable).slice(0, timesteps ?? trainable.length);
      const pairs = pairFeeds(group, B, most, 1 / (group.pairs.length * steps.length));
      return {
        batches: steps.map((step) => group.images.map((image) => ({ image, step }))),
        feeds: (rows: readonly Row[]) => ({ ...trajectories.feeds(rows), ...pairs }),
      };
    });
    // 2., 3.
    const unpaired = pairFeeds({ images: [], pairs: [] }, B, most, 0);
    return trajectories.train(trainer, plan, () => unpaired, context);
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
