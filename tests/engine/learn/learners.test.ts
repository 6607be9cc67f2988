/**
 * What learners do beside the network, against numbers worked out by hand: what is carried, weights, rewards,
 * rows.
 */
import { describe, expect, it } from 'vitest';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import type { Round } from '../../../engine/io/round.js';
import type { VoteModel } from '../../../engine/io/vote-model.js';
import { chunks } from '../../../engine/learn/chunks.js';
import { splitLabels } from '../../../engine/learn/feedback.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { groupsOf } from '../../../engine/learn/learners/d3po.js';
import { advantagesOf } from '../../../engine/learn/learners/ddpo.js';
import { rewardsOf } from '../../../engine/learn/learners/nft.js';
import { boundWeight, trainedTimesteps } from '../../../engine/learn/learners/papa.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { initAdapter } from '../../../engine/learn/lora-init.js';
import { forwardProcess, perRow } from '../../../engine/learn/noised-rows.js';
import { schedulerSchema } from '../../../engine/models/config.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import type { AdapterHyperparameters } from '../../../src/config/learners.js';
import { comparesLikelihoods, learnerNames } from '../../../src/config/learners.js';
import { Rng } from '../../../src/rng.js';
import { english } from '../../../src/words/text.js';

/** Three images; latents and noises tell round and index: 10 r + i, and minus that. */
const roundOf = (round: number): Round => ({
  manifest: { round, count: 3, latent: [1, 1, 1] } as unknown as Round['manifest'],
  latents: f32(
    [3, 1, 1, 1],
    [0, 1, 2].map((i) => 10 * round + i),
  ),
  noise: f32(
    [3, 1, 1, 1],
    [0, 1, 2].map((i) => -10 * round - i),
  ),
  trajectory: null,
});
const votes = (good: number, best: number | null = null) =>
  splitLabels({ images: [0, 1, 2].map((index) => ({ index, good, weight: 1 })), best }, 3);

/** State after round 1, in which nothing was good but the best. */
const stateBefore = (): LearnerState => ({
  adapter: { w: f32([1], [5]) },
  optimiser: { step: 3, m: { w: f32([1]) }, v: { w: f32([1]) } },
  embedding: null,
  best: { latent: Float32Array.of(11), noise: Float32Array.of(-11), round: 1, index: 1 },
  positives: [Float32Array.of(-12)],
  replay: [
    { latent: Float32Array.of(11), label: 0.1, weight: 1, round: 1, origin: 'base' },
    { latent: Float32Array.of(99), label: 0.1, weight: 1, round: 2, origin: 'base' },
  ],
});

/** P(good) = 1 / (1 + exp(-x)) of a picture [x]. */
const surely: VoteModel = {
  maps: { told: 1 },
  votes: 40,
  auc: 0.95,
  aucError: 0.05,
  heads: [{ weights: { told: Float32Array.of(1) }, offset: 0 }],
  calibration: { slope: 1, offset: 0 },
};

describe('a round that teaches nothing', () => {
  it.each([
    ['acclaim', 0, /no image has been called good yet/i],
    ['ddpo', 1, /all votes were alike/i],
    ['d3po', 0, /no two images/i],
    ['nft', 0, /all votes were alike/i],
    ['papa', 0.5, /no image was called good or bad/i],
  ] as const)('%s moves nothing, remembers the votes, and says why', async (name, good, why) => {
    const state = stateBefore();
    const learner = learners[name];
    const context = {
      round: roundOf(2),
      judged: votes(good),
      params: learner.params.parse({}),
      state,
    } as LearnContext<AdapterHyperparameters>;
    const outcome = await learner.learn(context);
    expect(outcome).toMatchObject({ learned: false, losses: [] });
    expect(outcome.notes.map(english)).toEqual([expect.stringMatching(why)]);
    expect(outcome.state.adapter).toBe(state.adapter);
    expect(outcome.state.optimiser).toBe(state.optimiser);
    // What the round itself had left before is replaced.
    expect(outcome.state.replay.map(({ latent, label, round }) => [latent[0], label, round])).toEqual([
      [11, expect.closeTo(0.1), 1],
      ...[20, 21, 22].map((latent) => [latent, good, 2]),
    ]);
    expect(outcome.state.best).toEqual(stateBefore().best);
    expect(outcome.state.positives.map((noise) => noise[0])).toEqual(good > 0.5 ? [-20, -21, -22] : [-12]);
    expect(state).toEqual(stateBefore());
  });
});

it('the default learner set to no steps trains nothing of what was liked, but names the best as votes would', async () => {
  const learner = learners.acclaim;
  const features = { told: f32([3, 1], [1, 9, 2]) };
  const learn = (reelect: boolean) =>
    learner.learn({
      round: { ...roundOf(2), features },
      judged: votes(1),
      params: learner.params.parse({ steps: 0, reelect }),
      state: stateBefore(),
      voteModel: () => surely,
    } as unknown as LearnContext<AdapterHyperparameters>);
  const [kept, elected] = [await learn(false), await learn(true)];
  for (const { learned, notes } of [kept, elected]) {
    expect(learned).toBe(false);
    expect(notes.map(english)).toEqual([expect.stringMatching(/nothing is trained/i)]);
  }
  expect(kept.state.best).toEqual(stateBefore().best);
  expect(elected.state.best).toMatchObject({ round: 2, index: 1 });
});

it('d3po compares no pictures that began with different noises, where any began with the same', async () => {
  const learner = learners.d3po;
  const noise = f32([3, 1, 1, 1], [-20, -20, -22]);
  const said = [1, 1, 0].map((good, index) => ({ index, good, weight: 1 }));
  const context = {
    round: { ...roundOf(2), noise },
    judged: splitLabels({ images: said, best: null }, 3),
    params: learner.params.parse({}),
    state: stateBefore(),
  } as LearnContext<AdapterHyperparameters>;
  const { learned, notes } = await learner.learn(context);
  expect(learned).toBe(false);
  expect(notes.map(english)).toEqual([expect.stringMatching(/no two images that can be compared/i)]);
});

it('d3po compares pictures as they come where no two began with the same noise, a group at a time', () => {
  const images = [1, 0, 0, 1, 1].map((good, index) => ({ index, good, weight: 1 }));
  const judged = splitLabels({ images, best: null }, 5);
  const groups = (noise: readonly number[]) =>
    groupsOf({ round: { ...roundOf(2), noise: f32([5, 1, 1, 1], noise) }, judged, params: { group: 3 } });
  // The last two are both good: they are not compared.
  const first = {
    images: [0, 1, 2],
    pairs: [
      [0, 1],
      [0, 2],
    ],
  };
  expect(groups([1, 2, 3, 4, 5])).toEqual([first]);
  expect(groups([1, 2, 1, 2, 5])).toEqual([
    { images: [0, 2], pairs: [[0, 1]] },
    { images: [1, 3], pairs: [[1, 0]] },
  ]);
});

it('ddpo goes by how much better a picture was called than others, by the weight of its votes and no more', () => {
  const labels = [
    { index: 1, good: 1, weight: 0.5 },
    { index: 3, good: 0, weight: 3 },
  ];
  const A = advantagesOf(labels, 4, 5).map((value) => Math.round(1e6 * value) / 1e6);
  expect(A).toEqual([0, 0.5, 0, -1]);
  expect(advantagesOf(labels, 4, 0.1)[3]).toBe(-0.1);
});

it('the registry: its names are the learners that there are, and a name that is gone compares nothing', () => {
  expect(Object.keys(learners)).toEqual([...learnerNames]);
  for (const [name, learner] of Object.entries(learners)) {
    expect(learner.name).toBe(name);
    expect(comparesLikelihoods(name)).toBe(learner.comparesLikelihoods);
    expect(learner.learn).toBeTypeOf('function');
  }
  expect(learnerNames.filter(comparesLikelihoods)).toEqual(['hero', 'ddpo', 'd3po']);
  expect(['dropped', 'toString', ''].map(comparesLikelihoods)).toEqual([false, false, false]);
});

describe('the noises of the next round', () => {
  const state = stateBefore(); // Best -11, another good -12.
  const first = (list: readonly Float32Array[]) => list.map((noise) => noise[0]);
  const around = { eps0: 0, beta: 0.5 };
  const stream = () => new Rng(1, 0, 'noise');
  const plain = (count: number) => first(Array.from({ length: count }, () => stream().normals(1)));

  it('of hero are those of the best and of the other goods, plain before there is a best', () => {
    const of = (from: LearnerState | null) =>
      first(learners.hero.noise(from, 4, 1, learners.hero.params.parse(around), stream()));
    expect(of(state)).toEqual([-11, -11, -12, -12]);
    for (const none of [null, { ...state, best: null }]) expect(of(none)[0]).toBe(plain(1)[0]);
  });

  it('of the default learner are so by a share, the others plain', () => {
    const params = learners.acclaim.params.parse({ ...around, heroShare: 0.75 });
    const noises = first(learners.acclaim.noise(state, 4, 1, params, stream()));
    expect(noises.slice(0, 3)).toEqual([-11, -11, -12]);
    expect(Math.abs(noises[3]!)).toBeLessThan(5);
  });
});

describe('how the next rounds of the default learner are drawn', () => {
  const params = learners.acclaim.params.parse({ baseShare: 0.4, baseGoods: 2, until: 0.7 });
  const liked = (origin: 'base' | 'tuned', label = 1) => ({ ...stateBefore().replay[0]!, origin, label });
  const drawing = (...replay: LearnerState['replay']) =>
    learners.acclaim.drawing!(params, { ...stateBefore(), replay });

  it('in part by the base model, until enough of its own pictures were liked', () => {
    expect(drawing(liked('base'), liked('tuned'), liked('base', 0))).toEqual({ baseShare: 0.4, until: 0.7 });
    expect(drawing(liked('base'), liked('base'))).toEqual({ baseShare: 0, until: 0.7 });
    // A ghost that is surely liked is one of them.
    const ghost = { latent: Float32Array.of(1), features: { told: Float32Array.of(5) }, round: 1 };
    const state = { ...stateBefore(), replay: [liked('base')], ghosts: [ghost], voteModel: surely };
    expect(learners.acclaim.drawing!(params, state).baseShare).toBe(0);
  });

  it('with ghosts beside them, but not where nothing is trained or pictures are looked over first', () => {
    const round = (safety?: object) =>
      ({ ...roundOf(2), manifest: { ...roundOf(2).manifest, safety } }) as unknown as Round;
    const ghosts = (steps: number, safety?: object) =>
      learners.acclaim.ghosts!(learners.acclaim.params.parse({ ghosts: 2, steps }), round(safety), null);
    expect([ghosts(40), ghosts(0), ghosts(40, {})]).toEqual([6, 0, 0]);
  });

  it('picked as the settings say', () => {
    const rule = { draws: 3, look: 0.3, unpickedShare: 0.5, unsureShare: 0.2 };
    expect(learners.acclaim.picking!(learners.acclaim.params.parse(rule))).toEqual(rule);
  });
});

it('the rounds that follow PAPA are drawn with its adapter on where it is trained', () => {
  const { papa } = learners;
  const params = papa.params.parse({ until: 0.6 });
  expect(papa.drawing!(params, stateBefore())).toEqual({ baseShare: 0, until: 0.6 });
});

it('an adapter begins the same in whatever order its layers are named', () => {
  const shapes = ['b', 'a', 'c'].map((layer) => ({ name: `${layer}.lora_A.weight`, shape: [1, 2] }));
  const begin = (list: typeof shapes) => initAdapter(list, 1, new Rng(1, 0, 'adapter'));
  expect(begin(shapes)).toEqual(begin([...shapes].reverse()));
});

describe('rows of noised images', () => {
  // Betas .1, .2, .3, .4: abar .9, .72, .504, .3024.
  const scheduler = schedulerSchema.parse({
    _class_name: 'DDIMScheduler',
    num_train_timesteps: 4,
    beta_start: 0.1,
    beta_end: 0.4,
    beta_schedule: 'linear',
    steps_offset: 0,
  });
  const context = {
    pipeline: { scheduler },
    sampler: { scheduler: 'ddim', steps: 4, guidance: 3, eta: 1 },
    round: { manifest: { latent: [1, 1, 2] } },
  } as unknown as LearnContext<unknown>;
  const { timesteps, cumprod, feeds } = forwardProcess(context);

  it("are at the sampler's timesteps, with abar of each", () => {
    expect(timesteps).toEqual([3, 2, 1, 0]);
    for (const [t, abar] of [0.9, 0.72, 0.504, 0.3024].entries()) expect(cumprod[t]).toBeCloseTo(abar, 6);
    const [a, b] = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    const rows = [
      { latent: a, timestep: 3 },
      { latent: b, timestep: 0 },
    ];
    const fed = feeds(rows, 3, new Rng(1, 0, 'rows'));
    expect(fed.x).toEqual(f32([3, 1, 1, 2], [1, 2, 3, 4, 3, 4]));
    expect(fed.timestep).toEqual(f32([3], [3, 0, 0]));
    expect(fed.alpha.shape).toEqual([3, 1, 1, 1]);
    expect([...fed.alpha.data].map((x) => Math.round(Number(x) * 1e4))).toEqual([3024, 9000, 9000]);
    // Noise for what fills up, too: what is drawn does not depend on how many rows there are.
    expect(fed.noise.data).toEqual(new Rng(1, 0, 'rows').normals(6));
    expect(perRow([0.25, 0.5], 3)).toEqual(f32([3], [0.25, 0.5, 0]));
    expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('papa trains those that are noisy enough, and the noisiest where none is', () => {
    expect(trainedTimesteps(timesteps, 2)).toEqual([3, 2]);
    expect(trainedTimesteps(timesteps, 0)).toEqual([3, 2, 1, 0]);
    expect(trainedTimesteps(timesteps, 400)).toEqual([3]);
  });
});

it('b_t = (1 - alpha_t) / (alpha_t (1 - abar_(t-1)))', () => {
  const abar = [0.9, 0.72, 0.36];
  // alpha_1 = .8, 1 - abar_0 = .1: .2 / (.8 * .1); alpha_2 = .5, 1 - abar_1 = .28: .5 / (.5 * .28).
  expect(boundWeight(abar, 1)).toBeCloseTo(2.5, 10);
  expect(boundWeight(abar, 2)).toBeCloseTo(1 / 0.28, 10);
  expect(boundWeight(abar, 0)).toBe(boundWeight(abar, 1));
});

it('r = 1/2 + 1/2 clamp((y - mean) / std, +-1)', () => {
  const labels = [1, 0, 0, 0, 0].map((good, index) => ({ index, good, weight: 1 }));
  // Mean .2, std .4: the good one lies two deviations above and is clamped, the others half of one below.
  const rewards = rewardsOf(labels);
  for (const [i, r] of [1, 0.25, 0.25, 0.25, 0.25].entries()) expect(rewards[i]).toBeCloseTo(r, 6);
});
