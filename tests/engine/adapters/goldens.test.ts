/** LoRAs in every format that people have, on tiny models, against what diffusers and peft gave for the same files. */
import { afterAll, describe, expect, it } from 'vitest';
import { parseAdapter, readAdapters } from '../../../engine/adapters/read.js';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { unet } from '../../../engine/models/unet.js';
import { type AdapterValues, adapterInputs, adapterShapes, type LoraForm } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';

const PROMPT = 'one blue rose in a vase';

describe.each(['sd15', 'sd21'])('%s', async (name) => {
  const cache = new ExecutorCache({ threads: 1 });
  afterAll(() => cache.clear());
  const read = (file: string) =>
    readSafetensors(`tests/fixtures/tiny/${file}.safetensors`) as Record<string, FloatTensor>;
  const pipeline = await loadPipeline(`tests/fixtures/tiny/${name}/model`);
  const { sample, timestep, encoder_hidden_states: states, out: untuned } = read(`${name}/unet`);
  const file = (adapter: string) => `tests/fixtures/tiny/${name}-adapters/${adapter}.safetensors`;

  async function callUnet(adapter: AdapterValues, form: LoraForm): Promise<FloatTensor> {
    const g = new Graph();
    const feeds = { sample: sample!, timestep: f32(timestep!.shape, Array.from(timestep!.data, Number)) };
    const inputs = {
      sample: g.input('sample', sample!.shape),
      timestep: g.input('timestep', timestep!.shape),
      states: g.input('states', states!.shape),
    };
    g.output('out', unet(g, pipeline, inputs, adapterInputs(g, pipeline, adapter.spec, form)));
    const executor = await Executor.create(g, { threads: 1 });
    const tensors = adapterShapes(pipeline, adapter.spec).map(({ name }) => [name, adapter.tensors[name]!]);
    const { out } = await executor.run({ ...feeds, states: states!, ...Object.fromEntries(tensors) });
    await executor.release();
    return out as FloatTensor;
  }
  const apply = (...adapters: string[]) => readAdapters(pipeline, adapters.map(parseAdapter))!;

  it.each([
    ['attention.diffusers', 'attention', 1e-4],
    ['attention.attn-procs', 'attention', 1e-4],
    ['attention.kohya', 'attention', 2e-3],
    ['all-alpha8.diffusers', 'all-alpha8', 1e-4],
    ['all-alpha8.kohya', 'all-alpha8', 2e-3],
  ])('%s', async (adapter, expected, bound) => {
    const { out } = read(`${name}-adapters/${expected}.expected`);
    expect(relativeError(untuned!, out!), 'the adapter shows').toBeGreaterThan(10 * bound);
    for (const form of ['side', 'merged'] as const)
      expect(relativeError(await callUnet(apply(file(adapter)), form), out!), form).toBeLessThan(bound);
  });

  it('text-alpha2.kohya tunes the text encoder', async () => {
    const adapter = apply(file('text-alpha2.kohya'));
    const { prompt_embeds: expected } = read(`${name}-adapters/text-alpha2.expected`);
    const plain = await encodePrompt(pipeline, cache, [PROMPT]);
    expect(relativeError(plain.states, expected!)).toBeGreaterThan(1e-3);
    const { states: tuned } = await encodePrompt(pipeline, cache, [PROMPT], adapter);
    expect(relativeError(tuned, expected!)).toBeLessThan(1e-4);
  });

  it('two files with weights 0.5 and 0.5 of the same are the one, and weight 0 is none', async () => {
    const { out } = read(`${name}-adapters/attention.expected`);
    const half = `${file('attention.diffusers')}:0.5`;
    const text = file('text-alpha2.kohya');
    expect(relativeError(await callUnet(apply(half, text, half), 'side'), out!)).toBeLessThan(1e-4);
    const nothing = apply(`${file('all-alpha8.kohya')}:0`);
    expect(relativeError(await callUnet(nothing, 'side'), untuned!)).toBeLessThan(1e-4);
  });
});
