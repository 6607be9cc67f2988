/**
 * What the tensors of an adapter are called in every format that people have, made from the module table:
 * each module gives its possible keys, and a file's keys are looked up among them. Nothing is guessed out of
 * a name, because kohya's underscores cannot be told from those of the layers themselves.
 */
import type { UnetConfig } from '../models/config.js';
import type { Module } from '../models/modules.js';
import { originalUnetName } from '../models/original-names.js';
import type { Part } from '../nn/lora.js';

export type Role = 'down' | 'up' | 'alpha';

export interface Slot {
  readonly module: Module;
  readonly role: Role;
}

/**
 * transformers 5 left this out of its own names; files have it. The pooled state's projection stands outside
 * of it.
 */
const withRoot = (path: string): string =>
  path.startsWith('text_model.') || path === 'text_projection' ? path : `text_model.${path}`;

const withoutRoot = (path: string): string => path.replace(/^text_model\./, '');

/**
 * What PEFT may have called the module in its network: transformers has had two names for text encoders'
 * layers.
 */
export const pathsOf = ({ part, path }: Module): readonly string[] =>
  part === 'unet' ? [path] : [withRoot(path), withoutRoot(path)];

/** How diffusers and PEFT call the module: `unet.down_blocks...`, `text_encoder.text_model.encoder...`. */
export const diffusersName = ({ part, path }: Module): string =>
  `${part}.${part === 'unet' ? path : withRoot(path)}`;

/** How kohya's scripts, ComfyUI and A1111 call it; SDXL's users have the original block names. */
export function kohyaName({ part, path }: Module, config: UnetConfig, twoEncoders: boolean): string {
  const flat = (prefix: string, name: string) => `${prefix}_${name.replaceAll('.', '_')}`;
  if (part === 'unet') return flat('lora_unet', twoEncoders ? originalUnetName(config)(path) : path);
  const encoder = part === 'text_encoder_2' ? 'lora_te2' : twoEncoders ? 'lora_te1' : 'lora_te';
  return flat(encoder, withRoot(path));
}

/** Endings of the formats: of diffusers and PEFT, of diffusers before PEFT (two of them), of kohya. */
const endings: readonly (readonly [string, Role])[] = [
  ['.lora_A.weight', 'down'],
  ['.lora_B.weight', 'up'],
  // A state of PEFT's own, in which adapters have names.
  ['.lora_A.default.weight', 'down'],
  ['.lora_B.default.weight', 'up'],
  ['.lora.down.weight', 'down'],
  ['.lora.up.weight', 'up'],
  ['.lora_linear_layer.down.weight', 'down'],
  ['.lora_linear_layer.up.weight', 'up'],
  ['.lora_down.weight', 'down'],
  ['.lora_up.weight', 'up'],
  ['.alpha', 'alpha'],
];

const textProjections: readonly (readonly [string, string])[] = [
  ['q_proj', 'to_q'],
  ['k_proj', 'to_k'],
  ['v_proj', 'to_v'],
  ['out_proj', 'to_out'],
];

/**
 * The old attention-processor names: the four projections of an attention, listed as such by their last word.
 */
function processorName({ part, path }: Module): string | undefined {
  if (part === 'unet') {
    for (const name of ['to_q', 'to_k', 'to_v', 'to_out']) {
      for (const end of [`.${name}`, `.${name}.0`])
        if (path.endsWith(end)) return `${path.slice(0, -end.length)}.processor.${name}_lora`;
    }
    return undefined;
  }
  const found = textProjections.find(([ours]) => path.endsWith(`.self_attn.${ours}`));
  return found && `${withRoot(path).slice(0, -found[0].length)}${found[1]}_lora`;
}

/** What PEFT puts before each name, as it wraps the network. */
const WRAPPED = 'base_model.model.';

/**
 * Every key by which a file may name a tensor of one of these modules; `wrapped`: the part that PEFT's own
 * names are of.
 */
export function slotTable(
  modules: readonly Module[],
  config: UnetConfig,
  wrapped: Part = 'unet',
): Map<string, Slot> {
  const slots = new Map<string, Slot>();
  const original = originalUnetName(config);
  for (const module of modules) {
    const { part, path } = module;
    const add = (key: string, role: Role) => slots.set(key, { module, role });
    const flat = (prefix: string, name: string) => `${prefix}_${name.replaceAll('.', '_')}`;
    const stems =
      part === 'unet'
        ? [path, `unet.${path}`, flat('lora_unet', path), flat('lora_unet', original(path))]
        : [`${part}.${withRoot(path)}`, `${part}.${withoutRoot(path)}`];
    if (part === wrapped) stems.push(...pathsOf(module).map((name) => WRAPPED + name));
    if (part === 'text_encoder')
      stems.push(flat('lora_te', withRoot(path)), flat('lora_te1', withRoot(path)));
    if (part === 'text_encoder_2') stems.push(flat('lora_te2', withRoot(path)));
    for (const stem of stems) for (const [ending, role] of endings) add(stem + ending, role);
    const processor = processorName(module);
    if (processor === undefined) continue;
    for (const prefix of part === 'unet' ? ['', 'unet.'] : [`${part}.`])
      for (const role of ['down', 'up'] as const) add(`${prefix}${processor}.${role}.weight`, role);
  }
  return slots;
}
