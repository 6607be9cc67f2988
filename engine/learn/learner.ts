/**
 * The one interface of all learners: (round, feedback, state) -> the state after it and the next round's
 * noise. Invariants: a learner draws randomness only from the streams it is handed, looks at `signal` between
 * optimiser steps, and never changes the state it was given; the same inputs give the same state, bit for bit
 * at one thread.
 */
import type { z } from 'zod';
import type { AdapterHyperparameters, LearnerName } from '../../src/config/learners.js';
import type { Rng } from '../../src/rng.js';
import type { Text } from '../../src/words/text.js';
import type { Sampler } from '../diffusion/schedule.js';
import { image } from '../io/latents.js';
import type { LearnerState } from '../io/learner-state.js';
import type { Ghost, ReplayItem } from '../io/remembered.js';
import { featuresOf, isChosen, originOf, type Round } from '../io/round.js';
import type { VoteModel } from '../io/vote-model.js';
import type { Pipeline } from '../models/pipeline.js';
import type { TextFeeds } from '../models/prompt.js';
import { adapterShapes } from '../nn/lora.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { Judged } from './feedback.js';
import { adapterSpec, optimiserOptions } from './hyperparameters.js';
import { initAdapter } from './lora-init.js';
import { adam } from './optimiser.js';
import type { PickingRule } from './picks.js';
import type { Moved } from './trainer.js';

/** A round's optimiser steps as a learner wants them. */
export interface WantedSteps {
  readonly steps: number;
  /** Rows of a step. */
  readonly batch: number;
  /** Rows of one executor call. */
  readonly rows: number;
  /** Adapters that are fitted. */
  readonly fits: number;
}

/** What of them is done. */
export interface AffordedSteps {
  readonly steps: number;
  readonly batch: number;
  /** Pictures that the collapse guard looks at. */
  readonly probes: number;
}

/** Rows of one executor call, and whether activations are computed again on the way back. */
export type BatchPlan = {
  readonly rows: number;
  readonly recompute: boolean;
};

export interface LearnContext<P> {
  pipeline: Pipeline;
  cache: ExecutorCache;
  params: P;
  sampler: Sampler;
  round: Round;
  judged: Judged;
  /** State after the round before; null in the first. */
  state: LearnerState | null;
  /** What the texts without and with the prompt are to the network. */
  text: TextFeeds;
  /** The same of an earlier round's prompt, where the session draws several in turn. */
  textOf?: ((round: number) => TextFeeds) | undefined;
  /** The stream of this session and round for a purpose. */
  rng: (purpose: string) => Rng;
  /** How the session's runs were made to fit before; null while nothing was chosen. */
  chosen: BatchPlan | null;
  /**
   * Told how the run was made to fit, before it begins, and the floating-point operations of one executor
   * call.
   */
  fitted: (fit: BatchPlan, flops: number) => void;
  /** What fits into the minutes that a round may take; decided once. Left out = everything. */
  afford?: ((wanted: WantedSteps) => AffordedSteps) | undefined;
  /** Pictures that the collapse guard looks at; left out = as many as it wants. */
  probes?: number | undefined;
  /** Stage, steps done, steps in all; before the first step also the executor's calls in each. */
  progress: (stage: 'embed' | 'train', done: number, total: number, calls?: number) => void;
  /** The furthest that was done of `learner.ahead`'s work on this round, of at most so many steps. */
  ahead?: ((steps: number) => Reached | undefined) | undefined;
  /** The model of the voters after these votes. */
  voteModel?: ((replay: readonly ReplayItem[]) => VoteModel | null) | undefined;
  /**
   * P(good) of each remembered picture by heads that did not see its vote; null of one that none learned
   * from.
   */
  crossFitted?: ((replay: readonly ReplayItem[]) => (number | null)[]) | undefined;
  /** This round's ghosts, as many as `learner.ghosts` asks for; drawn where nobody drew them ahead. */
  ghosts?: (() => Promise<Ghost[]>) | undefined;
  signal: AbortSignal;
}

export interface LearnOutcome {
  state: LearnerState;
  /** False when the round could teach nothing; `state` then differs only in what was remembered. */
  learned: boolean;
  /** Loss of each optimiser step. */
  losses: number[];
  /** Said to people. */
  notes: Text[];
}

/** A round that teaches nothing: `state` differs only in what was remembered. `why` is said to people. */
export const untrained = (state: LearnerState, why: Text): LearnOutcome => ({
  state,
  learned: false,
  losses: [],
  notes: [why],
});

/** Where a fit has come to. */
export interface Reached extends Moved {
  steps: number;
}

/** Work on a round that needs none of its votes. */
export interface AheadWork {
  start: Reached;
  /** Steps that are worth taking. */
  steps: number;
  /** To so many steps in all. `signal`: over the context's. */
  advance(from: Reached, steps: number, signal?: AbortSignal): Promise<Reached>;
}

export interface DrawingRule {
  /** Share of a round's images that the base model draws. */
  baseShare: number;
  /** Share of the sampling steps, from the noisy end, that the adapter is on in. */
  until: number;
}

/** What a learner does. */
export interface Method<P extends AdapterHyperparameters = AdapterHyperparameters> {
  learn(context: LearnContext<P>): Promise<LearnOutcome>;
  /**
   * What can be done while people vote; `learn` goes on from it and gives the same bytes with and without.
   */
  ahead?(
    context: Omit<LearnContext<P>, 'judged' | 'ahead' | 'voteModel' | 'crossFitted' | 'ghosts'>,
  ): AheadWork | null;
  /** Pictures of the base model that it wants beside a round, which nobody sees; default: none. */
  ghosts?(params: P, round: Round, state: LearnerState | null): number;
  /**
   * How the rounds that follow a learned one are drawn; default: every image by the tuned model, in all
   * steps.
   */
  drawing?(params: P, state: LearnerState): DrawingRule;
  /**
   * How its rounds are chosen among more noises than pictures, where a session asks for that; default: not at
   * all.
   */
  picking?(params: P): PickingRule;
  /** Noise of the next round's `count` images, each `size` values; `state` null before any feedback. */
  noise(state: LearnerState | null, count: number, size: number, params: P, rng: Rng): Float32Array[];
}

/** A method with its row of the registry (src/config/learners.ts). */
export interface Learner<P extends AdapterHyperparameters = AdapterHyperparameters> extends Method<P> {
  readonly name: LearnerName;
  /** Every parameter with its default, unit and effect; what is not named is refused. */
  readonly params: z.ZodType<P>;
  /** Whether rounds must keep their trajectory (likelihoods are trained on it). */
  readonly comparesLikelihoods: boolean;
  /** What people are told of it, to choose by. */
  readonly about: string;
}

/** What the first round starts from. */
export function firstState({
  pipeline,
  params,
  rng,
}: Pick<LearnContext<AdapterHyperparameters>, 'pipeline' | 'params' | 'rng'>): LearnerState {
  const spec = adapterSpec(params);
  const adapter = initAdapter(adapterShapes(pipeline, spec), spec.rank, rng('adapter'));
  const optimiser = adam(optimiserOptions(params)).init(adapter);
  return { adapter, optimiser, embedding: null, best: null, positives: [], replay: [] };
}

/** A learner that fits no drift adapter draws and trains what was tuned, and leaves the other behind. */
export const stateFor = <P extends AdapterHyperparameters>(
  { ahead }: Pick<Method<P>, 'ahead'>,
  state: LearnerState,
): LearnerState => (ahead ? state : { ...state, drift: undefined });

/**
 * The voted images of this round, as they are remembered; `sources`: goods with what they need to become the
 * best later.
 */
export function newReplay(round: Round, judged: Judged, sources = false): ReplayItem[] {
  return judged.labels.map(({ index, good, weight, faults }) => ({
    latent: image(round.latents, index),
    label: good,
    weight,
    round: round.manifest.round,
    ...(round.features && { features: featuresOf(round.features, index) }),
    origin: originOf(round.manifest, index),
    ...(isChosen(round.manifest, index) && { chosen: true as const }),
    ...(faults && { faults }),
    ...(sources && good > 0.5 && { source: { noise: image(round.noise, index), index } }),
  }));
}

/** Replay without what this very round had put there (a round learned again replaces itself). */
export function mergeReplay(
  old: readonly ReplayItem[],
  added: readonly ReplayItem[],
  round: number,
): ReplayItem[] {
  return [...old.filter((item) => item.round !== round), ...added];
}
