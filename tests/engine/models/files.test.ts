/**
 * The same tiny Stable Diffusion in every way that people have its files (as written by diffusers and
 * safetensors for Python): rounded weights against fp32 arithmetic on the rounded weights, exact ones against
 * the model itself.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { decode, loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const TINY = 'tests/fixtures/tiny';
const root = mkdtempSync(join(tmpdir(), 'acclaim-layouts-'));
afterAll(() => rmSync(root, { recursive: true }));
const golden = (file: string) =>
  readSafetensors(`${TINY}/${file}.safetensors`) as Record<string, FloatTensor>;

/** The folder of sd15 with `parts` (its own weights there removed) in the form of `layout`. */
function folderOf(layout: string, parts: readonly string[]): string {
  const folder = mkdtempSync(join(root, `${layout}-`));
  const replaced = (path: string) => parts.some((part) => path.includes(join('model', part)));
  cpSync(`${TINY}/sd15/model`, folder, {
    recursive: true,
    filter: (path) => !(replaced(path) && path.endsWith('.safetensors')),
  });
  cpSync(`${TINY}/sd15-layouts/${layout}`, folder, { recursive: true });
  return folder;
}

async function checkNumbers(
  pipeline: Pipeline,
  expected: { unet: FloatTensor; vae: FloatTensor },
): Promise<void> {
  // With weights copied, and as they lie in the file, widened where they are used.
  for (const profile of ['speed', 'memory'] as const) {
    const out = await callUnet(pipeline, golden('sd15/unet'), { profile });
    expect(relativeError(out, expected.unet), profile).toBeLessThan(1e-4);
  }
  const cache = new ExecutorCache({ threads: 1 });
  const { z } = golden('sd15/vae');
  const scaled = z!.data.map((x) => x * pipeline.vaeConfig.scaling_factor);
  const decoded = await decode(pipeline, cache, f32(z!.shape, scaled));
  await cache.clear();
  expect(relativeError(decoded, expected.vae)).toBeLessThan(1e-4);
}

const ALL = ['unet', 'vae', 'text_encoder'];

describe('a folder', () => {
  it.each([
    ['fp16-variant', ALL],
    ['bf16', ALL],
  ])('%s', async (layout, parts) => {
    const { unet_out: unet, vae_decoded: vae } = golden(`sd15-layouts/${layout}.expected`);
    await checkNumbers(await loadPipeline(folderOf(layout, parts)), { unet: unet!, vae: vae! });
  });

  it.each([
    ['sharded', ['unet']],
    ['old-vae-keys', ['vae']],
  ])('%s', async (layout, parts) => {
    const expected = { unet: golden('sd15/unet').out!, vae: golden('sd15/vae').decoded! };
    await checkNumbers(await loadPipeline(folderOf(layout, parts)), expected);
  });

  it('with the plain name beside a variant takes the plain one, part by part', async () => {
    const folder = folderOf('fp16-variant', ['vae']);
    const { unet, vae } = await loadPipeline(folder);
    expect(unet.file).toBe(join(folder, 'unet/diffusion_pytorch_model.safetensors'));
    expect(vae.file).toBe(join(folder, 'vae/diffusion_pytorch_model.fp16.safetensors'));
  });

  const index = 'unet/diffusion_pytorch_model.safetensors.index.json';
  const sharded = (change: (map: Record<string, string>) => void) => {
    const folder = folderOf('sharded', ['unet']);
    const path = join(folder, index);
    const json = JSON.parse(readFileSync(path, 'utf8')) as { weight_map: Record<string, string> };
    change(json.weight_map);
    writeFileSync(path, JSON.stringify(json));
    return { folder, path };
  };

  it.each<[string, string, RegExp, (map: Record<string, string>) => void]>([
    [
      'points outside',
      'model-corrupt',
      /weight_map.*is not the name/,
      (m) => {
        m['conv_in.bias'] = '../vae/diffusion_pytorch_model.safetensors';
      },
    ],
    [
      'names a shard that is not there',
      'file-not-found',
      /nowhere/,
      (m) => {
        m['conv_in.bias'] = 'nowhere.safetensors';
      },
    ],
    [
      'puts a tensor into another shard',
      'model-corrupt',
      /does not hold conv_in\.bias/,
      (m) => {
        m['conv_in.bias'] = Object.values(m).find((shard) => shard !== m['conv_in.bias'])!;
      },
    ],
  ])('whose index %s is refused', async (_, code, message, change) => {
    const { folder } = sharded(change);
    await expect(loadPipeline(folder)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('keys that no network asks for', () => {
  const withKey = (key: string): string => {
    const folder = mkdtempSync(join(root, 'extra-'));
    cpSync(`${TINY}/sd15/model`, folder, { recursive: true });
    const file = join(folder, 'text_encoder/model.safetensors');
    writeSafetensors(file, { ...readSafetensors(file), [key]: f32([2]) });
    return folder;
  };

  it.each(['text_model.embeddings.position_ids', 'model_ema.decay', 'alphas_cumprod_prev', 'logit_scale'])(
    '%s is harmless',
    async (key) => {
      await expect(loadPipeline(withKey(key))).resolves.toBeDefined();
    },
  );

  it.each([
    ['surprise.weight', /text_encoder.model\.safetensors: surprise\.weight: belongs to no layer/],
    ['time_embedding.cond_proj.weight', /a guidance embedding that its configuration does not name/],
  ])('%s is refused by name', async (key, message) => {
    await expect(loadPipeline(withKey(key))).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringMatching(message),
    });
  });
});
