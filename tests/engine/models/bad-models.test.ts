/** Model folders with one fault each: one coded error that names the file and what is wrong in it. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPipeline } from '../../../engine/models/pipeline.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-models-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** A copy of a tiny model with one change. */
function broken(change: (folder: string) => void): string {
  const folder = mkdtempSync(join(dir, 'case-'));
  cpSync('tests/fixtures/tiny/sd15/model', folder, { recursive: true });
  change(folder);
  return folder;
}

const edit = (file: string, change: Record<string, unknown>) => (folder: string) => {
  const path = join(folder, file);
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }));
};
const weights = (part: string) => join(part, 'diffusion_pytorch_model.safetensors');

/** Changes a safetensors header in place, its length kept by spaces. */
const header = (file: string, from: string, to: string) => (folder: string) => {
  const path = join(folder, file);
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  const text = bytes.subarray(8, 8 + length).toString();
  const changed = text.replace(from, to).trimEnd().padEnd(length);
  if (changed === text || changed.length !== length) throw new Error('the change does not fit');
  bytes.write(changed, 8);
  writeFileSync(path, bytes);
};

describe('a model folder is refused by name', () => {
  it.each<[string, string, RegExp, (folder: string) => void]>([
    ['no index', 'file-not-found', /model_index\.json/, (f) => rmSync(join(f, 'model_index.json'))],
    ['no UNet config', 'file-not-found', /unet.config\.json/, (f) => rmSync(join(f, 'unet/config.json'))],
    [
      'no VAE weights',
      'file-not-found',
      /vae.diffusion_pytorch_model\.safetensors/,
      (f) => rmSync(join(f, weights('vae'))),
    ],
    [
      'an index that is no JSON',
      'model-corrupt',
      /model_index\.json/,
      (f) => writeFileSync(join(f, 'model_index.json'), '{'),
    ],
    [
      'more levels than any model has',
      'model-unsupported',
      /unet.config\.json: block_out_channels/,
      edit('unet/config.json', {
        block_out_channels: Array(20_000).fill(32),
        down_block_types: Array(20_000).fill('DownBlock2D'),
        up_block_types: Array(20_000).fill('UpBlock2D'),
      }),
    ],
    [
      'a million levels',
      'model-corrupt',
      /vae.config\.json: it has more than \d+ names and values/,
      edit('vae/config.json', { block_out_channels: Array(1e6).fill(32) }),
    ],
    [
      'more layers than any model has',
      'model-unsupported',
      /layers_per_block: makes more than/,
      edit('unet/config.json', { layers_per_block: 200, transformer_layers_per_block: 200 }),
    ],
    [
      'an encoder of 65,536 layers',
      'model-unsupported',
      /num_hidden_layers/,
      edit('text_encoder/config.json', { num_hidden_layers: 65_536 }),
    ],
    [
      'lists in lists in lists',
      'model-corrupt',
      /unet.config\.json: it is nested more than 32 deep/,
      edit('unet/config.json', { block_out_channels: JSON.parse('['.repeat(3000) + ']'.repeat(3000)) }),
    ],
    [
      'another pipeline',
      'model-unsupported',
      /_class_name/,
      edit('model_index.json', { _class_name: 'FluxPipeline' }),
    ],
    [
      'another UNet class',
      'model-unsupported',
      /unet.config\.json.*_class_name/,
      edit('unet/config.json', { _class_name: 'UNet3D' }),
    ],
    [
      'another text encoder',
      'model-unsupported',
      /text_encoder/,
      edit('model_index.json', { text_encoder: ['transformers', 'T5'] }),
    ],
    [
      'an unknown block',
      'model-unsupported',
      /down_block_types/,
      edit('unet/config.json', { down_block_types: ['A', 'DownBlock2D'] }),
    ],
    [
      'an option that is not built',
      'model-unsupported',
      /class_embed_type/,
      edit('unet/config.json', { class_embed_type: 'timestep' }),
    ],
    ['an unknown key', 'model-unsupported', /surprise/, edit('vae/config.json', { surprise: 1 })],
    [
      'a list of the wrong length',
      'model-unsupported',
      /attention_head_dim/,
      edit('unet/config.json', { attention_head_dim: [1] }),
    ],
    ['an inpainting UNet', 'model-unsupported', /in_channels/, edit('unet/config.json', { in_channels: 9 })],
    [
      'zero terminal SNR',
      'model-unsupported',
      /rescale_betas/,
      edit('scheduler/scheduler_config.json', { rescale_betas_zero_snr: true }),
    ],
    [
      'an inpainting pipeline',
      'model-unsupported',
      /_class_name: StableDiffusionInpaintPipeline: inpainting is not built/,
      edit('model_index.json', { _class_name: 'StableDiffusionInpaintPipeline' }),
    ],
    [
      "XL's refiner",
      'model-unsupported',
      /refiner is not built/,
      edit('model_index.json', { _class_name: 'StableDiffusionXLImg2ImgPipeline' }),
    ],
    [
      'a distilled model without the layer that is told its guidance',
      'model-corrupt',
      /cond_proj\.weight/,
      edit('unet/config.json', { time_cond_proj_dim: 256 }),
    ],
    [
      "XL's conditioning in a pipeline that has none",
      'model-unsupported',
      /addition_embed_type/,
      edit('unet/config.json', {
        addition_embed_type: 'text_time',
        addition_time_embed_dim: 8,
        projection_class_embeddings_input_dim: 96,
      }),
    ],
    [
      'a width that no memory holds',
      'model-unsupported',
      /block_out_channels\.0/,
      edit('vae/config.json', { block_out_channels: [2 ** 34, 32] }),
    ],
    [
      'a wrong width',
      'shape-mismatch',
      /time_embedding\.linear_1\.weight: expected \[128,32\], found \[64,16\]/,
      edit('unet/config.json', { block_out_channels: [32, 32] }),
    ],
    [
      'a tensor of another shape',
      'shape-mismatch',
      /conv_in\.bias: expected \[16\], found \[4,4\]/,
      header(weights('unet'), '"shape":[16]', '"shape":[4,4]'),
    ],
    [
      'a tensor too few',
      'model-corrupt',
      /lacks the tensor conv_in\.bias/,
      header(weights('unet'), '"conv_in.bias"', '"conv_in.bins"'),
    ],
    [
      'a tensor of another type',
      'model-corrupt',
      /holds conv_in\.bias as I32/,
      header(weights('unet'), '"F32"', '"I32"'),
    ],
    [
      'truncated weights',
      'model-corrupt',
      /truncated/,
      (f) => truncateSync(join(f, weights('unet')), 300_000),
    ],
    [
      'pickled weights',
      'model-unsupported',
      /pickled/,
      (f) => renameSync(join(f, weights('vae')), join(f, 'vae/diffusion_pytorch_model.bin')),
    ],
  ])('%s', async (_, code, message, change) => {
    await expect(loadPipeline(broken(change))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it('a folder that is not there', async () => {
    await expect(loadPipeline(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'file-not-found' });
  });
});

describe('sizes', () => {
  it('are multiples of what the networks halve', async () => {
    const { latentShape, defaultSize, family } = await loadPipeline('models/mini');
    expect(family).toBe('mini');
    expect(defaultSize).toEqual({ width: 64, height: 64 });
    expect(latentShape()).toEqual([4, 16, 16]);
    expect(latentShape(96, 48)).toEqual([4, 12, 24]);
    expect(() => latentShape(60, 64)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
