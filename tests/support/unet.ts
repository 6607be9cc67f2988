/** One call of a UNet on golden inputs (tests/fixtures/tiny/<model>/unet.safetensors), with whatever those hold. */
import { Graph } from '../../engine/graph/graph.js';
import type { Pipeline } from '../../engine/models/pipeline.js';
import { textInputs } from '../../engine/models/prompt.js';
import { unet } from '../../engine/models/unet.js';
import { Executor, type ExecutorOptions } from '../../engine/runtime/executor.js';
import { type FloatTensor, f32, type Tensor } from '../../engine/runtime/tensor.js';

export async function callUnet(
  pipeline: Pipeline,
  golden: Record<string, Tensor>,
  profile?: ExecutorOptions['profile'],
): Promise<FloatTensor> {
  const { sample, timestep, encoder_hidden_states: states, text_embeds: pooled, time_ids: timeIds } = golden;
  const g = new Graph();
  const text = textInputs(g, { states: states!.shape, pooled: pooled?.shape, timeIds: timeIds?.shape });
  const inputs = { sample: g.input('sample', sample!.shape), timestep: g.input('timestep', timestep!.shape) };
  g.output('out', unet(g, pipeline, { ...inputs, ...text }));
  const executor = await Executor.create(g, { threads: 1, profile });
  const { out } = await executor.run({
    sample: sample!,
    timestep: f32(timestep!.shape, Array.from(timestep!.data, Number)),
    states: states!,
    ...(pooled && timeIds && { pooled, timeIds }),
  });
  await executor.release();
  return out as FloatTensor;
}
