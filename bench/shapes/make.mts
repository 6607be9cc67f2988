/**
 * Models of exactly the shape of people's, with random weights in fp16, in diffusers' layout: to measure time
 * and memory without a download. Which tensors there are comes from the engine's own networks and the
 * configurations below, which are those of the released models. Values are drawn once and laid out again and
 * again: shapes are what is measured.
 */
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  renameSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { floatToHalf } from '../../engine/io/half.js';
import { encodeHeader } from '../../engine/io/safetensors-header.js';
import { textSchema, unetSchema, vaeSchema } from '../../engine/models/config.js';
import { textTensors, unetTensors, vaeTensors } from '../../engine/models/networks.js';
import { tinyVaeSchema, tinyVaeTensors } from '../../engine/models/tiny-vae.js';
import { projectPath } from '../../src/files/paths.js';
import { Rng } from '../../src/rng.js';

const OUT = projectPath('bench/out/shapes');
const TOKENIZER = projectPath('models/clip-tokenizer');

const vae = (scaling: number) => ({
  block_out_channels: [128, 256, 512, 512],
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
  in_channels: 3,
  latent_channels: 4,
  layers_per_block: 2,
  out_channels: 3,
  scaling_factor: scaling,
});

const clip = {
  architectures: ['CLIPTextModel'],
  hidden_act: 'quick_gelu',
  hidden_size: 768,
  intermediate_size: 3072,
  max_position_embeddings: 77,
  model_type: 'clip_text_model',
  num_attention_heads: 12,
  num_hidden_layers: 12,
  vocab_size: 49_408,
};

const openClip = {
  ...clip,
  architectures: ['CLIPTextModelWithProjection'],
  hidden_act: 'gelu',
  hidden_size: 1280,
  intermediate_size: 5120,
  num_attention_heads: 20,
  num_hidden_layers: 32,
  projection_dim: 1280,
};

const scheduler = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
  set_alpha_to_one: false,
  steps_offset: 1,
};

const index = (name: string, more: object = {}) => ({
  _class_name: name,
  scheduler: ['diffusers', 'DDIMScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
  ...more,
});

const cross = (down: boolean) => (down ? 'CrossAttnDownBlock2D' : 'CrossAttnUpBlock2D');

interface Shape {
  index: object;
  unet: object;
  vae: object;
  /** Folder of the encoder, folder of its tokenizer, its configuration. */
  texts: [string, string, object][];
}

/** TAESD's and TAESDXL's. */
const tinyVae = { act_fn: 'relu', latent_channels: 4 };
const TINY = { _class_name: 'AutoencoderTiny', ...tinyVae };

export type ShapeName = 'sd15' | 'sdxl';

const SHAPES: Readonly<Record<ShapeName, Shape>> = {
  sd15: {
    index: index('StableDiffusionPipeline'),
    unet: {
      attention_head_dim: 8,
      block_out_channels: [320, 640, 1280, 1280],
      cross_attention_dim: 768,
      down_block_types: [cross(true), cross(true), cross(true), 'DownBlock2D'],
      in_channels: 4,
      layers_per_block: 2,
      out_channels: 4,
      sample_size: 64,
      up_block_types: ['UpBlock2D', cross(false), cross(false), cross(false)],
    },
    vae: vae(0.18215),
    texts: [['text_encoder', 'tokenizer', clip]],
  },
  sdxl: {
    index: index('StableDiffusionXLPipeline', {
      text_encoder_2: ['transformers', 'CLIPTextModelWithProjection'],
      tokenizer_2: ['transformers', 'CLIPTokenizer'],
    }),
    unet: {
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 256,
      attention_head_dim: [5, 10, 20],
      block_out_channels: [320, 640, 1280],
      cross_attention_dim: 2048,
      down_block_types: ['DownBlock2D', cross(true), cross(true)],
      in_channels: 4,
      layers_per_block: 2,
      out_channels: 4,
      projection_class_embeddings_input_dim: 2816,
      sample_size: 128,
      transformer_layers_per_block: [1, 2, 10],
      up_block_types: [cross(false), cross(false), 'UpBlock2D'],
      use_linear_projection: true,
    },
    vae: vae(0.13025),
    texts: [
      ['text_encoder', 'tokenizer', clip],
      ['text_encoder_2', 'tokenizer_2', openClip],
    ],
  },
};

const POOL = 65_536;
const normals = new Rng(1, 0, 'shapes').normals(POOL);

/** Weights of a size at which signals neither die nor grow: N(0, 1 / inputs), norms 1, biases 0. */
function values(name: string, shape: readonly number[]): Uint16Array {
  const inner = shape.slice(1).reduce((n, d) => n * d, 1);
  if (shape.length > 1) return floatToHalf(normals.map((x) => x / Math.sqrt(inner)));
  return floatToHalf(new Float32Array(POOL).fill(name.endsWith('weight') ? 1 : 0));
}

/** Writes one weights file under a temporary name first. */
function writeWeights(file: string, tensors: ReadonlyMap<string, readonly number[]>): void {
  const count = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);
  const described = [...tensors].map(([name, shape]) => ({
    name,
    shape,
    dtype: 'F16' as const,
    length: 2 * count(shape),
  }));
  const fd = openSync(`${file}.partial`, 'w');
  writeSync(fd, encodeHeader(described, [['format', 'pt']]));
  const known = new Map<string, Buffer>();
  for (const { name, shape, length } of described) {
    const kind = shape.length > 1 ? `${shape.slice(1)}` : name.split('.').at(-1)!;
    if (!known.has(kind)) known.set(kind, Buffer.from(values(name, shape).buffer));
    const pool = known.get(kind)!;
    for (let at = 0; at < length; ) at += writeSync(fd, pool, 0, Math.min(pool.length, length - at));
  }
  closeSync(fd);
  renameSync(`${file}.partial`, file);
}

type Part = [name: string, stem: string, tensors: ReadonlyMap<string, readonly number[]>, config: object];

export function make(name: ShapeName, out = join(OUT, name)): void {
  const shape = SHAPES[name];
  const dir = resolve(out);
  const parts: Part[] = [
    ['unet', 'diffusion_pytorch_model', unetTensors(unetSchema.parse(shape.unet)), shape.unet],
    ['vae', 'diffusion_pytorch_model', vaeTensors(vaeSchema.parse(shape.vae)), shape.vae],
    ['tiny_vae', 'diffusion_pytorch_model', tinyVaeTensors(tinyVaeSchema.parse(tinyVae)), TINY],
    ...shape.texts.map(
      ([part, , config]): Part => [part, 'model', textTensors(textSchema.parse(config)), config],
    ),
  ];
  const bytes = parts.reduce(
    (sum, [, , tensors]) => [...tensors.values()].reduce((n, s) => n + 2 * s.reduce((a, b) => a * b, 1), sum),
    0,
  );
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < 1.2 * bytes) throw new Error(`${dir}: ${(bytes / 1e9).toFixed(1)} GB do not fit`);
  const json = (file: string, value: object) =>
    writeFileSync(join(dir, file), `${JSON.stringify(value, null, 2)}\n`);
  for (const [part, stem, tensors, config] of parts) {
    mkdirSync(join(dir, part), { recursive: true });
    json(`${part}/config.json`, config);
    writeWeights(join(dir, part, `${stem}.safetensors`), tensors);
  }
  for (const [, tokenizer] of shape.texts) cpSync(TOKENIZER, join(dir, tokenizer), { recursive: true });
  mkdirSync(join(dir, 'scheduler'), { recursive: true });
  json('scheduler/scheduler_config.json', scheduler);
  json('model_index.json', shape.index);
  process.stdout.write(`${dir}: ${(bytes / 1e9).toFixed(2)} GB of weights\n`);
}
