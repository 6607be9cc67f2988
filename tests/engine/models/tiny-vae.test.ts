/**
 * AutoencoderTiny both ways against diffusers' (bench/parity/tiny_vae.py): in TAESD's stages, and in two;
 * what is refused of one, and of one for other latents.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { decode, encode, loadPipeline } from '../../../engine/models/pipeline.js';
import { hasTinyVae, openTinyVae } from '../../../engine/models/tiny-vae.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';

const TINY = 'tests/fixtures/tiny';
const own = (name: string) => join(TINY, 'tiny-vae', name);
const golden = (name: string) => readSafetensors(`${own(name)}.safetensors`) as Record<string, FloatTensor>;

describe('a tiny decoder', async () => {
  const root = mkdtempSync(join(tmpdir(), 'acclaim-tiny-'));
  const cache = new ExecutorCache({ threads: 1 });
  const pipeline = await loadPipeline(`${TINY}/sd15/model`);
  afterAll(async () => {
    await cache.clear();
    rmSync(root, { recursive: true });
  });

  it.each([
    ['taesd', 8],
    ['half', 2],
  ])("%s decodes and encodes as diffusers'", async (name, factor) => {
    const { latents, decoded, image, encoded } = golden(name);
    const tiny = openTinyVae(own(name));
    // A model of as many halvings; nothing else of it is looked at.
    const like = Array.from({ length: Math.log2(factor) + 1 }, () => 8);
    const model = { ...pipeline, vaeConfig: { ...pipeline.vaeConfig, block_out_channels: like } };
    expect(relativeError(await decode(model, cache, latents!, tiny), decoded!)).toBeLessThan(1e-4);
    expect(relativeError(await encode(model, cache, image!, tiny), encoded!)).toBeLessThan(1e-4);
  });

  it("is a part of a model's folder too", () => {
    cpSync(own('half'), join(root, 'model', 'tiny_vae'), { recursive: true });
    expect([hasTinyVae(join(root, 'model')), hasTinyVae(own('half'))]).toEqual([true, false]);
    expect(openTinyVae(join(root, 'model')).tinyConfig.num_decoder_blocks).toEqual([2, 1]);
  });

  it('for other latents is refused', async () => {
    const { latents } = golden('half');
    await expect(decode(pipeline, cache, latents!, openTinyVae(own('taesd')))).rejects.toMatchObject({
      code: 'shape-mismatch',
      message: expect.stringMatching(/4 channels to 8 times .* want 2 times/),
    });
  });

  const broken = (change: object, weights?: Record<string, FloatTensor>) => {
    const folder = mkdtempSync(join(root, 'broken-'));
    mkdirSync(folder, { recursive: true });
    cpSync(own('half'), folder, { recursive: true });
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    const tensors = join(folder, 'diffusion_pytorch_model.safetensors');
    if (weights) writeSafetensors(tensors, { ...readSafetensors(tensors), ...weights });
    return folder;
  };

  it.each([
    ['another class', { _class_name: 'AutoencoderKL' }, 'model-unsupported', /only AutoencoderTiny is built/],
    ['another activation', { act_fn: 'gelu' }, 'model-unsupported', /act_fn/],
    ['unlike widths', { decoder_block_out_channels: [6, 8] }, 'model-unsupported', /must be alike/],
    ['stages without widths', { num_encoder_blocks: [1] }, 'model-unsupported', /one entry for each/],
    ['layers that are not there', { num_decoder_blocks: [2, 3] }, 'model-corrupt', /decoder\.layers/],
  ])('with %s is refused by name', (_, change, code, message) => {
    expect(() => openTinyVae(broken(change))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('with a layer too many, or nowhere, is refused by name', () => {
    expect(() => openTinyVae(broken({}, { 'decoder.layers.99.weight': f32([1]) }))).toThrow(/layers\.99/);
    expect(() => openTinyVae(join(root, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'file-not-found' }),
    );
  });
});
