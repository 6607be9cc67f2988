/**
 * Adapters from files: diffusers' LoRA format, or a checkpoint folder of ours. Several are laid side by side, which is
 * their sum exactly: A = [A1; A2], B = [s1 B1, s2 B2] with s = alpha / r, rank r1 + r2.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import type { AdapterValues } from '../diffusion/predictor.js';
import { openSafetensors, readSafetensors } from '../io/safetensors.js';
import type { Pipeline } from '../models/pipeline.js';
import { adapterShapes, type LoraTargets } from '../nn/lora.js';
import { type FloatTensor, f32, type Tensor } from '../runtime/tensor.js';

const metadataSchema = z.looseObject({ 'unet.lora_alpha': z.number().positive() });

const allTargets: readonly LoraTargets[] = ['attention', 'all'];

function adapterFile(path: string): string {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'adapter.safetensors') : path;
  if (!existsSync(file)) throw new AcclaimError('file-not-found', `there is no ${file}`, 'Check --adapter.');
  return file;
}

/** alpha as diffusers notes it beside the tensors; without a note it is the rank. */
function alphaOf(file: string, rank: number): number {
  const note = openSafetensors(file).metadata.lora_adapter_metadata;
  if (note === undefined) return rank;
  try {
    return metadataSchema.parse(JSON.parse(note))['unet.lora_alpha'];
  } catch (cause) {
    throw new AcclaimError(
      'file-corrupt',
      `${file}: lora_adapter_metadata is not understood`,
      'Export it again.',
      {
        cause,
      },
    );
  }
}

export function readAdapter(pipeline: Pipeline, path: string): AdapterValues {
  const file = adapterFile(path);
  const tensors = readSafetensors(file);
  const names = Object.keys(tensors);
  const refuse = (why: string): never => {
    throw new AcclaimError(
      'shape-mismatch',
      `${file}: ${why}`,
      "Use a LoRA in diffusers' format that was made for this model's UNet.",
    );
  };
  const first = names.find((name) => name.endsWith('.lora_A.weight'));
  if (first === undefined)
    return refuse("there is no tensor *.lora_A.weight: not a LoRA in diffusers' format");
  const rank = tensors[first]!.shape[0] ?? 0;
  const alpha = alphaOf(file, rank);
  for (const targets of allTargets) {
    const shapes = adapterShapes(pipeline, { rank, alpha, targets });
    const known = new Map(shapes.map(({ name, shape }) => [name, shape]));
    const strange = names.find((name) => !known.has(name));
    if (strange !== undefined && targets !== 'all') continue;
    if (strange !== undefined) refuse(`${strange} belongs to no layer of the model`);
    const filled: Record<string, FloatTensor> = {};
    for (const { name, shape } of shapes) {
      const given: Tensor | undefined = tensors[name];
      if (given && given.shape.join() !== shape.join())
        refuse(`${name} is [${given.shape}], the model's layer wants [${shape}]`);
      filled[name] = given ? f32(shape, given.data as Float32Array) : f32(shape);
    }
    return { spec: { rank, alpha, targets }, tensors: filled };
  }
  return refuse('no layer fits');
}

/** Columns of each B beside one another: [out, r1 + r2, ...]. */
function beside(parts: readonly { tensor: FloatTensor; scale: number }[]): FloatTensor {
  const [out, , ...rest] = parts[0]!.tensor.shape as [number, number, ...number[]];
  const rank = parts.reduce((sum, { tensor }) => sum + tensor.shape[1]!, 0);
  const joined = f32([out, rank, ...rest]);
  for (let row = 0, at = 0; row < out; row++) {
    for (const { tensor, scale } of parts) {
      const width = tensor.data.length / out;
      for (let i = 0; i < width; i++) joined.data[at++] = scale * tensor.data[row * width + i]!;
    }
  }
  return joined;
}

/** A above A: [r1 + r2, in, ...]. */
function above(parts: readonly FloatTensor[]): FloatTensor {
  const [, ...rest] = parts[0]!.shape as [number, ...number[]];
  const joined = f32([parts.reduce((sum, p) => sum + p.shape[0]!, 0), ...rest]);
  let at = 0;
  for (const { data } of parts) {
    joined.data.set(data, at);
    at += data.length;
  }
  return joined;
}

export function readAdapters(pipeline: Pipeline, paths: readonly string[]): AdapterValues | undefined {
  const all = paths.map((path) => readAdapter(pipeline, path));
  if (all.length < 2) return all[0];
  const rank = all.reduce((sum, { spec }) => sum + spec.rank, 0);
  const targets = all.some(({ spec }) => spec.targets === 'all') ? 'all' : 'attention';
  const spec = { rank, alpha: rank, targets } as const;
  const tensors: Record<string, FloatTensor> = {};
  for (const { name } of adapterShapes(pipeline, spec)) {
    // An adapter on fewer layers has no tensors for the others: it adds nothing there.
    const parts = all.map(({ spec: own, tensors: held }) => {
      const shapes = adapterShapes(pipeline, { ...own, targets });
      const tensor = (held[name] ?? f32(shapes.find((s) => s.name === name)!.shape)) as FloatTensor;
      return { tensor, scale: own.alpha / own.rank };
    });
    tensors[name] = name.endsWith('.lora_A.weight') ? above(parts.map((p) => p.tensor)) : beside(parts);
  }
  return { spec, tensors };
}
