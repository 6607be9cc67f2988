/**
 * The catalogue (config/models.yaml): models and LoRAs by name, what a family of models wants of sampler and
 * learner, and how models that were distilled to a few steps are sampled.
 */
import { z } from 'zod';
import { projectPath } from '../files/paths.js';
import { learnerSchema, samplerSchema } from '../queue/jobs.js';
import { checked, readYaml } from './files.js';
import { type LearnerName, paramFaults } from './learners.js';

const familySchema = z.strictObject({
  match: z.strictObject({ crossAttention: z.number(), widest: z.number() }).nullable(),
  sampler: samplerSchema,
  /** Of learners that compare likelihoods: it adds noise. Left out = the same. */
  likelihoods: samplerSchema.optional(),
  /** Repository of the tiny decoder of the family's latents. */
  tiny: z.string().optional(),
  learners: z
    .partialRecord(learnerSchema.shape.name, z.record(z.string(), z.unknown()))
    .superRefine((learners, context) => {
      for (const [name, given] of Object.entries(learners))
        for (const { path, message } of paramFaults(name as LearnerName, given))
          context.addIssue({ code: 'custom', path: [name, ...path], message });
    }),
});

/**
 * What a model that was distilled to a few steps wants of its sampler; a mark that is left out may be
 * anything.
 */
const distilledSchema = z.strictObject({
  match: z.strictObject({
    scheduler: z.string(),
    trailing: z.boolean().optional(),
    told: z.boolean().optional(),
  }),
  sampler: samplerSchema,
});

/** A LoRA that models of some families are drawn with. */
const adapterSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  hub: z.string(),
  file: z.string(),
  revision: z.string().optional(),
  families: z.array(z.string()).min(1),
  /** Of an accelerator: how what is drawn with it is sampled. */
  sampler: samplerSchema.optional(),
  title: z.string(),
  about: z.string(),
  licence: z.string(),
});

const catalogueSchema = z.strictObject({
  distilled: z.array(distilledSchema),
  adapters: z.array(adapterSchema),
  families: z.record(z.string(), familySchema).refine((f) => 'default' in f, 'needs the family "default"'),
  models: z.array(
    z.strictObject({
      name: z.string().regex(/^[\w.-]+$/),
      /** Folder, relative to the checkout; of models that come along. */
      path: z.string().optional(),
      /** Repository on the hub that `acclaim pull` fetches it from, and the branch, tag or commit. */
      hub: z.string().optional(),
      revision: z.string().optional(),
      family: z.string(),
      title: z.string(),
      about: z.string(),
      licence: z.string(),
    }),
  ),
});
export type Catalogue = z.infer<typeof catalogueSchema>;
export type CatalogueModel = Catalogue['models'][number];
export type CatalogueAdapter = Catalogue['adapters'][number];

/** What is known of families of models and of single ones: config/models.yaml. Errors: config-invalid. */
export function loadCatalogue(file = projectPath('config/models.yaml')): Catalogue {
  return checked(catalogueSchema, readYaml(file), file, 'Compare it with the file in the repository.');
}
