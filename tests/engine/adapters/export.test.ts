/**
 * Exports read back by this project's own readers and, as numbers, held against the golden outputs of the
 * adapter that they were made from. That diffusers reads them too is shown by bench/peers/adapters.mts.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeKohya } from '../../../engine/adapters/kohya.js';
import { writeMerged } from '../../../engine/adapters/merge-model.js';
import { readAdapter, readAdapters, readWeighted } from '../../../engine/adapters/read.js';
import { openSafetensors, readSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-export-'));
afterAll(() => rmSync(dir, { recursive: true }));
const fixture = (name: string) => `tests/fixtures/tiny/${name}.safetensors`;
const read = (name: string) => readSafetensors(fixture(name)) as Record<string, FloatTensor>;

describe.each(['sd15', 'sd21', 'sdxl'])('%s', async (name) => {
  const base = `tests/fixtures/tiny/${name}/model`;
  const pipeline = await loadPipeline(base);
  const adapter = fixture(`${name}-adapters/all-alpha8.diffusers`);
  const note = { 'acclaim.round': '3' };

  it('kohya: the names, shapes and alphas that its scripts write', () => {
    // The golden ones of SDXL that bear its users' names tune the attention.
    const [from, like] =
      name === 'sdxl'
        ? ['attention.diffusers', 'attention.kohya-sgm']
        : ['all-alpha8.diffusers', 'all-alpha8.kohya'];
    const adapter = fixture(`${name}-adapters/${from}`);
    const out = join(dir, `${name}-kohya.safetensors`);
    writeKohya(pipeline, readAdapter(pipeline, adapter), out, note);
    const [ours, theirs] = [openSafetensors(out), openSafetensors(fixture(`${name}-adapters/${like}`))];
    const listed = ({ tensors }: typeof ours) =>
      [...tensors].map(([key, { shape }]) => `${key} [${shape}]`).sort();
    expect(listed(ours)).toEqual(listed(theirs));
    expect(ours.metadata).toMatchObject({ ...theirs.metadata, ...note });
    const source = [{ path: adapter, weight: 1 }];
    expect(readAdapters(pipeline, [{ path: out, weight: 1 }])).toEqual(readAdapters(pipeline, source));
  });

  it('merged: the new model gives what the base model gives with the adapter', async () => {
    const from = join(dir, `${name}-base`);
    cpSync(base, from, { recursive: true });
    writeFileSync(join(from, 'LICENSE.md'), 'as you like it');
    writeFileSync(join(from, 'unet/diffusion_pytorch_model.bin'), 'pickled');
    const out = join(dir, `${name}-merged`);
    const opened = await loadPipeline(from);
    await writeMerged(opened, readWeighted(opened, [{ path: adapter, weight: 1 }]), out, note);

    const found = await callUnet(await loadPipeline(out), read(`${name}/unet`));
    const { out: expected } = read(`${name}-adapters/all-alpha8.expected`);
    expect(relativeError(found, expected!)).toBeLessThan(1e-4);
    expect(readFileSync(join(out, 'LICENSE.md'), 'utf8')).toBe('as you like it');
    expect(JSON.parse(readFileSync(join(out, 'acclaim.json'), 'utf8'))).toEqual(note);
    expect(openSafetensors(join(out, 'unet/diffusion_pytorch_model.safetensors')).metadata).toMatchObject(
      note,
    );
    expect(readdirSync(join(out, 'unet')).sort()).toEqual([
      'config.json',
      'diffusion_pytorch_model.safetensors',
    ]);
    expect(readFileSync(join(out, 'vae/diffusion_pytorch_model.safetensors'))).toEqual(
      readFileSync(join(base, 'vae/diffusion_pytorch_model.safetensors')),
    );
    // What is there is never written over.
    const again = writeMerged(opened, [], out, note);
    await expect(again).rejects.toMatchObject({ code: 'data-unwritable' });
    expect(existsSync(`${out}.partial`)).toBe(false);
  });
});

it('merged in half precision: the dtype stays, the values are the merged ones rounded', async () => {
  const pipeline = await loadPipeline('models/mini');
  const adapter = 'tests/fixtures/mini/lora_attention.safetensors';
  const out = join(dir, 'mini-merged');
  await writeMerged(pipeline, readWeighted(pipeline, [{ path: adapter, weight: 1 }]), out, {});
  const file = 'unet/diffusion_pytorch_model.safetensors';
  const dtypes = (path: string) =>
    [...openSafetensors(path).tensors].map(([key, { dtype }]) => `${key} ${dtype}`);
  expect(dtypes(join(out, file))).toEqual(dtypes(join('models/mini', file)));
  const { sample, out: expected } = readSafetensors(
    'tests/fixtures/mini/lora_attention_unet.safetensors',
  ) as Record<string, FloatTensor>;
  const states = readSafetensors('tests/fixtures/mini/text.safetensors').last_hidden_state as FloatTensor;
  const prompts: string[] = JSON.parse(readFileSync('tests/fixtures/mini/prompts.json', 'utf8'));
  const at = prompts.indexOf('a hand');
  const size = states.shape[1]! * states.shape[2]!;
  const one = f32([1, ...states.shape.slice(1)], states.data.slice(at * size, (at + 1) * size));
  const found = await callUnet(await loadPipeline(out), {
    sample: sample!,
    timestep: f32([1], [501]),
    encoder_hidden_states: one,
  });
  expect(relativeError(found, expected!)).toBeLessThan(2e-3);
});
