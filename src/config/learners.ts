/**
 * The registry of learners: a row for each, and every parameter with its default, unit and effect. Parameters
 * are flat, as they stand in config/ and on the command line (`--set learner.lr=0.002`). The configuration is
 * held against them when it is read, and an engine holds each job against them; what no learner knows is
 * refused by name. Names, options, checks and the engine's table of implementations
 * (engine/learn/learners/table.ts) derive from the rows, so a learner without an implementation does not
 * compile.
 */
import { z } from 'zod';

/** Share of the sampling steps, from the noisy end, that the adapter is on in; 1 = all. */
const until = z.number().min(0.05).max(1).default(1);

const adapterParams = {
  /** Rank r of the adapter: its capacity. */
  rank: z.number().int().min(1).max(128).default(4),
  /** The adapter's output is scaled by alpha / rank; null = rank, hence 1. */
  alpha: z.number().positive().nullable().default(null),
  /**
   * Layers it sits on: the attention projections, or every linear and convolutional layer but first and last.
   */
  targets: z.enum(['attention', 'all']).default('attention'),
  /** Learning rate of AdamW: about how far a weight moves in a step. */
  lr: z.number().positive().max(1).default(1e-3),
  /** Each step shrinks the adapter by lr x this. */
  weightDecay: z.number().min(0).default(1e-4),
  /** Gradients longer than this are scaled down to it. */
  gradientClip: z.number().positive().default(1),
  /** Rows of one executor call, at most (each is two rows of the network): fewer where memory is short. Same
   * result but for
   * rounding. Memory grows with it, speed hardly. */
  microBatch: z.number().int().min(1).max(512).default(8),
  /** Compute the insides of the network's blocks again in the backward pass: up to a third more time, a
   * fraction of the memory.
   * auto: where a step would not fit otherwise, however few its rows. */
  recompute: z.enum(['auto', 'on', 'off']).default('auto'),
  /** Collapse guard: how far the adapter may grow in a round, as a multiple of its norm before. */
  maxGrowth: z.number().positive().default(4),
  /** Collapse guard: least diversity of fixed test noises' images, as a share of the base model's. */
  minDiversity: z.number().min(0).max(1).default(0.25),
  /**
   * Collapse guard: most diversity of the same images, as a share of the base model's: beyond it they fall
   * apart.
   */
  maxDiversity: z.number().min(1).default(1.5),
  /** Collapse guard: most that the size of latents may change, as a factor of the base model's either way. */
  maxDrift: z.number().min(1).default(1.5),
  /**
   * Vote model: share of the votes that lose their weight, at most: the weakest of those that others
   * contradict, where the model tells something (its AUC less its error is .6); 0 = none.
   */
  labelDrop: z.number().min(0).max(0.5).default(0.25),
  /**
   * Vote model: share of the way that labels move in each of ten epochs towards what others say of them; 0 =
   * they stay.
   */
  labelDrift: z.number().min(0).max(0.5).default(0),
  /**
   * Vote model: what people say is wrong with pictures is heard: a model for each fault, a picture being as
   * good as its worst part.
   */
  reasons: z.boolean().default(true),
};
const adapter = z.object(adapterParams);
export type AdapterHyperparameters = z.infer<typeof adapter>;

const heroNoiseParams = {
  /** Share of fresh noise around a source, as a standard deviation: 0 copies it, 1 forgets it. */
  eps0: z.number().min(0).max(1).default(0.1),
  /** Share of the images that start from the best image's noise. */
  beta: z.number().min(0).max(1).default(0.5),
};

/** Learners whose steps and rows can be fewer. */
const minutes = {
  /**
   * Minutes that a round's training may take by the speed of the engine that learns it: fewer rows a step,
   * then fewer steps (docs/operating.md); left out = no bound.
   */
  minutes: z.number().positive().max(100_000).optional(),
};

const policyGradientParams = {
  /** Half width c of the ratio's clip range. */
  clip: z.number().positive().default(1e-4),
  /** Random timesteps trained of each image; null = all. */
  timesteps: z.number().int().min(1).nullable().default(5),
  /** Images of an optimiser step. */
  imagesPerStep: z.number().int().min(1).default(8),
  /** Advantages beyond this are clamped. */
  advantageClamp: z.number().positive().default(5),
};

const acclaim = z.strictObject({
  ...adapterParams,
  ...minutes,
  lr: adapterParams.lr.default(2e-3),
  /** Optimiser steps of a round, at most; 0 = nothing is trained, and votes act by what they pick alone. */
  steps: z.number().int().min(0).max(5000).default(40),
  /**
   * Optimiser steps for each good image that is really heard (Kish's count of what is fitted), at most: a
   * handful of goods must not be learned by heart.
   */
  stepsPerGood: z.number().positive().default(4.5),
  /** The first round that learns takes so many times `steps`: it has the longest way to go. */
  firstFactor: z.number().min(1).max(10).default(1),
  /** Approval of a round (share called good) up to which it gets all its steps; beyond, in proportion fewer:
   * what is
   * liked already needs little learning, and every step costs variety. */
  fullUntil: z.number().min(0).lt(1).default(0.65),
  /** Mean P(good) by the vote model at which a round's training ends: while it trains, what is drawn is
   * looked at every few steps. Where the
   * model is not to be believed, approval decides how long it trains, as with 1 = nobody looks. */
  stopAt: z.number().min(0.5).max(1).default(1),
  /** Share of the base model's variety (distance of images from fixed noises) below which a round's training
   * ends early: images that are good already would only become alike. A first few steps are always taken. 0 =
   * never,
   * the default: a dozen test images tell a collapse, but misjudge finer differences by a tenth either way.
   */
  keepVariety: z.number().min(0).max(1).default(0),
  /** Rows of an optimiser step. */
  batch: z.number().int().min(1).max(1024).default(32),
  /** Share of the sampler's timesteps that are trained, from the noisy end: there the picture is decided. */
  noisyShare: z.number().min(0.05).max(1).default(0.7),
  /** Largest weight of a timestep in the loss. */
  weightCap: z.number().positive().default(10),
  /** Pull towards the base model: keeps diversity, slows learning; 0 = none. */
  anchor: z.number().min(0).default(0),
  /** Which goods are fitted. base: only those that the base model drew, where there are any, so that what
   * nobody voted
   * about does not narrow from round to round; all: also those of the tuned model. */
  replay: z.enum(['base', 'all']).default('base'),
  /**
   * Temperature T at which goods are replayed in proportion to exp(p / T), p by heads of the vote model that
   * did not see the vote: goods that others contradict are heard less. Only where the model tells more than
   * chance; 0 = all goods alike.
   */
  replayTemperature: z.number().min(0).max(10).default(0.2),
  /**
   * Share of a round's images that the base model draws, from the second round on; the others are the tuned
   * model's.
   */
  baseShare: z.number().min(0).max(1).default(0.5),
  /** Liked pictures of the base model that are enough: with so many remembered it draws no more of them. */
  baseGoods: z.number().int().min(0).default(24),
  /** Part of the drift adapter that is taken off what is drawn and exported: it is fitted as the tuned one,
   * but to everything
   * that the base model showed, so it holds what comes of being shown and not of being liked; 0 = none is
   * fitted.
   */
  drift: z.number().min(0).max(1).default(0.5),
  /** Pictures that the base model draws beside each of a round, which nobody sees: those that the vote model
   * likes stand beside the
   * goods that people named, so that what is learned does not narrow to a handful. They are drawn while
   * people vote; 0 = none.
   */
  ghosts: z.number().min(0).max(2).default(2),
  until,
  /** Where a session picks (`session.picks`): drawings a picture that a round may cost, counted in the
   * network's calls; 1 = no
   * more than without. From 1.5 on little is gained. */
  draws: z.number().min(1).max(4).default(1.5),
  /** Where a session picks: share of the sampling steps after which what is expected of each image is looked
   * at, and the least
   * promising are dropped. Earlier, more can be begun for the same drawing, and less is seen of them. */
  look: z.number().min(0.05).max(0.9).default(0.2),
  /** Where a session picks: share of a round's images whose noises nobody chooses. Success, approval and the
   * goal are told by
   * them; fewer make those figures less certain, more leave less to choose. */
  unpickedShare: z.number().min(0).max(1).default(0.25),
  /**
   * Where a session picks: share of a round's images that the heads of the vote model disagree about, to ask
   * people.
   */
  unsureShare: z.number().min(0).max(1).default(0.1),
  /**
   * Where nobody named a best in a round: true = the vote model elects it again among all goods of the
   * session; false = the one before stays.
   */
  reelect: z.boolean().default(false),
  /**
   * Share of a round's images that start from hero noise, from the second round on; the others from plain
   * noise.
   */
  heroShare: z.number().min(0).max(1).default(0),
  ...heroNoiseParams,
});
export type AcclaimParams = z.infer<typeof acclaim>;

const hero = z.strictObject({
  ...adapterParams,
  ...policyGradientParams,
  lr: adapterParams.lr.default(3e-4),
  ...heroNoiseParams,
  /** Reproduce the released code's faults (a) and (b) and its narrower embedding. */
  faithful: z.boolean().default(false),
  /** Steps of the embedding a round, each on all images and freshly drawn triplets. */
  embeddingSteps: z.number().int().min(0).max(20000).default(500),
  /** Adam's learning rate for the embedding. */
  embeddingLr: z.number().positive().default(1e-5),
  /** Margin of the triplet loss. */
  margin: z.number().min(0).default(0.5),
  /** Likeness to the best, or the mean likeness to all goods. */
  reward: z.enum(['best', 'goods']).default('best'),
});
export type HeroParams = z.infer<typeof hero>;

const ddpo = z.strictObject({
  ...adapterParams,
  ...policyGradientParams,
  lr: adapterParams.lr.default(3e-4),
  timesteps: policyGradientParams.timesteps.default(null),
});
export type DdpoParams = z.infer<typeof ddpo>;

const d3po = z.strictObject({
  ...adapterParams,
  lr: adapterParams.lr.default(3e-5),
  /** Images that share one initial noise and are compared with each other. */
  group: z.number().int().min(2).max(64).default(7),
  /** Random timesteps trained of each group; null = all. */
  timesteps: z.number().int().min(1).nullable().default(null),
  /** Temperature of the preference. */
  beta: z.number().positive().default(0.1),
  /** Half width of the ratio's clip range. */
  clip: z.number().positive().lt(1).default(0.1),
});
export type D3poParams = z.infer<typeof d3po>;

const nft = z.strictObject({
  ...adapterParams,
  ...minutes,
  lr: adapterParams.lr.default(3e-4),
  /** Optimiser steps of a round. */
  steps: z.number().int().min(1).max(5000).default(24),
  /** Rows of an optimiser step. */
  batch: z.number().int().min(1).max(1024).default(32),
  /** How far the positive and the negative branch lie from the policy that drew the round. */
  beta: z.number().positive().max(10).default(1),
});
export type NftParams = z.infer<typeof nft>;

const papa = z.strictObject({
  ...adapterParams,
  lr: adapterParams.lr.default(1e-5),
  weightDecay: adapterParams.weightDecay.default(0),
  /** Weight of the pull towards liked images, and of the push away from the others. */
  pull: z.number().positive().default(0.1),
  /** Weight of the pull towards the base model, at liked images. */
  keep: z.number().min(0).default(0.009),
  /** Least timestep (of 1000) that is trained: 400, with `until` .6, makes it EPAPA. */
  from: z.number().int().min(0).max(999).default(0),
  until,
});
export type PapaParams = z.infer<typeof papa>;

interface LearnerRow {
  params: z.ZodObject;
  /** Its rounds keep the trajectory, and their sampler has to add noise. */
  comparesLikelihoods: boolean;
  /** What people are told of it, to choose by. */
  about: string;
}

export const learnerRegistry = {
  acclaim: {
    params: acclaim,
    comparesLikelihoods: false,
    about: 'guided regression on what was voted good',
  },
  hero: {
    params: hero,
    comparesLikelihoods: true,
    about: 'policy gradient on likeness to the best, by an embedding trained on the votes',
  },
  ddpo: { params: ddpo, comparesLikelihoods: true, about: 'policy gradient on the votes themselves' },
  d3po: { params: d3po, comparesLikelihoods: true, about: 'preferences between pictures of one first noise' },
  nft: {
    params: nft,
    comparesLikelihoods: false,
    about: 'towards good and away from bad, from clean pictures',
  },
  papa: { params: papa, comparesLikelihoods: false, about: 'a step for each picture, towards it or away' },
} as const satisfies Record<string, LearnerRow>;

export type LearnerName = keyof typeof learnerRegistry;
export type ParamsOf<N extends LearnerName> = z.infer<(typeof learnerRegistry)[N]['params']>;

/** In the registry's order. */
export const learnerNames = Object.keys(learnerRegistry) as [LearnerName, ...LearnerName[]];

/** Said where one is chosen. */
export const learnerWords = learnerNames.map((name) => `${name}: ${learnerRegistry[name].about}`).join('; ');

/** Whether a round's learning can be held to minutes. */
export const takesMinutes = (name: string): boolean =>
  Object.hasOwn(learnerRegistry, name) && 'minutes' in learnerRegistry[name as LearnerName].params.shape;

/** Of a name that is not in the registry (any more): false. */
export const comparesLikelihoods = (name: string): boolean =>
  Object.hasOwn(learnerRegistry, name) && learnerRegistry[name as LearnerName].comparesLikelihoods;

/**
 * What a learner does not know, or does not take, of the parameters that are given; defaults stand for the
 * others.
 */
export function paramFaults(name: LearnerName, given: Record<string, unknown>) {
  const { error } = learnerRegistry[name].params.safeParse(given);
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path.map(String),
    message: `${message} (learner ${name})`,
  }));
}
