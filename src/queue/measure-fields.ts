/** What the job `measure` has of its own: what the tuned model draws beside what the base model draws. */
import { z } from 'zod';

const unit = z.number().min(0).max(1);
/** What must hold for a judge to call a picture good: head and value. */
export const goalSchema = z.array(z.tuple([z.string(), z.union([z.string(), z.number()])])).max(20);
/** A goal by its name in the judge's folder, or spelt out. */
export const taskSchema = z.union([z.string(), goalSchema]);
export type Task = z.infer<typeof taskSchema>;
/** Most rounds of one side of a comparison. */
const rounds = z.array(z.string()).min(1).max(64);
const said = z.array(z.boolean()).max(64 * 1024);

export const measureFields = {
  /** Round folders drawn by the model as it was, and by what it has become. */
  base: rounds,
  tuned: rounds,
  /**
   * Folder with judge.safetensors and config.json, and what it judges by; null = another says what is good.
   */
  judge: z.string().nullable(),
  task: taskSchema.nullable(),
  /** Whose model of the votes says what is good, where there is neither judge nor `goods`. */
  checkpoint: z.string().nullable().optional(),
  /** Of each picture, in the order of the rounds; goes before the judge's word. */
  goods: z.object({ base: said, tuned: said }).optional(),
};

const sideSchema = z.object({
  count: z.number().int().nonnegative(),
  good: z.number().int().nonnegative(),
  /** Share of good pictures. */
  success: unit,
  /** Mean pairwise distance of final latents / sqrt(2 x elements); null of fewer than two good ones. */
  diversity: z.number(),
  goodDiversity: z.number().nullable(),
});

export const measureResult = z.object({
  base: sideSchema,
  tuned: sideSchema,
  /** Diversity of tuned good pictures / of base good pictures; null where there are too few. */
  dgood: z.number().nullable(),
  /**
   * Of traits that nobody voted about, between base goods and tuned goods: total variation, and what two
   * samples of base goods differ by on average. None where there are too few goods.
   */
  traits: z.record(z.string(), z.object({ tv: unit, floor: unit })),
});
