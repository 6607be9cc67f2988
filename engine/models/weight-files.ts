/**
 * The weight files of one part of a folder in diffusers' layout: which are taken where there are several, and
 * the shards that an index names. In order: the plain name, then the variants fp16 and bf16, each as one file
 * or sharded. The plain one first because its numbers are the most exact; a folder that should use less is
 * one that holds less.
 */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { isThere } from '../../src/files/reading.js';
import { openSafetensors } from '../io/safetensors.js';
import { type StoredTensor, storeOf, type WeightStore } from '../io/weights.js';
import { readJson } from './config.js';

const VARIANTS = ['', '.fp16', '.bf16'] as const;

/**
 * `stem`: diffusion_pytorch_model of diffusers' parts, model of transformers'. Errors: file-not-found,
 * model-unsupported, model-corrupt.
 */
export function openPart(dir: string, part: string, stem: string): WeightStore {
  const folder = join(dir, part);
  for (const variant of VARIANTS) {
    const whole = join(folder, `${stem}${variant}.safetensors`);
    if (isThere(whole)) return storeOf(openSafetensors(whole, 'model-corrupt'));
    const names = [`${stem}.safetensors.index${variant}.json`, `${stem}${variant}.safetensors.index.json`];
    const index = names.map((name) => join(folder, name)).find(isThere);
    if (index !== undefined) return openShards(index);
  }
  const there = isThere(folder) ? readdirSync(folder).sort() : [];
  const pickled = there.find((name) => /\.(bin|ckpt|pt|pth)$/.test(name));
  if (pickled !== undefined) {
    throw new AcclaimError(
      'model-unsupported',
      `${join(folder, pickled)} is pickled`,
      'Pickled weights can run code: fetch the model as safetensors.',
    );
  }
  throw new AcclaimError(
    'file-not-found',
    `${join(folder, `${stem}.safetensors`)} does not exist (there: ${there.join(', ') || 'nothing'})`,
    'Fetch the model again; variants that are known are fp16 and bf16.',
  );
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

const corruptIndex = (index: string, why: string) =>
  new AcclaimError('model-corrupt', `${index}: ${why}`, 'Fetch the model again.');

/** Which shard holds a tensor, by the index: names of files in its own folder. Errors: model-corrupt. */
export function placesOf(index: string): [tensor: string, shard: string][] {
  const parsed = indexSchema.safeParse(readJson(index));
  if (!parsed.success) throw corruptIndex(index, 'weight_map: not a map of tensor names to file names');
  const places = Object.entries(parsed.data.weight_map);
  // A name from a file that others wrote: it must stay in this folder.
  for (const [, name] of places)
    if (name !== basename(name) || !/^[\w.-]+\.safetensors$/.test(name)) {
      const shown = JSON.stringify(name.slice(0, 80));
      throw corruptIndex(index, `weight_map: ${shown} is not the name of a safetensors file`);
    }
  return places;
}

/** The tensors of every shard that the index names, which must be those that the index gives it. */
function openShards(index: string): WeightStore {
  const corrupt = (why: string) => corruptIndex(index, why);
  const places = placesOf(index);
  const tensors = new Map<string, StoredTensor>();
  for (const name of new Set(places.map(([, file]) => file))) {
    const shard = openSafetensors(join(dirname(index), name), 'model-corrupt');
    for (const [key, tensor] of storeOf(shard).tensors) {
      if (tensors.has(key)) throw corrupt(`${key} stands in two shards`);
      tensors.set(key, tensor);
    }
  }
  for (const [key, name] of places) {
    const file = tensors.get(key)?.file;
    if (file === undefined || basename(file) !== name) throw corrupt(`${name} does not hold ${key}`);
  }
  return { file: index, tensors };
}
