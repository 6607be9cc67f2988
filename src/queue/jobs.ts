/**
 * The jobs that cross from bot to engine: one zod schema for each payload and result, checked at both ends.
 * All paths are absolute. Results are idempotent: the same payload on the same kind of device gives the same
 * bytes.
 */
import { z } from 'zod';
import { learnerNames } from '../config/learners.js';
import type { Text } from '../words/text.js';
import { below } from './below.js';
import { evaluateFields, evaluateResult } from './evaluate-fields.js';
import { measureFields, measureResult, taskSchema } from './measure-fields.js';
import { pairFields, pairResult } from './pair-fields.js';
import { drawingPlanSchema, learningPlanSchema } from './plan-fields.js';
import { pullFields, pullResult } from './pull-fields.js';

const count = z.number().int().positive();
const unit = z.number().min(0).max(1);
/** Most memory that the engine's process has taken up to then. */
const memoryMb = count.optional();
const side = count.max(1 << 14);
/** What an engine says for the log. */
const words = z.array(z.string().max(2000)).max(100);
/** What it says to people, as src/words has it: told in the language of whoever reads it. */
const text: z.ZodType<Text> = z.lazy(() =>
  z.union([
    z.string().max(2000),
    z.object({
      said: z.literal('words'),
      key: z.string().max(500),
      values: z.record(z.string().max(40), z.union([text, z.number()])),
    }),
    z.object({ said: z.literal('count'), n: z.number(), of: z.string().max(40) }),
  ]),
);

/** A LoRA that pictures are drawn with, whatever is learned. */
export const stackedSchema = z.object({
  /** On the machine that draws; in a round's manifest its name alone. */
  file: z.string().min(1).max(4096),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  weight: z.number().min(-100).max(100),
  /** As people call it; missing of a file of the machine. */
  name: z.string().max(200).optional(),
  /** As its card or the catalogue says. */
  licence: z.string().max(200).optional(),
});
export type StackedAdapter = z.infer<typeof stackedSchema>;

export const samplerSchema = z.object({
  steps: count.max(1000),
  guidance: z.number().min(0).max(50),
  /** Noise of a step of DDIM or TCD; the other schedulers have none or their own. */
  eta: unit,
  scheduler: z.enum(['ddim', 'euler', 'euler-ancestral', 'dpmpp-2m', 'dpmpp-2m-sde', 'lcm', 'tcd']),
  /** Left out = none. */
  stack: z.array(stackedSchema).max(16).optional(),
});

/**
 * Learner name and its parameters, already merged from config/ and `--set`; the engine's learners validate
 * the rest.
 */
export const learnerSchema = z.looseObject({ name: z.enum(learnerNames) });

export const deviceSchema = z.object({ device: z.string(), threads: z.number().int().min(0) });

const promptSchema = z.object({
  /** Folder in diffusers' layout. */
  model: z.string(),
  prompt: z.string(),
  negative: z.string(),
  sampler: samplerSchema,
  width: count.nullable(),
  height: count.nullable(),
});

/** Every job names its session, round and attempt; random streams are keyed by (seed, round, purpose). */
const jobBase = z.object({
  session: z.string(),
  round: z.number().int().nonnegative(),
  attempt: z.number().int().nonnegative(),
  seed: z.number().int().nonnegative(),
});

/** How images are looked at before people see them. */
export const safetySchema = z.object({
  /** Folder that holds safety_checker/; null = the model's own, where it has one. */
  checker: z.string().nullable(),
  /** Score above which an image is held back; 0 is the checker's own bound. */
  bound: z.number(),
  /** Fresh images drawn, at most, in place of one that is held back; 0 = none. */
  tries: z.number().int().min(0).max(20),
  /** True: of a session that reduces unsafe images, which takes no word and no picture of minors. */
  nsfw: z.boolean().optional(),
});

/** A tiny decoder of latents, beside the model's VAE. */
export const decoderSchema = z.object({
  /** Folder that holds it; null = the model's own, where its folder has tiny_vae/. */
  tiny: z.string().nullable(),
  /**
   * True: the round's pictures are made with it too, where there is one; else only what people see meanwhile.
   */
  rounds: z.boolean(),
});

/** What the safety checker said of an image. */
export const safetyMarkSchema = z.object({
  score: z.number(),
  held: z.boolean(),
  /** How often it was drawn anew: 0 = it is the first one. */
  redrawn: z.number().int(),
  /**
   * It is near a concept of special care, and unsafe or of such a session: nobody is shown it, whatever is
   * set.
   */
  barred: z.boolean().optional(),
});
export type SafetyMark = z.infer<typeof safetyMarkSchema>;

/**
 * Why a picture is in its round: nobody chose its noise, or the votes' model likes it, or is unsure of it.
 */
export const pickSchema = z.enum(['unpicked', 'liked', 'unsure']);

/** What choosing a round took. */
export const drawsSchema = z.object({
  /** Noises begun, noises finished, pictures shown. */
  begun: count,
  finished: count,
  shown: count,
  /** Drawings a picture, counted in the network's calls. */
  cost: z.number().positive(),
});

export const generatePayload = jobBase.extend(promptSchema.shape).extend({
  count,
  /**
   * Checkpoint folder whose adapter is applied and whose noises `hero` noise is drawn around; null = base
   * model.
   */
  checkpoint: z.string().nullable(),
  /**
   * plain = N(0, I); hero = pi_HERO around the checkpoint's best and goods; learner = what the learner says
   * comes next.
   */
  noise: z.enum(['plain', 'hero', 'learner']),
  /** True: the checkpoint's noises without its adapter, the control "untuned + hero noise". */
  untuned: z.boolean().optional(),
  learner: learnerSchema,
  /**
   * True: where the checkpoint's vote model is good enough and the learner has a rule for it, more noises are
   * begun than pictures wanted, and the round is chosen among them. Left out = no.
   */
  picks: z.boolean().optional(),
  /** True: progress carries small pictures of what is being drawn, unless a safety checker looks first. */
  preview: z.boolean().optional(),
  /** All that the session draws, a round each in turn; `prompt` is this round's. Left out = that one. */
  prompts: z.array(z.string()).min(2).max(8).optional(),
  /** Left out = the VAE alone. */
  decoder: decoderSchema.optional(),
  /** Left out = nobody looks. */
  safety: safetySchema.optional(),
  /** Drawn beside the round, of the session's fixed noises: see src/queue/pair-fields.ts. Left out = none. */
  pair: pairFields.optional(),
  /** That drawing may take, by the speed of the engine that draws; left out = no bound. */
  minutes: z.number().positive().optional(),
  /** Keep latents of all steps and log-probabilities (likelihood learners need them). */
  trajectory: z.boolean(),
  /** Round folder to write: see docs/formats.md. */
  out: z.string(),
});

export const generateResult = z.object({
  images: z
    .array(
      z.object({
        index: z.number().int().nonnegative(),
        file: below,
        width: side,
        height: side,
        /** Not to be shown; the round keeps it all the same. */
        held: z.boolean().optional(),
        /** Held back for good: see SafetyMark. */
        barred: z.boolean().optional(),
        safety: safetyMarkSchema.optional(),
        /** Which model drew it; engines from before do not say. */
        origin: z.enum(['base', 'tuned']).optional(),
        /** Of a round that was chosen: for what. unpicked = its noise was nobody's choice. */
        pick: pickSchema.optional(),
        /** P(good) as the vote model has it; left out where it has no opinion. */
        chance: unit.optional(),
      }),
    )
    .max(1024),
  /** Of a round that was chosen among more. */
  draws: drawsSchema.optional(),
  pair: pairResult.optional(),
  /** Where its minutes are bounded; `images` may be fewer than were asked for. */
  plan: drawingPlanSchema.optional(),
  /** What stands otherwise than the model's own files ask, for the log: said once a model. */
  notes: words.optional(),
  seconds: z.number(),
  memoryMb,
  device: z.string(),
});

/** By names that the engine needs not know. */
const faultsSchema = z
  .record(z.string().regex(/^[a-z]{1,20}$/), unit)
  .refine((all) => Object.keys(all).length <= 20);

/** What the votes say of a round; also the JSON that `acclaim learn --labels` reads. */
export const feedbackSchema = z.object({
  images: z.array(
    z.object({
      index: z.number().int().nonnegative(),
      /** Probability that the image is good; null = unlabelled. */
      good: unit.nullable(),
      weight: z.number().min(0),
      /**
       * Of an image that is not good, what is wrong with it -> share of those who say so; left out where
       * nobody said.
       */
      faults: faultsSchema.optional(),
    }),
  ),
  /** Index of the best image of this round; null = none named. */
  best: z.number().int().nonnegative().nullable(),
});
export type Feedback = z.infer<typeof feedbackSchema>;

export const learnPayload = jobBase.extend(promptSchema.shape).extend({
  /** What makes a picture good, as voters were told: goes with what is learned. */
  criterion: z.string().max(2000).optional(),
  learner: learnerSchema,
  /** Folder of the round that was voted on. */
  roundDir: z.string(),
  feedback: feedbackSchema,
  /** Checkpoint of the round before; null in the first round. */
  checkpoint: z.string().nullable(),
  /** Checkpoint folder to write. */
  out: z.string(),
});

/** How varied what people like still is: engine/measures/session-variety.ts. */
export const varietySchema = z.object({ kept: z.number().nonnegative(), base: count, tuned: count });

export const learnResult = z.object({
  steps: z.number().int(),
  /** Loss of each optimiser step. */
  losses: z.array(z.number()).max(100_000),
  /**
   * False when the round could teach nothing (one-sided for a likelihood learner); the checkpoint is carried
   * over.
   */
  learned: z.boolean(),
  /** Said to people when not empty: collapse guard, rollback, halved step. */
  notes: z.array(text).max(100),
  /** Of the liked pictures of the round beside the base model's; left out where there are too few. */
  variety: varietySchema.optional(),
  /** Where its minutes are bounded. */
  plan: learningPlanSchema.optional(),
  seconds: z.number(),
  memoryMb,
  device: z.string(),
});

export const scorePayload = jobBase.extend({
  /** Folder with judge.safetensors and config.json. */
  judge: z.string(),
  task: taskSchema,
  roundDir: z.string(),
});

export const scoreResult = z.object({
  images: z.array(
    z.object({
      index: z.number().int(),
      good: z.boolean(),
      score: z.number(),
      /** What the judge finds wrong with one that is not good; engines from before do not say. */
      faults: z
        .array(z.string().regex(/^[a-z]{1,20}$/))
        .max(20)
        .optional(),
    }),
  ),
  /** Mean pairwise distance of final latents / sqrt(2 x elements). */
  diversity: z.number(),
});

export const measurePayload = jobBase.extend(measureFields);

export const evaluatePayload = jobBase.extend(promptSchema.shape).extend({
  ...evaluateFields,
  learner: learnerSchema,
  safety: safetySchema.optional(),
});

export const exportPayload = jobBase.extend({
  checkpoint: z.string(),
  /** The model that the session runs on. */
  model: z.string(),
  /** diffusers, kohya: the LoRA as one file. merged: a new model with the LoRA in its weights. */
  format: z.enum(['diffusers', 'kohya', 'merged']),
  /** File or folder to write. */
  out: z.string(),
});

/** Of a folder: the bytes of all its files, and the model's hash. */
export const exportResult = z.object({
  file: z.string(),
  bytes: count,
  sha256: z.string(),
  /**
   * Share of the sampling steps that it was learned for, where not all: what is exported is on in all of
   * them.
   */
  until: unit.optional(),
});

/** A pull belongs to no round: `session` names it so that two of them do not run at once. */
const pullPayload = jobBase.extend(pullFields);

/** Kind of job -> schemas. The one table; adding a kind is adding a row. */
export const jobSchemas = {
  generate: { payload: generatePayload, result: generateResult },
  learn: { payload: learnPayload, result: learnResult },
  score: { payload: scorePayload, result: scoreResult },
  measure: { payload: measurePayload, result: measureResult },
  evaluate: { payload: evaluatePayload, result: evaluateResult },
  'export-adapter': { payload: exportPayload, result: exportResult },
  'pull-model': { payload: pullPayload, result: pullResult },
} as const;

export type JobKind = keyof typeof jobSchemas;
export type JobPayload<K extends JobKind> = z.infer<(typeof jobSchemas)[K]['payload']>;
export type JobResult<K extends JobKind> = z.infer<(typeof jobSchemas)[K]['result']>;

/** Step `done` of `total` in `stage`; `secondsLeft` null while unknown. */
export interface JobProgress {
  stage: 'load' | 'sample' | 'decode' | 'check' | 'embed' | 'train' | 'score' | 'write' | 'pull';
  done: number;
  total: number;
  secondsLeft: number | null;
  /** Base64 PNG: a sheet of what is being drawn, as far as it is. */
  preview?: string | undefined;
}
