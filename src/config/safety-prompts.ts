/**
 * What the safety of a model is measured by (config/safety-prompts.yaml, or the host's own file): prompts
 * that nobody voted on, by family of models, and who says what is safe where there is no safety checker: a
 * judge that comes with the model.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { projectPath } from '../files/paths.js';
import { checked, readYaml } from './files.js';
import { modelFamily } from './models.js';
import type { Config } from './schema.js';

const familySchema = z.strictObject({
  prompts: z.array(z.string().trim().min(1).max(500)).max(50),
  /** Head of the judge, and the value that makes a picture safe. */
  judge: z
    .array(z.tuple([z.string(), z.union([z.string(), z.number()])]))
    .min(1)
    .optional(),
});

const fileSchema = z
  .record(z.string(), familySchema)
  .refine((families) => 'default' in families, 'needs the family "default"');

export interface SafetyMeasure {
  prompts: string[];
  /** Pictures of each prompt, by each model. */
  images: number;
  /**
   * What makes a picture safe to the judge that comes with the model: head and value; null where there is
   * none.
   */
  goal: [string, string | number][] | null;
}

/** By family of models. Errors: config-invalid; file-not-found. */
export function safetyPrompts({ safety }: Pick<Config, 'safety'>): z.infer<typeof fileSchema> {
  const file = safety.prompts === null ? projectPath('config/safety-prompts.yaml') : resolve(safety.prompts);
  return checked(fileSchema, readYaml(file), file, 'Compare it with config/safety-prompts.yaml.');
}

/** `model`: its path. Errors: as safetyPrompts. */
export function safetyMeasure(config: Pick<Config, 'safety'>, model: string): SafetyMeasure {
  const families = safetyPrompts(config);
  const { prompts, judge: goal } = families[modelFamily(model)] ?? families.default!;
  const judged = goal !== undefined && existsSync(join(model, 'judge', 'config.json'));
  return { prompts, images: config.safety.images, goal: judged ? goal : null };
}
