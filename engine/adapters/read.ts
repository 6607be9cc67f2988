/**
 * Adapters from files, in any of the formats of names.ts, or from a checkpoint folder of ours, onto the
 * layers of an opened model. Several are laid side by side (sum.ts), scaled by s = weight x alpha / r.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { AdapterSource } from '../../src/config/stack.js';
import { AcclaimError } from '../../src/errors.js';
import { mustBeReadable } from '../../src/files/reading.js';
import { numel, type Shape } from '../graph/value.js';
import { readNumber } from '../io/number.js';
import { openSafetensors, readTensor, type SafetensorsFile } from '../io/safetensors.js';
import { type Module, moduleTable } from '../models/modules.js';
import type { Pipeline } from '../models/pipeline.js';
import { type AdapterValues, type Part, tensorName } from '../nn/lora.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import { otherKind } from './kinds.js';
import { type Role, type Slot, slotTable } from './names.js';
import { configBeside, type NotedAlpha, notedAlpha } from './noted-alpha.js';
import type { PeftConfig } from './peft-config.js';
import { above, beside } from './sum.js';

/** One layer's part of one file: scale x up down. */
export interface Layer {
  readonly module: Module;
  /** [r, in, ...], the trailing axes those of the layer's weight. */
  readonly down: FloatTensor;
  /** [out, r, 1 ...]. */
  readonly up: FloatTensor;
  readonly scale: number;
}

/** What an adapter is called in a folder: of a checkpoint of ours, of PEFT, of diffusers. */
const IN_FOLDER = ['adapter.safetensors', 'adapter_model.safetensors', 'pytorch_lora_weights.safetensors'];

/**
 * The file that `path` stands for: itself, or the adapter in a folder. @throws AcclaimError `file-not-found`.
 */
export function adapterFile(path: string): string {
  const inside = existsSync(path) && statSync(path).isDirectory();
  const named = IN_FOLDER.map((name) => join(path, name));
  const file = inside ? (named.find((name) => existsSync(name)) ?? named[0]!) : path;
  mustBeReadable(file, { message: `there is no ${file}`, hint: 'Check --adapter.' });
  return file;
}

/**
 * Errors: file-not-found, file-corrupt, adapter-unsupported (kind or key that is not built), shape-mismatch.
 */
export function readAdapter(pipeline: Pipeline, path: string): Layer[] {
  const source = openSafetensors(adapterFile(path));
  const beside = configBeside(source.file);
  const modules = moduleTable(pipeline);
  const noted = notedAlpha(source, beside, modules);
  const slots = slotTable(modules, pipeline.unetConfig, wrappedPart(source, pipeline, beside));
  const found = new Map<Module, Map<Role, string>>();
  for (const key of source.tensors.keys()) {
    const { module, role } = slotOf(source, slots, key);
    const keys = found.get(module) ?? new Map<Role, string>();
    if (keys.has(role)) throw corrupt(source, `${keys.get(role)} and ${key} are the same layer's`);
    found.set(module, keys.set(role, key));
  }
  if (found.size === 0) throw corrupt(source, 'there is no tensor in it');
  return [...found].map(([module, keys]) => readLayer(source, module, keys, noted));
}

/** Which part a file in PEFT's own names is of, as its configuration or the names themselves tell. */
function wrappedPart(
  { file, tensors }: SafetensorsFile,
  { kind }: Pipeline,
  beside: PeftConfig | undefined,
): Part {
  const [key = ''] = tensors.keys();
  if (!/^base_model\.model\.(text_model|text_projection|encoder)\./.test(key)) return 'unet';
  const second = 'text_encoder_2';
  const named = basename(dirname(file)) === second;
  const pooled = beside?.auto_mapping?.base_model_class === 'CLIPTextModelWithProjection';
  return kind.xl && (named || pooled) ? second : 'text_encoder';
}

function slotOf({ file }: SafetensorsFile, slots: ReadonlyMap<string, Slot>, key: string): Slot {
  const kind = otherKind(key);
  if (kind !== undefined)
    throw new AcclaimError(
      'adapter-unsupported',
      `${file}: ${key}: ${kind} is not built`,
      'Use a LoRA of linear and convolutional layers.',
    );
  const slot = slots.get(key);
  if (slot) return slot;
  throw new AcclaimError(
    'adapter-unsupported',
    `${file}: ${key} belongs to no layer of the model`,
    "Use a LoRA in diffusers' or kohya's format that was made for this model's family.",
  );
}

function readLayer(
  source: SafetensorsFile,
  module: Module,
  keys: ReadonlyMap<Role, string>,
  noted: NotedAlpha,
): Layer {
  const [downKey, upKey] = [keys.get('down'), keys.get('up')];
  if (downKey === undefined || upKey === undefined)
    throw corrupt(source, `${[...keys.values()][0]} stands alone: a layer has a matrix down and one up`);
  const [down, up] = [floats(source, downKey), floats(source, upKey)];
  const { shape } = module;
  const rank = down.shape[0] ?? 0;
  const wantDown = [rank, ...shape.slice(1)];
  const wantUp = [shape[0]!, rank, ...shape.slice(2).map(() => 1)];
  if (rank < 1 || !fits(down.shape, wantDown)) throw misfit(source, downKey, down.shape, wantDown);
  if (!fits(up.shape, wantUp)) throw misfit(source, upKey, up.shape, wantUp);
  const alphaKey = keys.get('alpha');
  const scale = alphaKey === undefined ? noted(module, rank) : alphaOf(source, alphaKey) / rank;
  return { module, down: f32(wantDown, down.data), up: f32(wantUp, up.data), scale };
}

/** Axes of one at the end do not matter: a 1x1 convolution and a linear layer are the same matrix. */
function fits(found: Shape, wanted: Shape): boolean {
  const trimmed = (shape: Shape) => {
    const end = shape.findLastIndex((n) => n !== 1);
    return shape.slice(0, Math.max(end + 1, 2)).join();
  };
  return numel(found) === numel(wanted) && trimmed(found) === trimmed(wanted);
}

/** Some tools write it as a whole number; 0 and negative ones are meant. */
function alphaOf(source: SafetensorsFile, key: string): number {
  const alpha = readNumber(source, key);
  if (alpha === undefined || !Number.isFinite(alpha))
    throw corrupt(source, `${key} is [${source.tensors.get(key)!.shape}] ${alpha ?? ''}, not one number`);
  return alpha;
}

function floats(source: SafetensorsFile, key: string): FloatTensor {
  const tensor = readTensor(source, key);
  if (tensor.dtype !== 'float32') throw corrupt(source, `${key} is ${tensor.dtype}, not a float`);
  if (!tensor.data.every(Number.isFinite)) throw corrupt(source, `${key} holds numbers that are not finite`);
  return tensor;
}

const corrupt = ({ file }: SafetensorsFile, why: string) =>
  new AcclaimError('file-corrupt', `${file}: ${why}`, 'Fetch or export the adapter again.');

const misfit = ({ file }: SafetensorsFile, key: string, found: Shape, wanted: Shape) =>
  new AcclaimError(
    'shape-mismatch',
    `${file}: ${key} is [${found}], the model's layer wants [${wanted}]`,
    'The adapter was made for another model.',
  );

export interface Weighted {
  readonly layer: Layer;
  readonly weight: number;
}

/** All files' layers, module by module, in the order of the files. */
export function readWeighted(pipeline: Pipeline, sources: readonly AdapterSource[]): Weighted[][] {
  const byName = new Map<string, Weighted[]>();
  for (const { path, weight } of sources) {
    for (const layer of readAdapter(pipeline, path)) {
      const name = `${layer.module.part}.${layer.module.path}`;
      byName.set(name, [...(byName.get(name) ?? []), { layer, weight }]);
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, parts]) => parts);
}

/** The sum of all the files as one adapter; undefined where there are none. */
export function readAdapters(
  pipeline: Pipeline,
  sources: readonly AdapterSource[],
): AdapterValues | undefined {
  if (sources.length === 0) return undefined;
  const tensors: Record<string, FloatTensor> = {};
  for (const parts of readWeighted(pipeline, sources)) {
    const { part, path } = parts[0]!.layer.module;
    tensors[tensorName(part, path, 'A')] = above(parts.map(({ layer }) => layer.down));
    tensors[tensorName(part, path, 'B')] = beside(
      parts.map(({ layer, weight }) => ({ up: layer.up, scale: weight * layer.scale })),
    );
  }
  const shapes = Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
  return { spec: { tensors: shapes.sort((a, b) => (a.name < b.name ? -1 : 1)) }, tensors };
}
