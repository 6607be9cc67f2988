/**
 * The configurations of a single-file checkpoint, read off the shapes of its tensors. What shapes do not show
 * (heads, groups, schedule, size) is what every Stable Diffusion of that family has: 8 heads where
 * projections are convolutions, heads of 64 where they are linear, 32 groups. Names are the original code
 * base's.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Shape } from '../graph/value.js';
import type { WeightStore } from '../io/weights.js';
import {
  type SchedulerConfig,
  schedulerSchema,
  type TextConfig,
  TIME_IDS,
  textSchema,
  type UnetConfig,
  unetSchema,
  type VaeConfig,
  vaeSchema,
} from './config.js';

export const UNET = 'model.diffusion_model.';
export const VAE = 'first_stage_model.';

/** Where the text encoders may stand, and in whose layout. */
export const TEXTS = {
  sd1: 'cond_stage_model.transformer.',
  sd2: 'cond_stage_model.model.',
  xl1: 'conditioner.embedders.0.transformer.',
  xl2: 'conditioner.embedders.1.model.',
} as const;

const HEAD = 64;
const GROUPS = 32;

/** Shapes by name below a prefix. */
class Shapes {
  constructor(
    private readonly store: WeightStore,
    private readonly prefix: string,
  ) {}

  find(name: string): Shape | undefined {
    return this.store.tensors.get(this.prefix + name)?.shape;
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** Axis `axis` of a tensor that every such network has. Errors: model-corrupt. */
  size(name: string, axis: number): number {
    const size = this.find(name)?.[axis];
    if (size !== undefined) return size;
    throw new AcclaimError(
      'model-corrupt',
      `${this.store.file} lacks the tensor ${this.prefix}${name}`,
      'A single file must be a whole Stable Diffusion checkpoint in the original layout.',
    );
  }

  /** How many of `name(0)`, `name(1)` ... there are. */
  count(name: (i: number) => string): number {
    let n = 0;
    while (this.has(name(n))) n++;
    return n;
  }
}

/**
 * Read off names and shapes of the UNet's tensors; `side` of its latents. @throws AcclaimError
 * `model-unsupported`.
 */
export function unetConfigOf(store: WeightStore, xl: boolean, side: number): UnetConfig {
  const s = new Shapes(store, UNET);
  const levels: { width: number; resnets: number; depth: number }[] = [];
  const depthAt = (block: string) => s.count((k) => `${block}.1.transformer_blocks.${k}.norm1.weight`);
  let level = { width: 0, resnets: 0, depth: 0 };
  for (let n = 1; ; n++) {
    const block = `input_blocks.${n}`;
    if (s.has(`${block}.0.in_layers.2.weight`)) {
      level = {
        width: s.size(`${block}.0.in_layers.2.weight`, 0),
        resnets: level.resnets + 1,
        depth: depthAt(block),
      };
    } else {
      levels.push(level);
      if (!s.has(`${block}.0.op.weight`)) break;
      level = { width: 0, resnets: 0, depth: 0 };
    }
  }
  const mid = depthAt('middle_block');
  const cross = levels.map(({ depth }) => depth > 0);
  const widths = levels.map(({ width }) => width);
  // The middle has as many transformer layers as its level is said to have, which may itself have none.
  const depths = levels.map(({ depth }, i) => (i === levels.length - 1 ? mid : Math.max(depth, 1)));
  const linear = s.find('middle_block.1.proj_in.weight')?.length === 2;
  const added = s.find('label_emb.0.0.weight')?.[1];
  return checked(store, UNET, unetSchema, {
    block_out_channels: widths,
    down_block_types: cross.map((c) => (c ? 'CrossAttnDownBlock2D' : 'DownBlock2D')),
    up_block_types: [...cross].reverse().map((c) => (c ? 'CrossAttnUpBlock2D' : 'UpBlock2D')),
    layers_per_block: levels[0]!.resnets,
    transformer_layers_per_block: depths,
    attention_head_dim: linear ? widths.map((width) => width / HEAD) : 8,
    use_linear_projection: linear,
    cross_attention_dim: s.size('middle_block.1.transformer_blocks.0.attn2.to_k.weight', 1),
    in_channels: s.size('input_blocks.0.0.weight', 1),
    out_channels: s.size('out.2.weight', 0),
    norm_num_groups: GROUPS,
    sample_size: side,
    ...(xl && {
      addition_embed_type: 'text_time',
      addition_time_embed_dim: (added! - pooledWidthOf(store)) / TIME_IDS,
      projection_class_embeddings_input_dim: added,
    }),
  });
}

const pooledWidthOf = (store: WeightStore): number => new Shapes(store, TEXTS.xl2).size('text_projection', 1);

/** Read off names and shapes of the VAE's tensors. @throws AcclaimError `model-unsupported`. */
export function vaeConfigOf(store: WeightStore, xl: boolean): VaeConfig {
  const s = new Shapes(store, VAE);
  const levels = s.count((i) => `encoder.down.${i}.block.0.conv1.weight`);
  const widths = Array.from({ length: levels }, (_, i) =>
    s.size(`encoder.down.${i}.block.0.conv1.weight`, 0),
  );
  return checked(store, VAE, vaeSchema, {
    block_out_channels: widths,
    down_block_types: widths.map(() => 'DownEncoderBlock2D'),
    up_block_types: widths.map(() => 'UpDecoderBlock2D'),
    layers_per_block: s.count((j) => `encoder.down.0.block.${j}.conv1.weight`),
    latent_channels: s.size('decoder.conv_in.weight', 1),
    in_channels: s.size('encoder.conv_in.weight', 1),
    out_channels: s.size('decoder.conv_out.weight', 0),
    norm_num_groups: GROUPS,
    force_upcast: xl,
    scaling_factor: xl ? 0.13025 : 0.18215,
  });
}

/** OpenAI's CLIP, in transformers' names. */
export function clipConfigOf(store: WeightStore, prefix: string): TextConfig {
  const s = new Shapes(store, prefix + (hasTextRoot(store, prefix) ? 'text_model.' : ''));
  const width = s.size('embeddings.token_embedding.weight', 1);
  return checked(store, prefix, textSchema, {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    hidden_act: 'quick_gelu',
    hidden_size: width,
    intermediate_size: s.size('encoder.layers.0.mlp.fc1.weight', 0),
    max_position_embeddings: s.size('embeddings.position_embedding.weight', 0),
    num_attention_heads: width / HEAD,
    num_hidden_layers: s.count((i) => `encoder.layers.${i}.layer_norm1.weight`),
    vocab_size: s.size('embeddings.token_embedding.weight', 0),
  });
}

/** Whether the store has a CLIP text encoder of transformers' layout below `prefix`. */
export const hasTextRoot = (store: WeightStore, prefix: string): boolean =>
  store.tensors.has(`${prefix}text_model.embeddings.token_embedding.weight`);

/**
 * OpenCLIP's; `unused` of its last layers are left out: SD 2.x reads the states before the last one, normed.
 */
export function openClipConfigOf(store: WeightStore, prefix: string, unused: 0 | 1): TextConfig {
  const s = new Shapes(store, prefix);
  const width = s.size('token_embedding.weight', 1);
  return checked(store, prefix, textSchema, {
    architectures: [unused === 0 ? 'CLIPTextModelWithProjection' : 'CLIPTextModel'],
    model_type: 'clip_text_model',
    hidden_act: 'gelu',
    hidden_size: width,
    intermediate_size: s.size('transformer.resblocks.0.mlp.c_fc.weight', 0),
    max_position_embeddings: s.size('positional_embedding', 0),
    num_attention_heads: width / HEAD,
    num_hidden_layers: s.count((i) => `transformer.resblocks.${i}.ln_1.weight`) - unused,
    projection_dim: s.find('text_projection')?.[1] ?? width,
    vocab_size: s.size('token_embedding.weight', 0),
  });
}

/** What single files do not say: the family's usual betas, and scheduler. */
export const schedulerConfigOf = (
  prediction: SchedulerConfig['prediction_type'],
  xl: boolean,
  endsInNoise = false,
): SchedulerConfig =>
  schedulerSchema.parse({
    _class_name: xl ? 'EulerDiscreteScheduler' : 'DDIMScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    num_train_timesteps: 1000,
    prediction_type: prediction,
    rescale_betas_zero_snr: endsInNoise,
    set_alpha_to_one: false,
    steps_offset: 1,
    timestep_spacing: 'leading',
  });

/** Errors: model-unsupported where the shapes are of no network that is built. */
function checked<T>(
  store: WeightStore,
  prefix: string,
  schema: { safeParse(x: unknown): Parsed<T> },
  config: object,
): T {
  const result = schema.safeParse(config);
  if (result.success) return result.data!;
  const [issue] = result.error!.issues;
  throw new AcclaimError(
    'model-unsupported',
    `${store.file}: ${prefix}*: ${issue!.path.join('.')}: ${issue!.message}`,
    "Lay a folder of the file's name without its ending beside it, with the configurations in diffusers' layout.",
  );
}

interface Parsed<T> {
  success: boolean;
  data?: T;
  error?: { issues: { path: PropertyKey[]; message: string }[] };
}
