/**
 * Tensors in a file that no network asked for. Some are known to change nothing; anything else means that the
 * model is not what its configuration says, and is refused by name rather than dropped.
 */
import { AcclaimError } from '../../src/errors.js';
import type { WeightStore } from '../io/weights.js';

/** Changes nothing here: buffers, averaged copies for further training, training's own losses, schedules. */
const HARMLESS: readonly RegExp[] = [
  /(^|\.)position_ids$/,
  /^model_ema\./,
  /^(betas|alphas_cumprod|alphas_cumprod_prev|logvar|lvlb_weights|scale_factor|model_ema_decay)$/,
  /^(sqrt|log|posterior)_\w+$/,
  /^denoiser\.(sigmas|log_sigmas)$/,
  /(^|\.)logit_scale$/,
  // Of a text encoder whose pooled state nobody reads; one that is read is not left over.
  /(^|\.)text_projection(\.weight)?$/,
  /^embedding_manager\./,
  /^first_stage_model\.loss\./,
  /^global_step$/,
];

/** Known by another name, and not built. */
const NOT_BUILT: readonly (readonly [RegExp, string])[] = [
  [/cond_proj\./, 'a guidance embedding that its configuration does not name'],
  [/^edm_vpred\./, "a model of EDM's noise levels (CosXL)"],
  [/^control_model\.|controlnet/, 'ControlNet'],
  [/lora_(A|B|up|down)|\.alpha$|hada_|dora_scale/, 'an adapter within a checkpoint'],
  [
    /^model\.diffusion_model\.(double_blocks|joint_blocks|single_blocks)\./,
    'a transformer model (SD 3, Flux)',
  ],
  [/ip_adapter|to_k_ip|to_v_ip/, 'conditioning on images (IP-Adapter)'],
];

/** Errors: model-unsupported, naming file and key. */
export function checkLeftovers(
  store: WeightStore,
  used: ReadonlySet<string>,
  harmless: readonly RegExp[] = [],
): void {
  for (const key of store.tensors.keys()) {
    if (used.has(key) || [...HARMLESS, ...harmless].some((pattern) => pattern.test(key))) continue;
    const known = NOT_BUILT.find(([pattern]) => pattern.test(key))?.[1];
    throw new AcclaimError(
      'model-unsupported',
      `${store.tensors.get(key)!.file}: ${key}: ${known === undefined ? 'belongs to no layer that is built' : `${known} is not built`}`,
      'Choose a model of the Stable Diffusion 1.x, 2.x or XL family that makes pictures from text.',
    );
  }
}
