/**
 * Checkpoints in one file. The tiny sd15 was written by the converter that made the goldens; for SD 2.x and
 * XL the tiny models are laid out here as their code bases do (OpenCLIP's joint projections, its last layer,
 * XL's two embedders), and must give the tensors that diffusers gave for the folders. At full size, keys and
 * shapes are those that people's files have.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import type { StoredTensor, WeightStore } from '../../../engine/io/weights.js';
import {
  clipConfigOf,
  openClipConfigOf,
  unetConfigOf,
  vaeConfigOf,
} from '../../../engine/models/checkpoint-config.js';
import { unetSchema, vaeSchema } from '../../../engine/models/config.js';
import { textTensors, unetTensors, vaeTensors } from '../../../engine/models/networks.js';
import { originalUnetName, originalVaeName } from '../../../engine/models/original-names.js';
import { decode, loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows, type Tensor } from '../../../engine/runtime/tensor.js';
import { modelFamily } from '../../../src/config/models.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const TINY = 'tests/fixtures/tiny';
const PROMPT = 'one blue rose in a vase';
const root = mkdtempSync(join(tmpdir(), 'acclaim-single-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});
const golden = (file: string) =>
  readSafetensors(`${TINY}/${file}.safetensors`) as Record<string, FloatTensor>;

/** `<name>.safetensors` with the configurations of a tiny model laid beside it. */
function single(name: string, model: string, tensors?: Record<string, Tensor>): string {
  const file = join(root, `${name}.safetensors`);
  if (tensors) writeSafetensors(file, tensors);
  else cpSync(`${TINY}/sd15-layouts/single-file.safetensors`, file);
  const skip = (path: string) => !path.endsWith('.safetensors');
  cpSync(`${TINY}/${model}/model`, join(root, name), { recursive: true, filter: skip });
  return file;
}

async function decoded(pipeline: Pipeline, z: FloatTensor): Promise<FloatTensor> {
  return decode(
    pipeline,
    cache,
    f32(
      z.shape,
      z.data.map((x) => x * pipeline.vaeConfig.scaling_factor),
    ),
  );
}

/** UNet and VAE of a tiny folder under their original names. */
async function original(model: string): Promise<Record<string, Tensor>> {
  const { unetConfig, vaeConfig } = await loadPipeline(`${TINY}/${model}/model`);
  const part = (folder: string, prefix: string, rename: (name: string) => string) =>
    Object.entries(
      readSafetensors(`${TINY}/${model}/model/${folder}/diffusion_pytorch_model.safetensors`),
    ).map(([name, tensor]) => [prefix + rename(name), tensor] as const);
  return Object.fromEntries([
    ...part('unet', 'model.diffusion_model.', originalUnetName(unetConfig)),
    ...part('vae', 'first_stage_model.', originalVaeName(vaeConfig)),
  ]);
}

/** transformers' names -> OpenCLIP's, as open_clip's own conversion has them. */
function toOpenClip(tensors: Record<string, Tensor>, prefix: string): Record<string, Tensor> {
  const out: Record<string, Tensor> = {};
  const joint = new Map<string, FloatTensor[]>();
  for (const [key, tensor] of Object.entries(tensors) as [string, FloatTensor][]) {
    const name = key.replace(/^text_model\./, '');
    const third = /^(encoder\.layers\.\d+)\.self_attn\.([qkv])_proj\.(weight|bias)$/.exec(name);
    if (third) {
      const to = `${third[1]!.replace('encoder.layers', 'transformer.resblocks')}.attn.in_proj_${third[3]}`;
      const list = joint.get(to) ?? [];
      list['qkv'.indexOf(third[2]!)] = tensor;
      joint.set(to, list);
    } else if (name === 'text_projection.weight') {
      const [p, d] = tensor.shape as [number, number];
      const turned = Float32Array.from(
        { length: p * d },
        (_, i) => tensor.data[(i % p) * d + Math.floor(i / p)]!,
      );
      out[`${prefix}text_projection`] = f32([d, p], turned);
    } else {
      const to = name
        .replace('embeddings.token_embedding', 'token_embedding')
        .replace('embeddings.position_embedding.weight', 'positional_embedding')
        .replace('final_layer_norm', 'ln_final')
        .replace('encoder.layers', 'transformer.resblocks')
        .replace('layer_norm', 'ln_')
        .replace('self_attn', 'attn')
        .replace('fc1', 'c_fc')
        .replace('fc2', 'c_proj');
      out[prefix + to] = tensor;
    }
  }
  for (const [to, parts] of joint) {
    const data = parts.flatMap((part) => [...part.data]);
    out[prefix + to] = f32([data.length / (parts[0]!.shape[1] ?? 1), ...parts[0]!.shape.slice(1)], data);
  }
  return out;
}

describe('the tiny ones', () => {
  it('SD 1.x, as its converter wrote it', async () => {
    const pipeline = await loadPipeline(single('sd15', 'sd15'));
    const expected = golden('sd15-layouts/single-file.expected');
    expect(relativeError(await callUnet(pipeline, golden('sd15/unet')), expected.unet_out!)).toBeLessThan(
      1e-4,
    );
    expect(relativeError(await decoded(pipeline, golden('sd15/vae').z!), expected.vae_decoded!)).toBeLessThan(
      1e-4,
    );
    // Its text encoder was rounded to fp16, which alone moves the states.
    const { states } = await encodePrompt(pipeline, cache, [PROMPT]);
    expect(relativeError(states, rows(golden('sd15/text').last_hidden_state!, 0, 1))).toBeLessThan(5e-3);
    expect(pipeline.unet.file).toBe(join(root, 'sd15.safetensors'));
  });

  it('SD 2.x with the layer that it does not use', async () => {
    const text = readSafetensors(`${TINY}/sd21/model/text_encoder/model.safetensors`);
    const prefix = 'cond_stage_model.model.';
    const mapped = toOpenClip(text, prefix);
    const unused = Object.entries(mapped)
      .filter(([key]) => key.includes('.resblocks.1.'))
      .map(([key, tensor]) => [key.replace('.resblocks.1.', '.resblocks.2.'), tensor] as const);
    const rest = { [`${prefix}text_projection`]: f32([48, 48]), [`${prefix}logit_scale`]: f32([1]) };
    const tensors = { ...(await original('sd21')), ...mapped, ...Object.fromEntries(unused), ...rest };
    const pipeline = await loadPipeline(single('sd21', 'sd21', tensors));
    const { states } = await encodePrompt(pipeline, cache, [PROMPT]);
    expect(relativeError(states, rows(golden('sd21/text').last_hidden_state!, 0, 1))).toBeLessThan(1e-4);
    expect(
      relativeError(await callUnet(pipeline, golden('sd21/unet')), golden('sd21/unet').out!),
    ).toBeLessThan(1e-4);
    expect(
      relativeError(await decoded(pipeline, golden('sd21/vae').z!), golden('sd21/vae').decoded!),
    ).toBeLessThan(1e-4);
  });

  it('XL with its two embedders', async () => {
    const encoder = (n: string) => readSafetensors(`${TINY}/sdxl/model/text_encoder${n}/model.safetensors`);
    const first = Object.entries(encoder('')).map(
      ([key, tensor]) => [`conditioner.embedders.0.transformer.text_model.${key}`, tensor] as const,
    );
    const second = toOpenClip(encoder('_2'), 'conditioner.embedders.1.model.');
    const tensors = { ...(await original('sdxl')), ...Object.fromEntries(first), ...second };
    const pipeline = await loadPipeline(single('sdxl', 'sdxl', tensors));
    const { states, pooled } = await encodePrompt(pipeline, cache, [PROMPT]);
    const text = golden('sdxl/text');
    expect(relativeError(states, text.prompt_embeds!)).toBeLessThan(1e-4);
    expect(relativeError(pooled!, text.pooled!)).toBeLessThan(1e-4);
    expect(
      relativeError(await callUnet(pipeline, golden('sdxl/unet')), golden('sdxl/unet').out!),
    ).toBeLessThan(1e-4);
  });
});

describe('refused by name', () => {
  const tensors = () => readSafetensors(`${TINY}/sd15-layouts/single-file.safetensors`);
  it.each<[string, RegExp, (t: Record<string, Tensor>) => Record<string, Tensor>]>([
    [
      'an adapter',
      /an adapter within a checkpoint is not built/,
      () => ({ 'lora_unet_x.lora_down.weight': f32([1]) }),
    ],
    [
      'a UNet alone',
      /there is no text encoder in it/,
      (t) => Object.fromEntries(Object.entries(t).filter(([key]) => key.startsWith('model.'))),
    ],
    [
      "XL's refiner",
      /refiner is not built/,
      (t) => ({ ...t, 'conditioner.embedders.0.model.ln_final.bias': f32([1]) }),
    ],
    ['a key of nothing', /surprise: belongs to no layer/, (t) => ({ ...t, surprise: f32([1]) })],
  ])('%s', async (name, message, change) => {
    const file = single(name.replace(/\W/g, '-'), 'sd15', change(tensors()));
    await expect(loadPipeline(file)).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringMatching(message),
    });
  });

  it('without configurations beside it, where shapes do not say enough', async () => {
    const file = join(root, 'alone.safetensors');
    cpSync(`${TINY}/sd15-layouts/single-file.safetensors`, file);
    await expect(loadPipeline(file)).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringMatching(/num_attention_heads/),
      hint: expect.stringMatching(/beside it/),
    });
  });

  it('a pickled checkpoint', async () => {
    const file = join(root, 'model.ckpt');
    cpSync(`${TINY}/sd15-layouts/single-file.safetensors`, file);
    await expect(loadPipeline(file)).rejects.toMatchObject({ code: 'model-unsupported' });
  });
});

describe('at full size', () => {
  /** A store of nothing but names and shapes. */
  const storeOf = (shapes: Iterable<readonly [string, readonly number[]]>): WeightStore => ({
    file: 'full.safetensors',
    tensors: new Map([...shapes].map(([key, shape]) => [key, { shape } as unknown as StoredTensor])),
  });
  const named = (
    tensors: ReadonlyMap<string, readonly number[]>,
    prefix: string,
    rename: (name: string) => string,
  ) => [...tensors].map(([name, shape]) => [prefix + rename(name), shape] as const);

  /** From the models' own config.json on the hub. */
  const CONFIGS = {
    sd15: {
      block_out_channels: [320, 640, 1280, 1280],
      down_block_types: [
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'DownBlock2D',
      ],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: 8,
      cross_attention_dim: 768,
      layers_per_block: 2,
      in_channels: 4,
      out_channels: 4,
      sample_size: 64,
    },
    sdxl: {
      block_out_channels: [320, 640, 1280],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      attention_head_dim: [5, 10, 20],
      transformer_layers_per_block: [1, 2, 10],
      cross_attention_dim: 2048,
      layers_per_block: 2,
      in_channels: 4,
      out_channels: 4,
      sample_size: 128,
      use_linear_projection: true,
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: 2816,
    },
  };

  it.each([
    // Tensors and parameters of the released UNets.
    ['sd15', 686, 859_520_964, 'input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight', [1280, 768]],
    [
      'sdxl',
      1680,
      2_567_463_684,
      'output_blocks.2.1.transformer_blocks.9.ff.net.0.proj.weight',
      [10_240, 1280],
    ],
  ] as const)(
    '%s: names, count and size, and the configuration read off the shapes',
    (name, count, size, key, shape) => {
      const config = unetSchema.parse(CONFIGS[name]);
      const tensors = unetTensors(config);
      expect(tensors.size).toBe(count);
      expect([...tensors.values()].reduce((sum, s) => sum + s.reduce((n, d) => n * d, 1), 0)).toBe(size);
      const shapes = named(tensors, 'model.diffusion_model.', originalUnetName(config));
      const store = storeOf([...shapes, ['conditioner.embedders.1.model.text_projection', [1280, 1280]]]);
      expect(store.tensors.get(`model.diffusion_model.${key}`)?.shape).toEqual(shape);
      const found = unetConfigOf(store, name === 'sdxl', config.sample_size);
      expect({ ...found, transformer_layers_per_block: null }).toEqual({
        ...config,
        transformer_layers_per_block: null,
      });
      expect(unetTensors(found)).toEqual(tensors);
    },
  );

  it('the VAE and the text encoders', () => {
    const config = vaeSchema.parse({
      block_out_channels: [128, 256, 512, 512],
      down_block_types: Array(4).fill('DownEncoderBlock2D'),
      up_block_types: Array(4).fill('UpDecoderBlock2D'),
      layers_per_block: 2,
      latent_channels: 4,
      in_channels: 3,
      out_channels: 3,
      scaling_factor: 0.13025,
      // As SDXL's VAE says of itself: its activations overflow in half precision.
      force_upcast: true,
    });
    const tensors = vaeTensors(config);
    expect(tensors.size).toBe(248);
    const shapes = named(tensors, 'first_stage_model.', originalVaeName(config));
    expect(Object.fromEntries(shapes)['first_stage_model.decoder.up.1.block.0.nin_shortcut.weight']).toEqual([
      256, 512, 1, 1,
    ]);
    expect(vaeConfigOf(storeOf(shapes), true)).toEqual(config);

    const clip = storeOf([
      ['c.text_model.embeddings.token_embedding.weight', [49_408, 768]],
      ['c.text_model.embeddings.position_embedding.weight', [77, 768]],
      ['c.text_model.encoder.layers.0.mlp.fc1.weight', [3072, 768]],
      ...Array.from(
        { length: 12 },
        (_, i) => [`c.text_model.encoder.layers.${i}.layer_norm1.weight`, [768]] as const,
      ),
    ]);
    expect(clipConfigOf(clip, 'c.')).toMatchObject({
      num_attention_heads: 12,
      num_hidden_layers: 12,
      hidden_act: 'quick_gelu',
    });
    expect(textTensors(clipConfigOf(clip, 'c.')).size).toBe(196);
    const open = storeOf([
      ['o.token_embedding.weight', [49_408, 1280]],
      ['o.positional_embedding', [77, 1280]],
      ['o.text_projection', [1280, 1280]],
      ['o.transformer.resblocks.0.mlp.c_fc.weight', [5120, 1280]],
      ...Array.from({ length: 32 }, (_, i) => [`o.transformer.resblocks.${i}.ln_1.weight`, [1280]] as const),
    ]);
    expect(openClipConfigOf(open, 'o.', 0)).toMatchObject({
      architectures: ['CLIPTextModelWithProjection'],
      num_attention_heads: 20,
      num_hidden_layers: 32,
      projection_dim: 1280,
    });
    expect(textTensors(openClipConfigOf(open, 'o.', 0)).size).toBe(517);
  });

  it('the family is told from the header', () => {
    const file = join(root, 'marks.safetensors');
    const at = (n: number) =>
      `model.diffusion_model.input_blocks.${n}.1.transformer_blocks.0.attn2.to_k.weight`;
    writeSafetensors(file, { [at(4)]: f32([640, 2048]), [at(7)]: f32([1280, 2048]) });
    expect(modelFamily(file)).toBe('sdxl');
    expect(openSafetensors(file).tensors.size).toBe(2);
    expect(modelFamily(join(root, 'nowhere'))).toBe('default');
  });
});
