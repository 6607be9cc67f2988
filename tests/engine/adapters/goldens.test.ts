/**
 * LoRAs in every format that people have, on tiny models, against what diffusers and peft gave for the same
 * files.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapters } from '../../../engine/adapters/read.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import type { AdapterValues, LoraForm } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { FloatTensor } from '../../../engine/runtime/tensor.js';
import { parseAdapter } from '../../../src/config/stack.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const PROMPT = 'one blue rose in a vase';

describe.each(['sd15', 'sd21', 'sdxl'])('%s', async (name) => {
  const cache = new ExecutorCache({ threads: 1 });
  afterAll(() => cache.clear());
  const read = (file: string) =>
    readSafetensors(`tests/fixtures/tiny/${file}.safetensors`) as Record<string, FloatTensor>;
  const pipeline = await loadPipeline(`tests/fixtures/tiny/${name}/model`);
  const { out: untuned } = read(`${name}/unet`);
  const file = (adapter: string) => `tests/fixtures/tiny/${name}-adapters/${adapter}.safetensors`;

  const call = (adapter: AdapterValues, form: LoraForm) =>
    callUnet(pipeline, read(`${name}/unet`), { adapter, form });
  const apply = (...adapters: string[]) => readAdapters(pipeline, adapters.map(parseAdapter))!;

  const files: (readonly [string, string, number])[] = [
    ['attention.diffusers', 'attention', 1e-4],
    ['attention.attn-procs', 'attention', 1e-4],
    ['attention.kohya', 'attention', 2e-3],
    // As SDXL's users have it: under the original code base's block names.
    ...(name === 'sdxl' ? [['attention.kohya-sgm', 'attention', 2e-3] as const] : []),
    ['all-alpha8.diffusers', 'all-alpha8', 1e-4],
    ['all-alpha8.kohya', 'all-alpha8', 2e-3],
  ];
  it.each(files)('%s', async (adapter, expected, bound) => {
    const { out } = read(`${name}-adapters/${expected}.expected`);
    expect(relativeError(untuned!, out!), 'the adapter shows').toBeGreaterThan(10 * bound);
    for (const form of ['unmerged', 'merged'] as const)
      expect(relativeError(await call(apply(file(adapter)), form), out!), form).toBeLessThan(bound);
  });

  it('text-alpha2.kohya tunes the text encoders', async () => {
    const adapter = apply(file('text-alpha2.kohya'));
    const expected = read(`${name}-adapters/text-alpha2.expected`);
    const plain = await encodePrompt(pipeline, cache, [PROMPT]);
    expect(relativeError(plain.states, expected.prompt_embeds!)).toBeGreaterThan(1e-3);
    const tuned = await encodePrompt(pipeline, cache, [PROMPT], adapter);
    expect(relativeError(tuned.states, expected.prompt_embeds!)).toBeLessThan(1e-4);
    expect(tuned.pooled === undefined, 'XL alone pools').toBe(name !== 'sdxl');
    if (tuned.pooled) {
      expect(relativeError(plain.pooled!, expected.pooled!)).toBeGreaterThan(1e-3);
      expect(relativeError(tuned.pooled, expected.pooled!)).toBeLessThan(1e-4);
    }
  });

  it('two files with weights 0.5 and 0.5 of the same are the one, and weight 0 is none', async () => {
    const { out } = read(`${name}-adapters/attention.expected`);
    const half = `${file('attention.diffusers')}:0.5`;
    const text = file('text-alpha2.kohya');
    expect(relativeError(await call(apply(half, text, half), 'unmerged'), out!)).toBeLessThan(1e-4);
    const nothing = apply(`${file('all-alpha8.kohya')}:0`);
    expect(relativeError(await call(nothing, 'unmerged'), untuned!)).toBeLessThan(1e-4);
  });
});
