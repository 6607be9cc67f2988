/**
 * Fits the vote model to all votes of a session. On every map, at every ridge, each vote is scored by a head
 * that did not see it; what is told in that way, L = the mean cross-entropy, decides how much a map counts:
 * in proportion to exp(-L x the votes' weight), as if each were a model with the likelihood of the votes that
 * it did not see. A map that tells no more than others costs little by being asked, one that tells more is
 * heard nearly alone, and maps that tell the same are better together than any of them. Soft labels and
 * weights count as they are, unless they are doubted (doubt.ts); the same votes and stream give the same
 * model.
 */
import type { Rng } from '../../../src/rng.js';
import type { ReplayItem } from '../../io/remembered.js';
import type { Calibration, VoteHead, VoteModel } from '../../io/vote-model.js';
import { aucError, type Voted, weightedAuc } from './auc.js';
import { calibrate, crossEntropy, probability } from './calibrate.js';
import { type Doubt, taughtBy } from './doubt.js';
import type { PictureFeatures } from './model.js';
import { directionOf, type Fitted, fitRidge, type Standardised, standardise } from './ridge.js';

export interface VoteExample extends Voted {
  readonly features: PictureFeatures;
}

/** Heads, and shares of the votes of which each misses one. */
const FOLDS = 8;
/** As shares of a map's variance: little where much is told, more where votes are few or err. */
const RIDGES = [0.03, 0.3, 3];
/**
 * Votes that are looked at, the newest: the work grows with their cube, and takes .6 s with so many on the
 * miniature.
 */
const MOST = 512;
/** Goods, and bads, below which nothing is said. */
const LEAST = 2;
/**
 * Cross-validated AUC, its standard error taken off, from which on votes are doubted: a model that hardly
 * tells takes for wrong what it has not understood.
 */
const LEAST_DOUBTING = 0.6;
/** What counts less than this is left out. */
const LEAST_SHARE = 0.01;

/** One map at one ridge. */
interface Candidate {
  map: string;
  standardised: Standardised;
  fitted: Fitted;
  calibration: Calibration;
  /** L. */
  loss: number;
}

/** Of what a session remembers. */
export const votesOf = (replay: readonly ReplayItem[]): VoteExample[] =>
  replay.map(({ features = {}, label, weight }) => ({ features, label, weight }));

/** Null while there are too few goods or bads, or pictures have no map in common. */
export function fitVoteModel(
  examples: readonly VoteExample[],
  rng: Rng,
  doubt: Partial<Doubt> = {},
): VoteModel | null {
  return fitHeldOut(examples, rng, doubt)?.model ?? null;
}

/**
 * The same, with P(good) of the votes that count (`votes`) by heads that did not see them, which took them as
 * they were cast.
 */
export function fitHeldOut(
  examples: readonly VoteExample[],
  rng: Rng,
  doubt: Partial<Doubt> = {},
): { model: VoteModel; votes: readonly VoteExample[]; p: readonly number[] } | null {
  const task = taskOf(examples, rng);
  if (!task) return null;
  const { votes, maps, folds } = task;
  const { auc, plain, taught } = heedful(task, doubt);
  const { heard, calibration } = taught;
  const model = {
    maps: Object.fromEntries(maps.flatMap((map) => shareOf(map, heard))),
    votes: votes.length,
    auc,
    aucError: aucError(auc, votes),
    heads: folds.map((_, fold) => headOf(heard, fold)),
    calibration,
  };
  return { model, votes, p: plain.p() };
}

/**
 * P(good) of the votes that count, by heads that did not see them, which learned from the others as `doubt`
 * leaves them; null as above.
 */
export function crossFitted(
  examples: readonly VoteExample[],
  rng: Rng,
  doubt: Partial<Doubt> = {},
): number[] | null {
  const task = taskOf(examples, rng);
  return task ? heedful(task, doubt).taught.p() : null;
}

/**
 * The same at the place of each example; null of one that no head learned from, and of all while nothing is
 * said.
 */
export function crossFittedOf(
  examples: readonly VoteExample[],
  rng: Rng,
  doubt: Partial<Doubt> = {},
): (number | null)[] {
  const said = crossFitted(examples, rng, doubt);
  const places = new Map(counted(examples).map((example, at) => [example, at]));
  return examples.map((example) => said?.[places.get(example) ?? -1] ?? null);
}

/**
 * The votes that heads learn from: the newest of those that have weight, on pictures that something is known
 * of.
 */
export const counted = <V extends VoteExample>(examples: readonly V[]): V[] =>
  examples.filter(({ weight, features }) => weight > 0 && Object.keys(features).length > 0).slice(-MOST);

function taskOf(examples: readonly VoteExample[], rng: Rng) {
  const votes = counted(examples);
  const maps = commonMaps(votes);
  const goods = votes.filter(({ label }) => label > 0.5).length;
  const bads = votes.filter(({ label }) => label < 0.5).length;
  if (maps.length === 0 || goods < LEAST || bads < LEAST) return null;
  const folds = foldsOf(votes, rng);
  const rows = maps.map((map) => [map, standardisedOf(map, votes)] as const);
  return { votes, maps, folds, teach: (taught: readonly Voted[]) => crossFit(rows, votes, taught, folds) };
}

/** Heads that took the votes as they were cast, and those that learned from what `doubt` makes of them. */
function heedful({ votes, teach }: NonNullable<ReturnType<typeof taskOf>>, doubt: Partial<Doubt>) {
  const plain = teach(votes);
  // Doubted labels have seen each other: how well the model tells is said by heads that took votes as they
  // were cast.
  const auc = weightedAuc(plain.heldOut, votes);
  const doubts = auc - aucError(auc, votes) >= LEAST_DOUBTING;
  const labels = doubts ? taughtBy(votes, plain.p(), (taught) => teach(taught).p(), doubt) : votes;
  return { auc, plain, taught: labels === votes ? plain : teach(labels) };
}

const weightOf = (votes: readonly Voted[]): number => votes.reduce((sum, { weight }) => sum + weight, 0);

/** Names of the maps that every voted picture has, sorted. */
function commonMaps(votes: readonly VoteExample[]): string[] {
  const [first, ...others] = votes;
  return Object.keys(first?.features ?? {})
    .filter((map) => others.every(({ features }) => features[map]))
    .sort();
}

const standardisedOf = (map: string, votes: readonly VoteExample[]): Standardised =>
  standardise(votes.map(({ features, ...vote }) => ({ row: features[map]!, ...vote })));

/** Heads learn from `taught`; what they tell is held against the votes as they were cast. */
function crossFit(
  maps: readonly (readonly [string, Standardised])[],
  votes: readonly Voted[],
  taught: readonly Voted[],
  folds: readonly number[][],
) {
  const candidates = maps.flatMap(([map, rows]) => candidatesOf(map, rows, votes, taught, folds));
  const heard = shares(candidates, weightOf(votes));
  // In the units of each candidate's own calibration, so that they can be added.
  const heldOut = votes.map((_, i) =>
    heard.reduce((sum, { share, candidate: { fitted, calibration } }) => {
      return sum + share * (calibration.slope * fitted.heldOut[i]! + calibration.offset);
    }, 0),
  );
  const calibration = calibrate(heldOut, votes);
  /** P(good) of each vote by heads that did not see it. */
  const p = () => heldOut.map((score) => probability(calibration, score));
  return { heard, heldOut, calibration, p };
}

function candidatesOf(
  map: string,
  standardised: Standardised,
  votes: readonly Voted[],
  taught: readonly Voted[],
  folds: readonly number[][],
): Candidate[] {
  return RIDGES.map((ridge) => {
    const fitted = fitRidge(standardised, taught, ridge, folds);
    const calibration = calibrate(fitted.heldOut, votes);
    return { map, standardised, fitted, calibration, loss: crossEntropy(calibration, fitted.heldOut, votes) };
  });
}

interface Heard {
  candidate: Candidate;
  share: number;
}

function shares(candidates: readonly Candidate[], weight: number): Heard[] {
  const least = Math.min(...candidates.map(({ loss }) => loss));
  const weigh = (list: readonly Candidate[]): Heard[] => {
    const weights = list.map(({ loss }) => Math.exp(-weight * (loss - least)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    return list.map((candidate, i) => ({ candidate, share: weights[i]! / total }));
  };
  const heard = weigh(candidates).filter(({ share }) => share >= LEAST_SHARE);
  return weigh(heard.map(({ candidate }) => candidate));
}

function shareOf(map: string, heard: readonly Heard[]): [string, number][] {
  const own = heard.filter(({ candidate }) => candidate.map === map);
  return own.length > 0 ? [[map, own.reduce((sum, { share }) => sum + share, 0)]] : [];
}

/** What the candidates' heads of a fold say together: a sum of linear scores is one. */
function headOf(heard: readonly Heard[], fold: number): VoteHead {
  const weights: Record<string, Float64Array> = {};
  let offset = 0;
  for (const { candidate, share } of heard) {
    const { map, standardised, fitted, calibration } = candidate;
    const direction = directionOf(standardised, fitted.heads[fold]!);
    const by = share * calibration.slope;
    weights[map] ??= new Float64Array(direction.weights.length);
    for (let j = 0; j < direction.weights.length; j++) weights[map][j]! += by * direction.weights[j]!;
    offset += by * direction.offset + share * calibration.offset;
  }
  // As they are stored: the same numbers, fitted or read.
  return {
    weights: Object.fromEntries(Object.entries(weights).map(([map, w]) => [map, Float32Array.from(w)])),
    offset: Math.fround(offset),
  };
}

/** Each with its share of goods and of bads, dealt from opposite ends so that folds are of equal size. */
function foldsOf(votes: readonly VoteExample[], rng: Rng): number[][] {
  const order = rng.shuffle(votes.map((_, i) => i));
  const folds = Array.from({ length: Math.min(FOLDS, order.length) }, (): number[] => []);
  for (const [at, i] of order.filter((i) => votes[i]!.label > 0.5).entries())
    folds[at % folds.length]!.push(i);
  for (const [at, i] of order.filter((i) => votes[i]!.label <= 0.5).entries())
    folds.at(-1 - (at % folds.length))!.push(i);
  return folds;
}
