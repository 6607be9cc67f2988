/**
 * A LoRA's configuration as PEFT writes it, in `adapter_config.json` or in a file's metadata: what of it is
 * read, and what is refused by name because it changes how the matrices act, or the base model under them.
 */
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';

const scalar = z.number();

const configSchema = z.looseObject({
  peft_type: z.string().nullish(),
  auto_mapping: z.looseObject({ base_model_class: z.string().nullish() }).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  /** 8 is PEFT's own default. */
  lora_alpha: scalar.nullish().transform((alpha) => alpha ?? 8),
  alpha_pattern: z.record(z.string(), scalar).nullish(),
  use_rslora: z.boolean().nullish(),
});
export type PeftConfig = z.infer<typeof configSchema>;

/** Switches of a configuration that say that it is no plain LoRA. */
const KINDS: readonly (readonly [string, string])[] = [
  ['use_dora', 'DoRA'],
  ['lora_bias', 'a LoRA with biases'],
  ['use_qalora', 'QALoRA'],
  ['use_bdlora', 'BD-LoRA'],
  ['alora_invocation_tokens', 'aLoRA'],
  ['arrow_config', 'Arrow'],
  ['kasa_config', 'KaSA'],
  ['monteclora_config', 'MonteCLoRA'],
  ['layer_replication', 'replicated layers'],
  ['trainable_token_indices', 'trained tokens'],
  ['target_parameters', 'a LoRA on bare parameters'],
  ['modules_to_save', 'a LoRA with whole layers beside it'],
];

/**
 * Beginnings that leave the base model as it is. The others draw on it (pissa, olora, corda, eva, loftq ...)
 * and most of them change it too, which the file of the matrices does not tell.
 */
const PLAIN_BEGINNINGS = ['gaussian', 'orthogonal', 'true', 'false'];

/** Errors: file-corrupt where it is not understood, adapter-unsupported where it names what is not built. */
export function parsePeftConfig(where: string, json: unknown): PeftConfig {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const at = parsed.error.issues[0]!.path.join('.');
    throw new AcclaimError('file-corrupt', `${where} is not understood: ${at}`, 'Export it again.', {
      cause: parsed.error,
    });
  }
  const config = parsed.data;
  const type = config.peft_type ?? 'LORA';
  if (type.toUpperCase() !== 'LORA') throw refused(where, nameOf(type));
  const kind = KINDS.find(([key]) => isSet(config[key]));
  if (kind) throw refused(where, kind[1]);
  const start = config.init_lora_weights;
  if (typeof start === 'string' && !PLAIN_BEGINNINGS.includes(start.toLowerCase()))
    throw new AcclaimError(
      'adapter-unsupported',
      `${where}: init_lora_weights: ${start.slice(0, 40)}: a LoRA that began from the base model, which may have been changed with it, is not built`,
      'Save it as a plain LoRA (PEFT: save_pretrained with path_initial_model_for_weight_conversion).',
    );
  return config;
}

/** null, false, and what is empty say no. */
const isSet = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);

const NAMES: Partial<Record<string, string>> = { LOHA: 'LoHa', LOKR: 'LoKr', ADALORA: 'AdaLoRA' };
const nameOf = (type: string) => NAMES[type.toUpperCase()] ?? type.slice(0, 40);

const refused = (where: string, kind: string) =>
  new AcclaimError('adapter-unsupported', `${where}: ${kind} is not built`, 'Use a plain LoRA.');
