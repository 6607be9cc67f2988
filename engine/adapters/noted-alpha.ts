/**
 * alpha as diffusers and PEFT note it in a file's metadata (`lora_adapter_metadata`, JSON of the PEFT configuration with
 * the part's name before each key). Without a note a layer's scale alpha / r is 1, as diffusers takes it.
 */
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import type { SafetensorsFile } from '../io/safetensors.js';
import type { Module } from '../models/modules.js';
import type { Part } from '../nn/lora.js';
import { diffusersName } from './names.js';

/** Scale of a layer of this rank. */
export type NotedAlpha = (module: Module, rank: number) => number;

const configSchema = z.looseObject({
  lora_alpha: z.number().positive().optional(),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  lora_bias: z.boolean().nullish(),
});
type LoraConfig = z.infer<typeof configSchema>;

const parts: readonly Part[] = ['unet', 'text_encoder', 'text_encoder_2'];

/** Errors: file-corrupt where the note is not understood, adapter-unsupported where it names what is not built. */
export function notedAlpha({ file, metadata }: SafetensorsFile): NotedAlpha {
  const note = metadata.lora_adapter_metadata;
  if (note === undefined) return () => 1;
  const configs = new Map<Part, LoraConfig>();
  try {
    const all = z.record(z.string(), z.unknown()).parse(JSON.parse(note));
    for (const part of parts) {
      const own = Object.entries(all).filter(([key]) => key.startsWith(`${part}.`));
      const bare = own.map(([key, value]) => [key.slice(part.length + 1), value]);
      if (own.length > 0) configs.set(part, configSchema.parse(Object.fromEntries(bare)));
    }
  } catch (cause) {
    const what = `${file}: lora_adapter_metadata is not understood`;
    throw new AcclaimError('file-corrupt', what, 'Export it again.', { cause });
  }
  for (const config of configs.values()) {
    const kind = config.use_dora ? 'DoRA' : config.lora_bias ? 'a LoRA with biases' : undefined;
    if (kind !== undefined)
      throw new AcclaimError(
        'adapter-unsupported',
        `${file}: lora_adapter_metadata: ${kind} is not built`,
        'Use a plain LoRA.',
      );
  }
  return (module, rank) => {
    const config = configs.get(module.part);
    if (!config) return 1;
    // A pattern is the end of a path, from a dot on.
    const path = diffusersName(module);
    const pattern = Object.entries(config.alpha_pattern ?? {}).find(([end]) => path.endsWith(`.${end}`));
    const alpha = pattern?.[1] ?? config.lora_alpha ?? rank;
    return config.use_rslora ? alpha / Math.sqrt(rank) : alpha / rank;
  };
}
