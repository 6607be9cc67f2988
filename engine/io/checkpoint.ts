/**
 * A checkpoint's folder: all that the next round needs (docs/formats.md). The adapter is in diffusers' LoRA format and
 * can be used by itself. Invariants: the same state gives the same bytes; reading checks every hash, name and shape,
 * and refuses the rest as AcclaimError `checkpoint-corrupt`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { varietySchema } from '../../src/queue/jobs.js';
import { applied, type Drift, tunedOf } from '../learn/applied.js';
import { type EmbeddingSpec, embeddingShapes } from '../learn/embedding.js';
import type { AdamState } from '../learn/optimiser.js';
import { names, type Params } from '../learn/params.js';
import {
  readVoteModel,
  voteModelFacts,
  voteModelSchema,
  voteModelTensors,
} from '../learn/vote-model/file.js';
import type { VoteModel } from '../learn/vote-model/model.js';
import { type FloatTensor, f32, i64, stackRows, type Tensor } from '../runtime/tensor.js';
import { readFolder, writeFolder } from './folder.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const size = z.number().int().positive();
const count = z.number().int().nonnegative();

export const adapterSpecSchema = z.object({
  rank: size.max(256),
  /** The adapter's output is scaled by alpha / rank. */
  alpha: z.number().positive(),
  targets: z.enum(['attention', 'all']),
});

export const checkpointManifestSchema = z.object({
  format: z.literal('acclaim-checkpoint'),
  version: z.literal(1),
  learner: z.string(),
  /** The learner's parameters, as merged. */
  params: z.record(z.string(), z.unknown()),
  /** The round learned last. */
  round: count,
  seed: count,
  model: z.object({ sha256: z.string(), family: z.string() }),
  prompt: z.string(),
  negative: z.string(),
  adapter: adapterSpecSchema,
  latent: z.tuple([size, size, size]),
  embedding: z.object({ widen: z.union([z.literal(1), z.literal(2)]), steps: count }).nullable(),
  optimiser: z.object({ steps: count }),
  /** What was taken off the adapter, and the steps that it was fitted in; left out where nothing was. */
  drift: z.object({ lambda: z.number().positive().max(1), steps: count }).optional(),
  best: z.object({ round: count, index: count }).nullable(),
  /** The model of the voters; none while there are too few goods or bads, or pictures had no features. */
  voteModel: voteModelSchema.optional(),
  /** How varied the liked pictures of the round are beside those of the base model; where there are enough. */
  variety: varietySchema.optional(),
  /** Blocks drawn from each random stream (seed, round, purpose) in this round. */
  random: z.record(z.string(), count),
  /** Hash of the manifest this one continues; null after the first round. */
  parent: z.string().nullable(),
  /** UNet rows of one executor call, threads of an operator, device, precision: together they decide the bytes. */
  batch: count,
  /** Left out while nothing was chosen, as nothing was learned. With `batch` it holds for the whole session. */
  recompute: z.boolean().optional(),
  /** Images that the session's rounds are sampled by in one executor call, at most. */
  part: size.optional(),
  threads: count,
  device: z.string(),
  /** What networks were computed in; of before there was a choice, fp32. */
  precision: z.enum(['fp32', 'fp16']).default('fp32'),
  software: z.string(),
});
export type CheckpointManifest = z.infer<typeof checkpointManifestSchema>;

const VOTES = 'votes.safetensors';
const DRIFT = 'drift.safetensors';

/** What the base model saw in an image: name of a map -> its row. */
export type FeatureRows = Readonly<Record<string, Float32Array>>;

/** Which model drew an image: the base model, or that with the session's adapter. */
export const originSchema = z.enum(['base', 'tuned']);
export type Origin = z.infer<typeof originSchema>;
/** Their order is that of the numbers that stand for them. */
const origins = originSchema.options;

/** One voted image, kept for the whole session. */
export interface ReplayItem {
  /** z_0, flat. */
  latent: Float32Array;
  /** p(good). */
  label: number;
  weight: number;
  round: number;
  /** What the base model saw in it, map -> row; none where its round had none. */
  features?: FeatureRows | undefined;
  origin: Origin;
  /** It was chosen among more by what people had voted: it does not stand for what its model draws. */
  chosen?: true | undefined;
  /** Of a bad one: fault -> share of those who said what is wrong with it; left out where nobody did. */
  faults?: Readonly<Record<string, number>> | undefined;
  /** Of a good that may be elected best later: its noise z_T, flat, and its place in its round. */
  source?: { noise: Float32Array; index: number } | undefined;
}

/** A picture of the base model that nobody saw. */
export interface Ghost {
  /** z_0, flat. */
  latent: Float32Array;
  features: FeatureRows;
  /** Beside which it was drawn. */
  round: number;
}

/** What a learner carries from round to round. */
export interface LearnerState {
  adapter: Params;
  optimiser: AdamState;
  drift?: Drift | undefined;
  embedding: { spec: EmbeddingSpec; params: Params; optimiser: AdamState } | null;
  best: { latent: Float32Array; noise: Float32Array; round: number; index: number } | null;
  /** Noises of the last round's goods, the best excluded. */
  goods: Float32Array[];
  replay: ReplayItem[];
  ghosts?: Ghost[] | undefined;
  voteModel?: VoteModel | undefined;
}

export interface Checkpoint {
  manifest: CheckpointManifest;
  state: LearnerState;
  /** sha256 of manifest.json, which holds the hashes of all else. */
  hash: string;
}

/** Manifest fields that the state itself decides. */
type Derived = 'format' | 'version' | 'embedding' | 'optimiser' | 'best' | 'voteModel' | 'drift';

export function writeCheckpoint(
  out: string,
  state: LearnerState,
  facts: Omit<CheckpointManifest, Derived>,
): string {
  const { embedding, best, voteModel, drift } = state;
  const { spec, tensors } = applied(facts.adapter, state);
  const manifest: CheckpointManifest = {
    format: 'acclaim-checkpoint',
    version: 1,
    ...facts,
    embedding: embedding && { widen: embedding.spec.widen, steps: embedding.optimiser.step },
    optimiser: { steps: state.optimiser.step },
    best: best && { round: best.round, index: best.index },
    ...(drift && { drift: { lambda: drift.lambda, steps: drift.optimiser.step } }),
    ...(voteModel && { voteModel: voteModelFacts(voteModel) }),
  };
  return writeFolder(out, manifest, (folder) => {
    const save = (name: string, tensors: Record<string, Tensor>, metadata: Record<string, string> = {}) =>
      writeSafetensors(join(folder, name), tensors, metadata);
    save('adapter.safetensors', tensors, adapterMetadata({ ...facts, adapter: spec }));
    save('optimizer.safetensors', {
      ...prefixed('m.', state.optimiser.m),
      ...prefixed('v.', state.optimiser.v),
    });
    if (embedding)
      save('embedding.safetensors', {
        ...embedding.params,
        ...prefixed('m.', embedding.optimiser.m),
        ...prefixed('v.', embedding.optimiser.v),
      });
    if (drift)
      save(DRIFT, {
        ...drift.adapter,
        ...prefixed('m.', drift.optimiser.m),
        ...prefixed('v.', drift.optimiser.v),
      });
    save('state.safetensors', stateTensors(state, facts.latent));
    if (voteModel) save(VOTES, voteModelTensors(voteModel));
  });
}

/** What diffusers reads back (`lora_adapter_metadata`) and what people want to know of a file found years later. */
export function adapterMetadata(facts: Omit<CheckpointManifest, Derived>): Record<string, string> {
  const { rank, alpha } = facts.adapter;
  return {
    format: 'pt',
    lora_adapter_metadata: JSON.stringify({ 'unet.lora_alpha': alpha, 'unet.r': rank }),
    'acclaim.base_model_sha256': facts.model.sha256,
    'acclaim.prompt': facts.prompt,
    'acclaim.round': String(facts.round),
    'acclaim.seed': String(facts.seed),
    'acclaim.learner': facts.learner,
    'acclaim.device': facts.device,
    'acclaim.precision': facts.precision,
    'acclaim.software': facts.software,
    ...(untilOf(facts.params) < 1 && { 'acclaim.until': String(untilOf(facts.params)) }),
  };
}

/** Share of the sampling steps, from the noisy end, that the adapter was made to be on in. */
export const untilOf = ({ until }: CheckpointManifest['params']): number =>
  typeof until === 'number' ? until : 1;

function stateTensors(state: LearnerState, latent: readonly number[]): Record<string, Tensor> {
  const rows = (list: readonly Float32Array[]): FloatTensor =>
    list.length ? stackRows(list.map((data) => f32([1, ...latent], data))) : f32([0, ...latent], []);
  const { replay, best, ghosts = [] } = state;
  const tensors: Record<string, Tensor> = {
    'goods.noise': rows(state.goods),
    'replay.latents': rows(replay.map((item) => item.latent)),
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
      replay.map((item) => origins.indexOf(item.origin)),
    ),
    'replay.chosen': i64(
      [replay.length],
      replay.map((item) => (item.chosen ? 1 : 0)),
    ),
  };
  Object.assign(tensors, faultTensors(replay));
  const sources = replay.map(({ source }) => source);
  if (sources.some(Boolean)) {
    tensors['replay.indices'] = i64(
      [replay.length],
      sources.map((source) => source?.index ?? NO_SOURCE),
    );
    tensors['replay.noises'] = rows(sources.flatMap((source) => (source ? [source.noise] : [])));
  }
  if (ghosts.length > 0) {
    tensors['ghosts.latents'] = rows(ghosts.map((ghost) => ghost.latent));
    tensors['ghosts.rounds'] = i64(
      [ghosts.length],
      ghosts.map((ghost) => ghost.round),
    );
    Object.assign(tensors, featureTensors(GHOST_FEATURES, ghosts));
  }
  if (best) {
    tensors['best.latent'] = f32(latent, best.latent);
    tensors['best.noise'] = f32(latent, best.noise);
  }
  return tensors;
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

/** Of each fault that somebody named: its share of each image, below zero where nobody said what is wrong. None where nobody did at all. */
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
function faultsOf(state: Reader, count: number): (Record<string, number> | undefined)[] {
  const shares = state.names
    .filter((name) => name.startsWith(FAULTS))
    .map((name) => [name.slice(FAULTS.length), state.tensor(name, [count]).data] as const);
  return Array.from({ length: count }, (_, i) => {
    const said = shares.flatMap(([fault, share]) => (share[i]! > 0 ? [[fault, share[i]!] as const] : []));
    return said.length > 0 ? Object.fromEntries(said) : undefined;
  });
}

const FAULTS = 'replay.faults.';

/** Stands for the place of an image whose noise is not kept. */
const NO_SOURCE = -1;

/** At the places of those that have one. */
function sourcesOf(state: Reader, latent: readonly number[]): ReplayItem['source'][] {
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

const FEATURES = 'replay.features.';
const GHOST_FEATURES = 'ghosts.features.';

/** The rows of each image; those of zeros are none. */
function featuresOf(state: Reader, prefix: string, count: number): (FeatureRows | undefined)[] {
  const maps = state.names.filter((name) => name.startsWith(prefix));
  const found: Record<string, Float32Array>[] = Array.from({ length: count }, () => ({}));
  for (const name of maps)
    for (const [i, row] of state.table(name, count).entries())
      if (row.some((value) => value !== 0)) found[i]![name.slice(prefix.length)] = row;
  return found.map((rows) => (Object.keys(rows).length > 0 ? rows : undefined));
}

export function readCheckpoint(dir: string): Checkpoint {
  const { manifest, hash } = readFolder(dir, checkpointManifestSchema, 'checkpoint-corrupt');
  const load = (name: string) => new Reader(dir, name);
  const whole = load('adapter.safetensors').all();
  const adapter = manifest.drift ? tunedOf(whole, manifest.adapter) : whole;
  const optimizer = load('optimizer.safetensors');
  const state = load('state.safetensors');
  const { latent } = manifest;
  const labels = state.vector('replay.labels');
  const weights = state.vector('replay.weights');
  const rounds = state.vector('replay.rounds');
  const features = featuresOf(state, FEATURES, labels.length);
  // Checkpoints from before it was noted: the session's first round had no adapter, every other one had.
  const drawn = state.optionalVector('replay.origins') ?? rounds.map((round) => (round > 1 ? 1 : 0));
  const chosen = state.optionalVector('replay.chosen');
  const faults = faultsOf(state, labels.length);
  const sources = sourcesOf(state, latent);
  return {
    manifest,
    hash,
    state: {
      adapter,
      optimiser: optimizer.moments(manifest.optimiser.steps, shapesOf(adapter)),
      ...(manifest.drift && { drift: readDrift(load(DRIFT), manifest.drift, shapesOf(adapter)) }),
      embedding: manifest.embedding && readEmbedding(load('embedding.safetensors'), manifest),
      best: manifest.best && {
        latent: state.tensor('best.latent', latent).data,
        noise: state.tensor('best.noise', latent).data,
        ...manifest.best,
      },
      goods: state.rows('goods.noise', latent),
      replay: state.rows('replay.latents', latent).map((z0, i) => ({
        latent: z0,
        label: labels[i]!,
        weight: weights[i]!,
        round: rounds[i]!,
        ...(features[i] && { features: features[i] }),
        ...(chosen?.[i] && { chosen: true as const }),
        ...(faults[i] && { faults: faults[i] }),
        ...(sources[i] && { source: sources[i] }),
        origin: origins[drawn[i]!] ?? state.refuse(`replay.origins holds ${drawn[i]}`),
      })),
      ...ghostsOf(state, latent),
      ...(manifest.voteModel && { voteModel: readVoteModel(load(VOTES), manifest.voteModel) }),
    },
  };
}

/** None in checkpoints from before there were any, and where none were asked for. */
function ghostsOf(state: Reader, latent: readonly number[]): { ghosts?: Ghost[] } {
  const rounds = state.optionalVector('ghosts.rounds');
  if (!rounds) return {};
  const latents = state.rows('ghosts.latents', latent);
  const features = featuresOf(state, GHOST_FEATURES, rounds.length);
  const ghosts = rounds.map((round, i) => ({ latent: latents[i]!, features: features[i] ?? {}, round }));
  return { ghosts };
}

function readEmbedding(reader: Reader, manifest: CheckpointManifest): LearnerState['embedding'] {
  const { widen, steps } = manifest.embedding!;
  const spec: EmbeddingSpec = { latent: manifest.latent, widen };
  const shapes = embeddingShapes(spec);
  const params = Object.fromEntries(Object.entries(shapes).map(([n, shape]) => [n, reader.tensor(n, shape)]));
  return { spec, params, optimiser: reader.moments(steps, shapes) };
}

function readDrift(
  reader: Reader,
  { lambda, steps }: { lambda: number; steps: number },
  shapes: Shapes,
): Drift {
  const adapter = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, reader.tensor(name, shape)]),
  );
  return { adapter, optimiser: reader.moments(steps, shapes), lambda };
}

type Shapes = Record<string, readonly number[]>;

const shapesOf = (params: Params): Shapes =>
  Object.fromEntries(names(params).map((name) => [name, params[name]!.shape]));

const prefixed = (prefix: string, params: Params): Params =>
  Object.fromEntries(names(params).map((name) => [prefix + name, params[name]!]));

/** One safetensors file of a checkpoint, whose tensors must have the shapes that the manifest implies. */
class Reader {
  private readonly tensors: Record<string, Tensor>;

  constructor(
    private readonly dir: string,
    private readonly file: string,
  ) {
    this.tensors = readSafetensors(join(dir, file), 'checkpoint-corrupt');
  }

  tensor(name: string, shape: readonly number[]): FloatTensor {
    const tensor = this.tensors[name];
    if (tensor?.dtype !== 'float32' || tensor.shape.join() !== shape.join())
      return this.refuse(
        `${name} is ${tensor ? `${tensor.dtype}[${tensor.shape}]` : 'missing'}, not [${shape}]`,
      );
    if (!tensor.data.every(Number.isFinite)) return this.refuse(`${name} holds numbers that are not finite`);
    return tensor;
  }

  all(): Params {
    return Object.fromEntries(
      Object.keys(this.tensors).map((name) => [name, this.tensor(name, this.tensors[name]!.shape)]),
    );
  }

  moments(step: number, shapes: Shapes): AdamState {
    const read = (prefix: string): Params =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, this.tensor(prefix + name, shape)]),
      );
    return { step, m: read('m.'), v: read('v.') };
  }

  vector(name: string): number[] {
    const tensor = this.tensors[name] ?? this.refuse(`${name} is missing`);
    return Array.from(tensor.data, Number);
  }

  optionalVector(name: string): number[] | undefined {
    return this.tensors[name] && this.vector(name);
  }

  rows(name: string, latent: readonly number[]): Float32Array[] {
    const found = this.tensors[name]?.shape[0] ?? 0;
    const { data } = this.tensor(name, [found, ...latent]);
    const each = latent.reduce((a, b) => a * b, 1);
    return Array.from({ length: found }, (_, i) => data.slice(i * each, (i + 1) * each));
  }

  /** [count, any width]. */
  table(name: string, count: number): Float32Array[] {
    const width = this.tensors[name]?.shape[1] ?? 0;
    const { data } = this.tensor(name, [count, width]);
    return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
  }

  get names(): string[] {
    return Object.keys(this.tensors);
  }

  refuse(why: string): never {
    throw new AcclaimError(
      'checkpoint-corrupt',
      `${this.dir}: ${this.file}: ${why}`,
      'Roll the session back to an earlier checkpoint.',
    );
  }
}
