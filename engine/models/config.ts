/**
 * A model folder's JSON files, each with a schema that says exactly what is built: an unknown class, an
 * unknown key or an option that is not built is `model-unsupported`, naming file and key. Keys that begin
 * with `_` and those listed under `inert` change nothing here. Defaults are those of diffusers and
 * transformers for a missing key.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { bytesOfFile, MODEL_JSON, tooMuchJson } from '../../src/files/json-bounds.js';

/**
 * Of layers, channels, words: beyond any model, and small enough that a hostile file cannot keep its reader
 * busy.
 */
export const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 16);
/** An option of which only this value is built; missing or null means the same. */
export const only = (...values: readonly (string | number | boolean)[]) =>
  z.literal([...values, null]).optional();
/** A key that changes nothing in what is computed here. */
export const inert = z.unknown().optional();

/** Of layers that are alike, within a level or an encoder; the deepest models have 48. */
const layers = z.number().int().positive().max(256);
/** Of levels, each half as large as the one before. */
const LEVELS = 16;
/** Of all levels together: each layer costs its reader time before a weight is looked for. */
const ALL_LAYERS = 4096;

/** A list with one entry a level of a network. */
export const perLevel = <T extends z.ZodType>(each: T) => z.array(each).max(LEVELS);
const blockChannels = perLevel(count).min(1);

/** Cross-field rules: each fault is an issue at its key. */
const demand = (context: z.RefinementCtx, ok: boolean, key: string, message: string): void => {
  if (!ok) context.addIssue({ code: 'custom', path: [key], message });
};
const divides = (n: number, sizes: readonly number[]): boolean => sizes.every((size) => size % n === 0);

/**
 * Height and width of the original, top and left of the crop, height and width of the target: SDXL's time
 * ids.
 */
export const TIME_IDS = 6;

export const unetSchema = z
  .strictObject({
    act_fn: only('silu'),
    addition_embed_type: only('text_time'),
    addition_embed_type_num_heads: inert,
    addition_time_embed_dim: count.nullish(),
    attention_head_dim: z.union([count, perLevel(count)]).default(8),
    attention_type: only('default'),
    block_out_channels: blockChannels,
    center_input_sample: only(false),
    class_embed_type: only(),
    class_embeddings_concat: only(false),
    conv_in_kernel: only(3),
    conv_out_kernel: only(3),
    cross_attention_dim: count,
    cross_attention_norm: only(),
    down_block_types: perLevel(z.enum(['DownBlock2D', 'CrossAttnDownBlock2D'])),
    downsample_padding: only(1),
    dropout: inert,
    dual_cross_attention: only(false),
    encoder_hid_dim: only(),
    encoder_hid_dim_type: only(),
    flip_sin_to_cos: z.boolean().default(true),
    freq_shift: z.number().default(0),
    in_channels: count,
    layers_per_block: layers.default(2),
    mid_block_only_cross_attention: only(false),
    mid_block_scale_factor: only(1),
    mid_block_type: z.literal('UNetMidBlock2DCrossAttn').default('UNetMidBlock2DCrossAttn'),
    norm_eps: z.number().default(1e-5),
    norm_num_groups: count.default(32),
    num_attention_heads: z.union([count, perLevel(count), z.null()]).optional(),
    num_class_embeds: only(),
    only_cross_attention: only(false),
    out_channels: count,
    projection_class_embeddings_input_dim: count.nullish(),
    resnet_out_scale_factor: only(1),
    resnet_skip_time_act: only(false),
    resnet_time_scale_shift: only('default'),
    reverse_transformer_layers_per_block: only(),
    sample_size: count.max(1024),
    /** Of networks that were distilled with guidance: how much they are told of it. */
    time_cond_proj_dim: count.min(4).nullish(),
    time_embedding_act_fn: only(),
    time_embedding_dim: only(),
    time_embedding_type: only('positional'),
    timestep_post_act: only(),
    transformer_layers_per_block: z.union([layers, perLevel(layers)]).default(1),
    up_block_types: perLevel(z.enum(['UpBlock2D', 'CrossAttnUpBlock2D'])),
    /** Attention's scores overflow in float16. */
    upcast_attention: z.boolean().nullish().transform(Boolean),
    use_linear_projection: z.boolean().default(false),
  })
  .superRefine((c, context) => {
    const widths = c.block_out_channels;
    const perLevel = {
      down_block_types: c.down_block_types,
      up_block_types: c.up_block_types,
      attention_head_dim: c.attention_head_dim,
      num_attention_heads: c.num_attention_heads,
      transformer_layers_per_block: c.transformer_layers_per_block,
    };
    for (const [key, value] of Object.entries(perLevel)) {
      const fits = !Array.isArray(value) || value.length === widths.length;
      demand(context, fits, key, `needs one entry for each of ${widths.length} levels`);
    }
    demand(context, divides(c.norm_num_groups, widths), 'norm_num_groups', 'must divide block_out_channels');
    const deep = [c.transformer_layers_per_block].flat();
    const all = widths.length * (c.layers_per_block + 1) * Math.max(...deep);
    demand(context, all <= ALL_LAYERS, 'layers_per_block', `makes more than ${ALL_LAYERS} layers`);
    const heads = c.num_attention_heads ?? c.attention_head_dim;
    const headsFit = widths.every((width, i) => {
      const attends = c.down_block_types[i]?.startsWith('Cross') || i === widths.length - 1;
      return !attends || width % (typeof heads === 'number' ? heads : (heads[i] ?? 1)) === 0;
    });
    demand(context, headsFit, 'attention_head_dim', 'must divide block_out_channels');
    demand(context, widths[0]! % 2 === 0, 'block_out_channels', 'must begin with an even width');
    if (c.addition_embed_type !== 'text_time') return;
    const [size, input] = [c.addition_time_embed_dim ?? 0, c.projection_class_embeddings_input_dim ?? 0];
    demand(context, size > 0 && size % 2 === 0, 'addition_time_embed_dim', 'must be an even number');
    const key = 'projection_class_embeddings_input_dim';
    demand(context, input > TIME_IDS * size, key, `must exceed ${TIME_IDS} times addition_time_embed_dim`);
  });
export type UnetConfig = z.infer<typeof unetSchema>;

export const vaeSchema = z
  .strictObject({
    act_fn: only('silu'),
    block_out_channels: blockChannels,
    down_block_types: perLevel(z.literal('DownEncoderBlock2D')),
    /** Half precision overflows in some VAEs: theirs compute in float32. */
    force_upcast: z.boolean().nullish().transform(Boolean),
    in_channels: z.literal(3),
    latent_channels: count,
    latents_mean: only(),
    latents_std: only(),
    layers_per_block: layers.default(1),
    mid_block_add_attention: z.boolean().default(true),
    norm_num_groups: count.default(32),
    out_channels: z.literal(3),
    sample_size: inert,
    scaling_factor: z.number().positive().default(0.18215),
    shift_factor: only(0),
    up_block_types: perLevel(z.literal('UpDecoderBlock2D')),
    use_post_quant_conv: z.boolean().default(true),
    use_quant_conv: z.boolean().default(true),
  })
  .superRefine((c, context) => {
    const widths = c.block_out_channels;
    for (const key of ['down_block_types', 'up_block_types'] as const) {
      demand(
        context,
        c[key].length === widths.length,
        key,
        `needs one entry for each of ${widths.length} levels`,
      );
    }
    demand(context, divides(c.norm_num_groups, widths), 'norm_num_groups', 'must divide block_out_channels');
  });
export type VaeConfig = z.infer<typeof vaeSchema>;

/**
 * Other keys change nothing: tools dump whole configurations, with what any transformer of any library could
 * have.
 */
export const textSchema = z
  .looseObject({
    architectures: z.tuple([z.enum(['CLIPTextModel', 'CLIPTextModelWithProjection'])]).nullish(),
    eos_token_id: z.number().int().min(0).default(2),
    hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
    hidden_size: count,
    intermediate_size: count,
    layer_norm_eps: z.number().default(1e-5),
    max_position_embeddings: count,
    model_type: z.literal('clip_text_model'),
    num_attention_heads: count,
    num_hidden_layers: layers,
    projection_dim: count.default(512),
    pruned_heads: inert.refine((heads) => Object.keys(heads ?? {}).length === 0, 'must be none'),
    quantization_config: only(),
    vocab_size: count,
  })
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size',
  });
export type TextConfig = z.infer<typeof textSchema>;

/**
 * What of a scheduler's configuration is read, whichever scheduler runs; engine/diffusion/schedulers.ts says
 * what it means to each. A missing `set_alpha_to_one`, `clip_sample`, `timestep_spacing` or
 * `use_karras_sigmas` means what the scheduler that runs makes of it.
 */
export const schedulerSchema = z
  .looseObject({
    _class_name: z.string(),
    algorithm_type: z.string().nullish(),
    beta_start: z.number().positive().default(0.0001),
    beta_end: z.number().positive().default(0.02),
    beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
    clip_sample: z.boolean().nullish(),
    clip_sample_range: z.number().positive().default(1),
    euler_at_final: z.boolean().nullish(),
    final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
    /**
     * Log of signal to noise at which the noisiest timesteps are cut off; minus infinity, which JSON cannot
     * say, cuts none.
     */
    lambda_min_clipped: z.number().nullish(),
    lower_order_final: z.boolean().default(true),
    num_train_timesteps: count.default(1000),
    /** How many timesteps a consistency model was distilled at. */
    original_inference_steps: count.default(50),
    prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
    /** The noisiest timestep is noise alone (arXiv 2305.08891). */
    rescale_betas_zero_snr: z.boolean().nullish(),
    set_alpha_to_one: z.boolean().nullish(),
    sigma_max: z.number().positive().nullish(),
    sigma_min: z.number().positive().nullish(),
    solver_order: z.number().nullish(),
    solver_type: z.string().nullish(),
    steps_offset: z.number().int().min(0).default(0),
    thresholding: only(false),
    /** What t is multiplied by in LCM's boundary condition. */
    timestep_scaling: z.number().positive().default(10),
    timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).nullish(),
    trained_betas: only(),
    use_karras_sigmas: z.boolean().nullish(),
  })
  .refine((c) => !c.rescale_betas_zero_snr || c.prediction_type === 'v_prediction', {
    path: ['rescale_betas_zero_snr'],
    message: 'noise alone tells nothing of the noise in it: it needs v_prediction',
  });
export type SchedulerConfig = z.infer<typeof schedulerSchema>;

/** A token is text, or a transformers `AddedToken` around it. */
const token = z.union([z.string(), z.looseObject({ content: z.string() }).transform((t) => t.content)]);

export const tokenizerSchema = z.looseObject({
  bos_token: token.default('<|startoftext|>'),
  eos_token: token.default('<|endoftext|>'),
  unk_token: token.default('<|endoftext|>'),
  pad_token: token.default('<|endoftext|>'),
  /** Some folders hold transformers' "no bound", 1e30. */
  model_max_length: z.number().min(2).refine(Number.isInteger, 'is no whole number').default(77),
  tokenizer_class: only('CLIPTokenizer', 'CLIPTokenizerFast'),
});
export type TokenizerConfig = z.infer<typeof tokenizerSchema>;

export const specialTokensSchema = z.object({
  bos_token: token.optional(),
  eos_token: token.optional(),
  unk_token: token.optional(),
  pad_token: token.optional(),
});

/**
 * Reads `dir/file` and holds it against a schema. Errors: file-not-found, model-corrupt (no JSON),
 * model-unsupported.
 */
export function readConfig<T>(dir: string, file: string, schema: z.ZodType<T>, className?: string): T {
  const path = join(dir, file);
  const json = readJson(path);
  const { _class_name: named = className } = json;
  if (className !== undefined && named !== className) {
    throw unsupported(path, '_class_name', `is ${JSON.stringify(named)}, and only ${className} is built`);
  }
  const visible = className === undefined ? json : withoutPrivate(json);
  const result = schema.safeParse(visible);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const keys = issue!.code === 'unrecognized_keys' ? issue!.keys.join(', ') : issue!.path.join('.');
  const found = issue!.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown>)?.[key],
    json,
  );
  const shown = issue!.code === 'unrecognized_keys' ? '' : ` (it is ${JSON.stringify(found)?.slice(0, 80)})`;
  const known = notBuilt[keys] ? `${notBuilt[keys]} is not built: ` : '';
  throw unsupported(path, keys, `${known}${issue!.message}${shown}`);
}

/** What a key stands for where people know it by another name. */
const notBuilt: Partial<Record<string, string>> = {
  guidance_embeds: 'a distilled model (guidance embedding)',
  rescale_betas_zero_snr: 'zero terminal SNR without v-prediction',
  thresholding: 'dynamic thresholding',
  encoder_hid_dim_type: 'conditioning on images (IP-Adapter)',
  class_embed_type: 'conditioning on classes',
  addition_embed_type: 'this added conditioning',
  latents_mean: 'a VAE with normalised latents',
  latents_std: 'a VAE with normalised latents',
};

/** A JSON object from a model folder. */
export function readJson(path: string): Record<string, unknown> {
  const corrupt = (why: string) => (hint: string) => new AcclaimError('model-corrupt', `${path}${why}`, hint);
  const refuse = (why: string) => corrupt(`: ${why}`)('Use another model.');
  const bytes = bytesOfFile(path, MODEL_JSON.bytes, refuse, { hint: INSIDE });
  const much = tooMuchJson(bytes, MODEL_JSON);
  if (much !== undefined) throw refuse(much);
  try {
    const json: unknown = JSON.parse(pythonless(bytes.toString('utf8')));
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
  } catch {}
  throw corrupt(' is not a JSON object')('Fetch the model again.');
}

const INSIDE = "A model is a folder in diffusers' layout: check the path, or fetch the model again.";

/** Python writes numbers that JSON does not know, such as a scheduler's `lambda_min_clipped: -Infinity`. */
const pythonless = (text: string) =>
  text.includes('Infinity') ? text.replace(/(?<=":\s*)-?Infinity(?=\s*[,}])/g, 'null') : text;

const withoutPrivate = (json: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(json).filter(([key]) => !key.startsWith('_')));

const unsupported = (path: string, key: string, why: string) =>
  new AcclaimError(
    'model-unsupported',
    `${path}: ${key}: ${why}`,
    'Choose a model of the Stable Diffusion 1.x, 2.x or XL family.',
  );
