/**
 * A checkpoint's folder: all that the next round needs (docs/formats.md). The adapter is in diffusers' LoRA
 * format and can be used by itself. Invariants: the same state gives the same bytes; reading checks every
 * hash, name and shape, and refuses the rest as AcclaimError `checkpoint-corrupt`.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { calledOf } from '../../src/models/adapter-name.js';
import { type StackedAdapter, stackedSchema, varietySchema } from '../../src/queue/jobs.js';
import { learningPlanSchema } from '../../src/queue/plan-fields.js';
import { applied, tunedOf } from '../adapters/applied.js';
import { type NamedTensors, names } from '../runtime/named-tensors.js';
import { f32, type Tensor } from '../runtime/tensor.js';
import { CheckpointReader, type Shapes } from './checkpoint-reader.js';
import { type EmbeddingSpec, embeddingShapes } from './embedding-tensors.js';
import { readFolder, writeFolder } from './folder.js';
import type { Drift, LearnerState } from './learner-state.js';
import { ghostTensors, readGhosts, readReplay, replayTensors, stacked } from './replay-tensors.js';
import { writeSafetensors } from './safetensors.js';
import { readVoteModel, voteModelFacts, voteModelSchema, voteModelTensors } from './vote-model.js';

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
  /** What voters were told makes a picture good; left out where nothing was said. */
  criterion: z.string().optional(),
  adapter: adapterSpecSchema,
  /** LoRAs that the session is drawn with and learns without, by their files' names; left out = none. */
  stack: z.array(stackedSchema).optional(),
  latent: z.tuple([size, size, size]),
  embedding: z.object({ widen: z.union([z.literal(1), z.literal(2)]), steps: count }).nullable(),
  optimiser: z.object({ steps: count }),
  /** What was taken off the adapter, and the steps that it was fitted in; left out where nothing was. */
  drift: z.object({ lambda: z.number().positive().max(1), steps: count }).optional(),
  best: z.object({ round: count, index: count }).nullable(),
  /** The model of the voters; none while there are too few goods or bads, or pictures had no features. */
  voteModel: voteModelSchema.optional(),
  /**
   * How varied the liked pictures of the round are beside those of the base model; where there are enough.
   */
  variety: varietySchema.optional(),
  /** How its training was held to minutes; left out where they are not bounded. */
  plan: learningPlanSchema.optional(),
  /** Blocks drawn from each random stream (seed, round, purpose) in this round. */
  random: z.record(z.string(), count),
  /** Hash of the manifest this one continues; null after the first round. */
  parent: z.string().nullable(),
  /**
   * UNet rows of one executor call, threads of an operator, device, precision: together they decide the
   * bytes.
   */
  batch: count,
  /**
   * Left out while nothing was chosen, as nothing was learned. With `batch` it holds for the whole session.
   */
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

export interface Checkpoint {
  manifest: CheckpointManifest;
  state: LearnerState;
  /** sha256 of manifest.json, which holds the hashes of all else. */
  hash: string;
}

/** Manifest fields that the state itself decides. */
type Derived = 'format' | 'version' | 'embedding' | 'optimiser' | 'best' | 'voteModel' | 'drift';

/** Writes the folder whole and returns the hash of its manifest. Errors: disk-full, data-unwritable. */
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

/**
 * What diffusers reads back (`lora_adapter_metadata`) and what people want to know of a file found years
 * later.
 */
export function adapterMetadata(facts: Omit<CheckpointManifest, Derived>): Record<string, string> {
  const { rank, alpha } = facts.adapter;
  return {
    format: 'pt',
    lora_adapter_metadata: JSON.stringify({ 'unet.lora_alpha': alpha, 'unet.r': rank }),
    'acclaim.base_model_sha256': facts.model.sha256,
    'acclaim.prompt': facts.prompt,
    ...(facts.criterion !== undefined && { 'acclaim.criterion': facts.criterion }),
    'acclaim.round': String(facts.round),
    'acclaim.seed': String(facts.seed),
    'acclaim.learner': facts.learner,
    'acclaim.device': facts.device,
    'acclaim.precision': facts.precision,
    'acclaim.software': facts.software,
    ...(untilOf(facts.params) < 1 && { 'acclaim.until': String(untilOf(facts.params)) }),
    ...(facts.stack && { 'acclaim.drawn_with': stackInMetadata(facts.stack) }),
  };
}

/** LoRAs as a file's metadata name them: what each is called, its weight, licence and hash; JSON. */
export const stackInMetadata = (stack: readonly StackedAdapter[]): string =>
  JSON.stringify(
    stack.map(({ weight, licence, sha256, ...one }) => ({ name: calledOf(one), weight, licence, sha256 })),
  );

/** Share of the sampling steps, from the noisy end, that the adapter was made to be on in. */
export const untilOf = ({ until }: CheckpointManifest['params']): number =>
  typeof until === 'number' ? until : 1;

function stateTensors(state: LearnerState, latent: readonly number[]): Record<string, Tensor> {
  const { best } = state;
  const tensors: Record<string, Tensor> = {
    'goods.noise': stacked(state.positives, latent),
    ...replayTensors(state.replay, latent),
    ...ghostTensors(state.ghosts ?? [], latent),
  };
  if (best) {
    tensors['best.latent'] = f32(latent, best.latent);
    tensors['best.noise'] = f32(latent, best.noise);
  }
  return tensors;
}

/** @throws AcclaimError `checkpoint-corrupt`, for a folder that is not whole or does not fit its manifest. */
export function readCheckpoint(dir: string): Checkpoint {
  const { manifest, hash } = readFolder(dir, checkpointManifestSchema, 'checkpoint-corrupt');
  const load = (name: string) => new CheckpointReader(dir, name);
  const whole = load('adapter.safetensors').all();
  const adapter = manifest.drift ? tunedOf(whole, manifest.adapter) : whole;
  const optimizer = load('optimizer.safetensors');
  const state = load('state.safetensors');
  const { latent } = manifest;
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
      positives: state.rows('goods.noise', latent),
      replay: readReplay(state, latent),
      ...readGhosts(state, latent),
      ...(manifest.voteModel && { voteModel: readVoteModel(load(VOTES), manifest.voteModel) }),
    },
  };
}

function readEmbedding(reader: CheckpointReader, manifest: CheckpointManifest): LearnerState['embedding'] {
  const { widen, steps } = manifest.embedding!;
  const spec: EmbeddingSpec = { latent: manifest.latent, widen };
  const shapes = embeddingShapes(spec);
  const params = Object.fromEntries(Object.entries(shapes).map(([n, shape]) => [n, reader.tensor(n, shape)]));
  return { spec, params, optimiser: reader.moments(steps, shapes) };
}

function readDrift(
  reader: CheckpointReader,
  { lambda, steps }: { lambda: number; steps: number },
  shapes: Shapes,
): Drift {
  const adapter = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, reader.tensor(name, shape)]),
  );
  return { adapter, optimiser: reader.moments(steps, shapes), lambda };
}

const shapesOf = (params: NamedTensors): Shapes =>
  Object.fromEntries(names(params).map((name) => [name, params[name]!.shape]));

const prefixed = (prefix: string, params: NamedTensors): NamedTensors =>
  Object.fromEntries(names(params).map((name) => [prefix + name, params[name]!]));
