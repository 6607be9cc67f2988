/**
 * One call of a UNet on golden inputs (tests/fixtures/tiny/<model>/unet.safetensors), with whatever those
 * hold, tuned or not.
 */
import { Graph } from '../../engine/graph/graph.js';
import type { Value } from '../../engine/graph/value.js';
import type { Pipeline } from '../../engine/models/pipeline.js';
import { textInputs } from '../../engine/models/prompt.js';
import { unet } from '../../engine/models/unet.js';
import { type AdapterValues, adapterInputs, adapterShapes, type LoraForm } from '../../engine/nn/lora.js';
import { Executor, type ExecutorOptions } from '../../engine/runtime/executor.js';
import { type FloatTensor, f32, type Tensor } from '../../engine/runtime/tensor.js';

export interface CallOptions {
  profile?: ExecutorOptions['profile'];
  adapter?: AdapterValues;
  form?: LoraForm;
  /** Given what every block gave. */
  onTap?: (block: string, value: FloatTensor) => void;
}

export async function callUnet(
  pipeline: Pipeline,
  golden: Record<string, Tensor>,
  { profile, adapter, form, onTap }: CallOptions = {},
): Promise<FloatTensor> {
  const { sample, timestep, encoder_hidden_states: states, text_embeds: pooled, time_ids: timeIds } = golden;
  const { embedding: told } = golden;
  const g = new Graph();
  const text = textInputs(g, { states: states!.shape, pooled: pooled?.shape, timeIds: timeIds?.shape });
  const inputs = {
    sample: g.input('sample', sample!.shape),
    timestep: g.input('timestep', timestep!.shape),
    guidance: told && g.input('guidance', told.shape),
  };
  const tap = onTap && ((block: string, value: Value) => g.output(block, value));
  g.output(
    'out',
    unet(g, pipeline, { ...inputs, ...text, tap }, adapter && adapterInputs(g, pipeline, adapter.spec, form)),
  );
  const executor = await Executor.create(g, { threads: 1, profile });
  const low = adapter ? adapterShapes(pipeline, adapter.spec) : [];
  const { out, ...blocks } = await executor.run({
    ...Object.fromEntries(low.map(({ name }) => [name, adapter!.tensors[name]!])),
    sample: sample!,
    timestep: f32(timestep!.shape, Array.from(timestep!.data, Number)),
    states: states!,
    ...(pooled && timeIds && { pooled, timeIds }),
    ...(told && { guidance: told }),
  });
  await executor.release();
  for (const [block, value] of Object.entries(blocks)) onTap?.(block, value as FloatTensor);
  return out as FloatTensor;
}
