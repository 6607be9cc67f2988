/**
 * What a checkpoint remembers of pictures, as tensors: those that were voted on (replay) and the base model's
 * that nobody saw (ghosts). What no picture has leaves no tensor, so that a session without it has the bytes
 * of before there was any.
 */
import { type FloatTensor, f32, i64, stackRows, type Tensor } from '../runtime/tensor.js';
import type { CheckpointReader } from './checkpoint-reader.js';
import { type FeatureRows, type Ghost, originSchema, type ReplayItem } from './remembered.js';

const FEATURES = 'replay.features.';
const FAULTS = 'replay.faults.';
const GHOST_FEATURES = 'ghosts.features.';
/** Stands for the place of an image whose noise is not kept. */
const NO_SOURCE = -1;

/** Arrays of `latent`'s shape -> [N, ...latent]; N may be 0. */
export const stacked = (list: readonly Float32Array[], latent: readonly number[]): FloatTensor =>
  list.length ? stackRows(list.map((data) => f32([1, ...latent], data))) : f32([0, ...latent], []);

/** Replay -> tensors of N rows each. */
export function replayTensors(
  replay: readonly ReplayItem[],
  latent: readonly number[],
): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {
    'replay.latents': stacked(
      replay.map((item) => item.latent),
      latent,
    ),
    'replay.labels': f32(
      [replay.length],
      replay.map((item) => item.label),
    ),
    'replay.weights': f32(
      [replay.length],
      replay.map((item) => item.weight),
    ),
    'replay.rounds': i64(
      [replay.length],
      replay.map((item) => item.round),
    ),
    ...featureTensors(FEATURES, replay),
    'replay.origins': i64(
      [replay.length],
      replay.map((item) => originSchema.options.indexOf(item.origin)),
    ),
    'replay.chosen': i64(
      [replay.length],
      replay.map((item) => (item.chosen ? 1 : 0)),
    ),
    ...faultTensors(replay),
  };
  const sources = replay.map(({ source }) => source);
  if (sources.some(Boolean)) {
    tensors['replay.indices'] = i64(
      [replay.length],
      sources.map((source) => source?.index ?? NO_SOURCE),
    );
    tensors['replay.noises'] = stacked(
      sources.flatMap((source) => (source ? [source.noise] : [])),
      latent,
    );
  }
  return tensors;
}

/** Errors: checkpoint-corrupt. */
export function readReplay(state: CheckpointReader, latent: readonly number[]): ReplayItem[] {
  const labels = state.vector('replay.labels');
  const weights = state.vector('replay.weights');
  const rounds = state.vector('replay.rounds');
  const features = featuresOf(state, FEATURES, labels.length);
  // Checkpoints from before it was noted: the session's first round had no adapter, every other one had.
  const drawn = state.optionalVector('replay.origins') ?? rounds.map((round) => (round > 1 ? 1 : 0));
  const chosen = state.optionalVector('replay.chosen');
  const faults = faultsOf(state, labels.length);
  const sources = sourcesOf(state, latent);
  return state.rows('replay.latents', latent).map((z0, i) => ({
    latent: z0,
    label: labels[i]!,
    weight: weights[i]!,
    round: rounds[i]!,
    ...(features[i] && { features: features[i] }),
    ...(chosen?.[i] && { chosen: true as const }),
    ...(faults[i] && { faults: faults[i] }),
    ...(sources[i] && { source: sources[i] }),
    origin: originSchema.options[drawn[i]!] ?? state.refuse(`replay.origins holds ${drawn[i]}`),
  }));
}

/** None of no ghosts. */
export function ghostTensors(ghosts: readonly Ghost[], latent: readonly number[]): Record<string, Tensor> {
  if (ghosts.length === 0) return {};
  return {
    'ghosts.latents': stacked(
      ghosts.map((ghost) => ghost.latent),
      latent,
    ),
    'ghosts.rounds': i64(
      [ghosts.length],
      ghosts.map((ghost) => ghost.round),
    ),
    ...featureTensors(GHOST_FEATURES, ghosts),
  };
}

/** None in checkpoints from before there were any, and where none were asked for. */
export function readGhosts(state: CheckpointReader, latent: readonly number[]): { ghosts?: Ghost[] } {
  const rounds = state.optionalVector('ghosts.rounds');
  if (!rounds) return {};
  const latents = state.rows('ghosts.latents', latent);
  const features = featuresOf(state, GHOST_FEATURES, rounds.length);
  const ghosts = rounds.map((round, i) => ({ latent: latents[i]!, features: features[i] ?? {}, round }));
  return { ghosts };
}

/** Of each map that some image has: a row an image, zeros where one has none. */
function featureTensors(
  prefix: string,
  images: readonly { features?: FeatureRows | undefined }[],
): Record<string, Tensor> {
  const widths = new Map(
    images.flatMap(({ features = {} }) => Object.entries(features).map(([map, row]) => [map, row.length])),
  );
  return Object.fromEntries(
    [...widths].map(([map, width]) => {
      const tensor = f32([images.length, width]);
      for (const [i, { features }] of images.entries()) tensor.data.set(features?.[map] ?? [], i * width);
      return [prefix + map, tensor];
    }),
  );
}

/**
 * Of each fault that somebody named: its share of each image, below zero where nobody said what is wrong.
 * None where nobody did at all.
 */
function faultTensors(replay: readonly ReplayItem[]): Record<string, Tensor> {
  const named = [...new Set(replay.flatMap(({ faults = {} }) => Object.keys(faults)))].sort();
  return Object.fromEntries(
    named.map((fault) => [
      FAULTS + fault,
      f32(
        [replay.length],
        replay.map(({ faults }) => (faults ? (faults[fault] ?? 0) : -1)),
      ),
    ]),
  );
}

/** Undefined for images of which nobody said anything. */
function faultsOf(state: CheckpointReader, count: number): (Record<string, number> | undefined)[] {
  const shares = state.names
    .filter((name) => name.startsWith(FAULTS))
    .map((name) => [name.slice(FAULTS.length), state.tensor(name, [count]).data] as const);
  return Array.from({ length: count }, (_, i) => {
    const said = shares.flatMap(([fault, share]) => (share[i]! > 0 ? [[fault, share[i]!] as const] : []));
    return said.length > 0 ? Object.fromEntries(said) : undefined;
  });
}

/** At the places of those that have one. */
function sourcesOf(state: CheckpointReader, latent: readonly number[]): ReplayItem['source'][] {
  const indices = state.optionalVector('replay.indices');
  if (!indices) return [];
  const noises = state.rows('replay.noises', latent);
  let next = 0;
  return indices.map((index) => {
    if (index === NO_SOURCE) return undefined;
    const noise = noises[next++] ?? state.refuse('replay.noises has too few rows');
    return { noise, index };
  });
}

/** The rows of each image; those of zeros are none. */
function featuresOf(state: CheckpointReader, prefix: string, count: number): (FeatureRows | undefined)[] {
  const maps = state.names.filter((name) => name.startsWith(prefix));
  const found: Record<string, Float32Array>[] = Array.from({ length: count }, () => ({}));
  for (const name of maps)
    for (const [i, row] of state.table(name, count).entries())
      if (row.some((value) => value !== 0)) found[i]![name.slice(prefix.length)] = row;
  return found.map((rows) => (Object.keys(rows).length > 0 ? rows : undefined));
}
