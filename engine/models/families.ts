/**
 * The kinds of pipeline that are built, by the class that model_index.json names: which parts a folder has,
 * and how its text encoders are read. What is known and not built is refused by name.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { readConfig, readJson, type UnetConfig } from './config.js';

const part = (library: string, ...classes: readonly string[]) =>
  z.tuple([z.literal(library), z.literal([...classes])]);
const tokenizer = part('transformers', 'CLIPTokenizer', 'CLIPTokenizerFast');

/** Parts beside these (safety checker, feature extractor) are not needed to sample. */
const shared = {
  scheduler: z.tuple([z.literal('diffusers'), z.string()]),
  text_encoder: part('transformers', 'CLIPTextModel', 'CLIPTextModelWithProjection'),
  tokenizer,
  unet: part('diffusers', 'UNet2DConditionModel'),
  vae: part('diffusers', 'AutoencoderKL'),
};

const indexSchema = z.discriminatedUnion('_class_name', [
  z.looseObject({
    _class_name: z.literal(['StableDiffusionPipeline', 'LatentConsistencyModelPipeline']),
    ...shared,
  }),
  z.looseObject({
    _class_name: z.literal('StableDiffusionXLPipeline'),
    ...shared,
    text_encoder_2: part('transformers', 'CLIPTextModelWithProjection'),
    tokenizer_2: tokenizer,
    /** An empty negative prompt is zeros, not the encoder's states of "". */
    force_zeros_for_empty_prompt: z.boolean().default(true),
  }),
]);

const notBuilt: Partial<Record<string, string>> = {
  StableDiffusionInpaintPipeline: 'inpainting',
  StableDiffusionXLInpaintPipeline: 'inpainting',
  StableDiffusionXLImg2ImgPipeline: "SDXL's refiner",
  StableDiffusionInstructPix2PixPipeline: 'editing by instruction',
  StableDiffusionXLInstructPix2PixPipeline: 'editing by instruction',
  StableDiffusionLatentUpscalePipeline: 'upscaling',
  StableDiffusionUpscalePipeline: 'upscaling',
  StableDiffusionDepth2ImgPipeline: 'conditioning on depth',
  StableUnCLIPPipeline: 'unCLIP',
  StableDiffusion3Pipeline: 'Stable Diffusion 3',
  FluxPipeline: 'Flux',
  PixArtAlphaPipeline: 'PixArt',
  KandinskyV22Pipeline: 'Kandinsky',
};

/** One text encoder with its tokenizer: folder names of both. */
export interface TextPart {
  readonly encoder: 'text_encoder' | 'text_encoder_2';
  readonly tokenizer: 'tokenizer' | 'tokenizer_2';
}

export interface Kind {
  readonly texts: readonly TextPart[];
  /**
   * XL: states of all encoders side by side, from before the last layer; pooled state of the last encoder.
   */
  readonly xl: boolean;
  readonly zeroEmptyNegative: boolean;
}

const FIRST: TextPart = { encoder: 'text_encoder', tokenizer: 'tokenizer' };
const SECOND: TextPart = { encoder: 'text_encoder_2', tokenizer: 'tokenizer_2' };

export const SD: Kind = { texts: [FIRST], xl: false, zeroEmptyNegative: false };
export const XL: Kind = { texts: [FIRST, SECOND], xl: true, zeroEmptyNegative: true };

/** Reads model_index.json. Errors: file-not-found, model-corrupt, model-unsupported. */
export function readKind(dir: string): Kind {
  const name = readJson(join(dir, 'model_index.json'))._class_name;
  const known = typeof name === 'string' ? notBuilt[name] : undefined;
  if (known !== undefined) {
    throw new AcclaimError(
      'model-unsupported',
      `${join(dir, 'model_index.json')}: _class_name: ${name}: ${known} is not built`,
      'Choose a model of the Stable Diffusion 1.x, 2.x or XL family that makes pictures from text.',
    );
  }
  const index = readConfig(dir, 'model_index.json', indexSchema);
  if (index._class_name !== 'StableDiffusionXLPipeline') return SD;
  return { ...XL, zeroEmptyNegative: index.force_zeros_for_empty_prompt };
}

export type Family = 'mini' | 'sd15' | 'sd21' | 'sdxl';

/** The family chooses defaults (steps, guidance, learner); its mark is the width of the text states. */
export function familyOf({ cross_attention_dim: width }: UnetConfig): Family {
  const marks: Partial<Record<number, Family>> = { 768: 'sd15', 1024: 'sd21', 2048: 'sdxl' };
  return marks[width] ?? 'mini';
}
