/**
 * Models, by what people call them: a name of the catalogue (catalogue.ts), a folder in diffusers' layout or
 * one .safetensors file. The family is told from marks of its UNet.
 */
import { isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { isThere } from '../files/reading.js';
import { calledOf } from '../models/adapter-name.js';
import { type decoderSchema, learnerSchema, samplerSchema } from '../queue/jobs.js';
import { type Catalogue, loadCatalogue } from './catalogue.js';
import { adaptersFor, parseChoice } from './choice.js';
import { comparesLikelihoods, type LearnerName, learnerRegistry } from './learners.js';
import { findPulled, isAdapter, isPart, listPulled, modelsFolders, openPath } from './pulled.js';
import type { Config } from './schema.js';
import { stackFor } from './stack.js';
import { distilledMarks, unetMarks } from './unet-marks.js';

type Sampler = z.infer<typeof samplerSchema>;
export type LearnerSettings = z.infer<typeof learnerSchema>;
export type { LearnerName } from './learners.js';

/**
 * Name, pulled model, folder or file -> absolute path; of a choice (choice.ts) the model's. Relative ones
 * count from the working directory, then from the checkout; of a pulled model the newest version is meant, or
 * the one after its `@`.
 */
export function resolveModel(
  asked: string,
  catalogue = loadCatalogue(),
  pulledIn: string | readonly string[] = modelsFolders(),
): string {
  const { model } = parseChoice(asked);
  const entry = catalogue.models.find((m) => m.name === model);
  if (entry?.path !== undefined) return isAbsolute(entry.path) ? entry.path : projectPath(entry.path);
  const pulled = findPulled(entry?.hub ?? model, pulledIn);
  if (pulled) return openPath(pulled);
  if (entry)
    throw new AcclaimError(
      'model-not-found',
      `${entry.name} is not on this machine`,
      `Fetch it: acclaim pull ${entry.name} (${entry.licence}).`,
    );
  const found = [resolve(model), projectPath(model)].find(isThere);
  if (found) return found;
  const names = catalogue.models.map((m) => m.name).join(', ');
  throw new AcclaimError(
    'model-not-found',
    `there is no model "${model}"`,
    `Give a folder in diffusers' layout, a .safetensors file, or one of: ${names}.`,
  );
}

/**
 * Names by which sessions may ask for a model of this machine, wherever it lies: of the catalogue, and of
 * what was pulled.
 */
export function modelNamesHere(
  catalogue = loadCatalogue(),
  pulledIn: string | readonly string[] = modelsFolders(),
): string[] {
  const pulled = listPulled(pulledIn).filter((model) => !isPart(model) && !isAdapter(model));
  const held = catalogue.models.filter(({ path, hub }) =>
    path === undefined ? pulled.some(({ name }) => name === hub) : true,
  );
  const named = new Set(held.map(({ hub }) => hub));
  const others = pulled.filter(({ name }) => !named.has(name)).map(({ name }) => name);
  return [...new Set([...held.map(({ name }) => name), ...others])];
}

/**
 * The family of a model, by the marks of its UNet; `default` when nothing matches or there is no UNet to
 * read.
 */
export function modelFamily(model: string, catalogue = loadCatalogue()): string {
  const marks = unetMarks(model);
  const found = Object.entries(catalogue.families).find(
    ([, { match }]) =>
      match !== null && match.crossAttention === marks?.crossAttention && match.widest === marks.widest,
  );
  return found?.[0] ?? 'default';
}

/** The sampler of models that were distilled as this one; undefined of one that was not. */
function distilledSampler(model: string, { distilled }: Catalogue): Sampler | undefined {
  const marks = distilledMarks(model);
  if (!marks) return undefined;
  const fits = ({ match }: (typeof distilled)[number]) =>
    match.scheduler === marks.scheduler &&
    (match.trailing ?? marks.trailing) === marks.trailing &&
    (match.told ?? marks.told) === marks.told;
  return distilled.find(fits)?.sampler;
}

/**
 * What a model by its path is sampled with, and LoRAs on it: as an accelerator among them wants it, else as
 * the model was distilled, else as its family for the configured learner, with the configuration's overrides.
 * Errors: those of stackFor.
 */
export function samplerFor(
  config: Config,
  model: string,
  adapters = adaptersFor(config, config.model),
  catalogue = loadCatalogue(),
): Sampler {
  const { families } = catalogue;
  const family = modelFamily(model, catalogue);
  const profile = families[family] ?? families.default!;
  const own = Object.fromEntries(Object.entries(config.sampler).filter(([, value]) => value !== undefined));
  const { stack, sampler } = stackFor(adapters, family, catalogue);
  const likelihoods = comparesLikelihoods(config.learner.name) ? profile.likelihoods : undefined;
  const usual = sampler ?? distilledSampler(model, catalogue) ?? likelihoods ?? profile.sampler;
  return samplerSchema.parse({ ...usual, ...own, ...(stack.length > 0 && { stack }) });
}

/**
 * What of a model is made with a tiny decoder: the one that is named, else that of the model's family where
 * it was pulled, else (null) its own, if its folder has one; undefined where none is wanted. Errors:
 * model-not-found of one that is named.
 */
export function decoderFor(
  { decoder: { tiny, rounds } }: Config,
  model: string,
  catalogue = loadCatalogue(),
  pulledIn: string | readonly string[] = modelsFolders(),
): z.infer<typeof decoderSchema> | undefined {
  if (tiny === null) return undefined;
  if (tiny !== 'auto') return { tiny: resolveModel(tiny, catalogue, pulledIn), rounds };
  const usual = (catalogue.families[modelFamily(model, catalogue)] ?? catalogue.families.default!).tiny;
  const pulled = usual === undefined ? undefined : findPulled(usual, pulledIn);
  return { tiny: pulled ? openPath(pulled) : null, rounds };
}

/**
 * The family's parameters for a learner with the configuration's overrides. Overrides of `learner:` belong to
 * the learner that is named there; of another one that is asked for, to as much as it knows of them.
 */
export function learnerSettings(
  config: Config,
  family: string,
  name: LearnerName = config.learner.name,
  catalogue = loadCatalogue(),
): LearnerSettings {
  const profile = (catalogue.families[family] ?? catalogue.families.default!).learners[name] ?? {};
  const { name: named, ...own } = config.learner;
  const known = Object.entries(own).filter(
    ([key]) => name === named || key in learnerRegistry[name].params.shape,
  );
  return learnerSchema.parse({ ...profile, ...Object.fromEntries(known), name });
}

/**
 * Errors: not-learnable, where the learner compares likelihoods and the sampler adds no noise, so that there
 * are none.
 */
export function checkLearnable(
  { scheduler, eta, steps, stack = [] }: Sampler,
  { name }: Pick<LearnerSettings, 'name'>,
): void {
  if (comparesLikelihoods(name) && stack.length > 0)
    throw new AcclaimError(
      'not-learnable',
      `the learner ${name} compares likelihoods of the model that it trains, and pictures drawn with ${stack.map(calledOf).join(', ')} are another's`,
      'Draw with the model alone, without `adapters`, or learn with acclaim.',
    );
  // The last step of all but ddim ends at the image, without noise.
  const several = steps > 1;
  const noise: Record<Sampler['scheduler'], boolean> = {
    ddim: eta > 0,
    euler: false,
    'euler-ancestral': several,
    'dpmpp-2m': false,
    'dpmpp-2m-sde': several,
    lcm: several,
    tcd: eta > 0 && several,
  };
  if (!comparesLikelihoods(name) || noise[scheduler]) return;
  const without = (scheduler === 'ddim' || scheduler === 'tcd') && eta === 0;
  const how = without ? `${scheduler} with eta 0` : several ? scheduler : `${scheduler} with one step`;
  throw new AcclaimError(
    'not-learnable',
    `the learner ${name} compares likelihoods, and ${how} has none`,
    'Sample with ddim and eta 1, euler-ancestral, dpmpp-2m-sde, lcm or tcd (`sampler` in the configuration), or learn with acclaim.',
  );
}
