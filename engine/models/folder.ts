/** A model in diffusers' folder layout, as the hubs hold it: model_index.json and one folder a part. */
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { bindWeights, type KeyMap, sameNames, type Weights } from '../io/weights.js';
import { type Concept, readConcepts } from './concepts.js';
import { readConfig, schedulerSchema, type TextConfig, textSchema, unetSchema, vaeSchema } from './config.js';
import { readKind, type TextPart } from './families.js';
import { checkLeftovers } from './leftovers.js';
import { pooledWidth, type Tensors, textTensors, unetTensors, vaeTensors } from './networks.js';
import type { ModelParts, TextEncoder } from './parts.js';
import { loadTokenizer } from './tokenizer.js';
import { openPart } from './weight-files.js';

/** The VAE's attention before diffusers 0.18. */
const OLD_ATTENTION = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' } as const;

const vaeNames: KeyMap = (name) => {
  const old = Object.entries(OLD_ATTENTION).find(([now]) => name.includes(`.attentions.0.${now}.`));
  return [{ key: name }, ...(old ? [{ key: name.replace(`.${old[0]}.`, `.${old[1]}.`) }] : [])];
};

/** transformers 5 writes a CLIPTextModel's names without their first part. */
const textNames: KeyMap = (name) => [{ key: name }, { key: name.replace(/^text_model\./, '') }];

/** What a model's JSON files say, or what stands for them. */
export interface Configs extends Pick<ModelParts, 'kind' | 'unetConfig' | 'vaeConfig' | 'scheduler'> {
  /** In the order of `kind.texts`. */
  readonly textConfigs: readonly TextConfig[];
}

/** @throws AcclaimError `file-not-found`, `model-unsupported` (file and key), `model-corrupt`. */
export function readConfigs(dir: string): Configs {
  const kind = readKind(dir);
  return {
    kind,
    unetConfig: readConfig(dir, 'unet/config.json', unetSchema, 'UNet2DConditionModel'),
    vaeConfig: readConfig(dir, 'vae/config.json', vaeSchema, 'AutoencoderKL'),
    scheduler: readConfig(dir, 'scheduler/scheduler_config.json', schedulerSchema),
    textConfigs: kind.texts.map(({ encoder }) => readText(dir, encoder)),
  };
}

/** What the class is, where the configuration does not say: XL's second encoder pools. */
function readText(dir: string, encoder: TextPart['encoder']): TextConfig {
  const config = readConfig(dir, `${encoder}/config.json`, textSchema);
  const usual = encoder === 'text_encoder_2' ? 'CLIPTextModelWithProjection' : 'CLIPTextModel';
  return { ...config, architectures: config.architectures ?? [usual] };
}

/** For loadTokenizer, of the encoder's configuration. */
export const roomOf = ({ max_position_embeddings: places, vocab_size: rows }: TextConfig) => ({
  places,
  rows,
});

/** Errors: file-not-found, model-unsupported (file and key), model-corrupt, shape-mismatch. */
export function openFolder(dir: string): ModelParts {
  const configs = readConfigs(dir);
  checkTogether(dir, configs);
  const { kind, unetConfig, vaeConfig, scheduler, textConfigs } = configs;
  const stem = 'diffusion_pytorch_model';
  const concepts = conceptsOf(dir, textConfigs);
  return {
    kind,
    unetConfig,
    vaeConfig,
    scheduler,
    encoders: kind.texts.map((part, i) => openEncoder(dir, part, textConfigs[i]!, concepts[i]!)),
    unet: bindPart(dir, 'unet', stem, unetTensors(unetConfig), sameNames),
    vae: bindPart(dir, 'vae', stem, vaeTensors(vaeConfig), vaeNames),
  };
}

/** The folder's textual inversions, a list for each encoder. Errors: those of readConcepts. */
export const conceptsOf = (dir: string, configs: readonly TextConfig[]): Concept[][] =>
  readConcepts(
    dir,
    configs.map(({ hidden_size }) => hidden_size),
  );

function openEncoder(
  dir: string,
  part: TextPart,
  config: TextConfig,
  concepts: readonly Concept[],
): TextEncoder {
  return {
    config,
    concepts,
    weights: bindPart(dir, part.encoder, 'model', textTensors(config), textNames),
    tokenizer: loadTokenizer(join(dir, part.tokenizer), roomOf(config), { concepts }),
  };
}

function bindPart(dir: string, part: string, stem: string, wanted: Tensors, names: KeyMap): Weights {
  const store = openPart(dir, part, stem);
  const used = new Set<string>();
  const weights = bindWeights(store, wanted, names, used);
  checkLeftovers(store, used);
  return weights;
}

/** What the parts' configurations must say of each other. */
export function checkTogether(at: string, { kind, unetConfig, vaeConfig, textConfigs }: Configs): void {
  const width = textConfigs.reduce((sum, { hidden_size }) => sum + hidden_size, 0);
  const added = unetConfig.addition_embed_type === 'text_time';
  const rules: [boolean, string][] = [
    [
      unetConfig.in_channels === vaeConfig.latent_channels,
      'unet/config.json: in_channels: not the latents of the VAE (inpainting is not built)',
    ],
    [unetConfig.out_channels === unetConfig.in_channels, 'unet/config.json: out_channels: not in_channels'],
    [
      unetConfig.cross_attention_dim === width,
      'unet/config.json: cross_attention_dim: not the width of the text encoders',
    ],
    [
      added === kind.xl,
      'unet/config.json: addition_embed_type: "text_time" belongs to StableDiffusionXLPipeline, and to it only',
    ],
    [
      !(added && kind.xl) || pooledWidth(unetConfig) === textConfigs.at(-1)!.projection_dim,
      'unet/config.json: projection_class_embeddings_input_dim: not what the second text encoder gives',
    ],
  ];
  const broken = rules.filter(([ok]) => !ok).map(([, why]) => why);
  if (broken.length > 0) {
    throw new AcclaimError(
      'model-unsupported',
      `${at}: ${broken.join('; ')}`,
      'Fetch the model again, or choose another.',
    );
  }
}
