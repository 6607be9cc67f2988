/**
 * A LoRA as kohya's scripts write it, which ComfyUI and A1111 read: flat names, an alpha beside each layer,
 * ss_ notes.
 */
import { writeSafetensors } from '../io/safetensors.js';
import { moduleTable } from '../models/modules.js';
import type { Pipeline } from '../models/pipeline.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import { kohyaName } from './names.js';
import type { Layer } from './read.js';

const versions: Partial<Record<Pipeline['family'], Record<string, string>>> = {
  sd15: { ss_base_model_version: 'sd_v1', ss_v2: 'False' },
  sd21: { ss_base_model_version: 'sd_v2', ss_v2: 'True' },
  sdxl: { ss_base_model_version: 'sdxl_base_v1-0', ss_v2: 'False' },
};

/** fp32, since nothing is gained by rounding a few megabytes. */
export function writeKohya(
  pipeline: Pipeline,
  layers: readonly Layer[],
  out: string,
  provenance: Readonly<Record<string, string>>,
): void {
  const twoEncoders = moduleTable(pipeline).some(({ part }) => part === 'text_encoder_2');
  const tensors: Record<string, FloatTensor> = {};
  for (const { module, down, up, scale } of layers) {
    const name = kohyaName(module, pipeline.unetConfig, twoEncoders);
    tensors[`${name}.lora_down.weight`] = down;
    tensors[`${name}.lora_up.weight`] = up;
    tensors[`${name}.alpha`] = f32([], [scale * down.shape[0]!]);
  }
  const [first] = layers;
  const rank = first?.down.shape[0] ?? 0;
  const alpha = (first?.scale ?? 1) * rank;
  const kernels = layers.some(({ module }) => (module.shape[2] ?? 1) > 1);
  writeSafetensors(out, tensors, {
    ss_network_module: 'networks.lora',
    ss_network_dim: String(rank),
    ss_network_alpha: String(alpha),
    ...(kernels
      ? { ss_network_args: JSON.stringify({ conv_dim: String(rank), conv_alpha: String(alpha) }) }
      : {}),
    ...versions[pipeline.family],
    ...provenance,
  });
}
