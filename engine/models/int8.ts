/**
 * A UNet's linear layers in int8, for drawing on the CPU: what is inside its transformers, where products are
 * large enough to gain. Each column of a weight [in, out] counts in steps of 1/127 of its largest value;
 * activations are rounded when they come (graph/op-set.ts: DynamicQuantizeMatMul). All else of the network is
 * as it was, and what learns never sees these weights.
 */
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline as streamed } from 'node:stream/promises';
import { z } from 'zod';
import type { Graph } from '../graph/graph.js';
import type { Int8Weight } from '../graph/ops.js';
import type { ExternalWeight, Shape, Value } from '../graph/value.js';
import { bfloatToFloat, halfToFloat } from '../io/half.js';
import { openSafetensors, readBytes, type SafetensorsFile, writeSafetensorsOf } from '../io/safetensors.js';
import { Wanted, type Weights } from '../io/weights.js';
import type { Rows, WeightSource } from '../nn/scope.js';
import type { UnetConfig } from './config.js';
import { visitUnet } from './networks.js';

/**
 * Channels that a layer reads and gives, at least: with 192 of both int8 takes .6 of float32's time, with 128
 * .7, with 64 1.2 (one thread, 1024 to 4096 tokens).
 */
const LEAST = 192;
/** Root mean square error of a weight in int8, of its own; more, and the layer stays float32. */
const BOUND = 0.02;
/** Counts up whenever the files' contents change their meaning. */
const VERSION = 1;
/** Bytes of the folder; the files used longest ago go first. */
const MOST = 4 * 2 ** 30;

/** A layer's rows as they are asked for, by the name of their weight. */
interface Layer extends Rows {
  readonly name: string;
}

/** What was chosen: layers in int8, those whose error is too large, and those that are too small to gain. */
export interface Int8Choice {
  readonly taken: number;
  readonly inexact: number;
  readonly small: number;
}

/** A UNet's weights with those that are in int8: what a network is built from in the place of its own. */
export interface Int8Unet extends WeightSource {
  readonly bytes: number;
  readonly tensors: Weights['tensors'];
  /** Of the file. */
  readonly sha256: string;
  readonly choice: Int8Choice;
}

const noteSchema = z.object({
  sha256: z.string(),
  choice: z.object({ taken: z.number(), inexact: z.number(), small: z.number() }),
});

/** Where the weights of a data folder's engines are kept. */
export const int8Folder = (dataDir: string): string => join(dataDir, 'int8');

/** What was chosen of a model, once its weights have been made. */
export function int8Choice(hash: string, folder: string): Int8Choice | null {
  const note = `${stemOf(hash, folder)}.json`;
  return existsSync(note) ? noteSchema.parse(JSON.parse(readFileSync(note, 'utf8'))).choice : null;
}

const stemOf = (hash: string, folder: string, least = LEAST) =>
  join(folder, `${hash}.v${VERSION}${least === LEAST ? '' : `.${least}`}`);

const keyOf = ({ name, start, end }: { name: string; start: number; end: number }) =>
  `${name}[${start}:${end}]`;

/**
 * Opened where `folder` has them, else made: 80 s for Stable Diffusion 1.5. `hash`: the model's. A
 * file that is not what was written is made again.
 */
export async function int8Unet(
  { unet, unetConfig }: { unet: Weights; unetConfig: UnetConfig },
  hash: string,
  folder: string,
  least = LEAST,
): Promise<Int8Unet> {
  mkdirSync(folder, { recursive: true });
  const stem = stemOf(hash, folder, least);
  const [file, note] = [`${stem}.safetensors`, `${stem}.json`];
  const kept = await verified(file, note);
  const { sha256, choice } = kept ?? (await make(layersOf(unetConfig), { unet, file, note, least }));
  bound(folder, stem);
  return over(unet, openSafetensors(file), sha256, choice);
}

/** Linear layers within the transformers, in the order in which the network asks for them. */
function layersOf(unetConfig: UnetConfig): Layer[] {
  const layers = new Map<string, Layer>();
  const wanted = new Wanted();
  const source: WeightSource = {
    weight: (graph, name, shape) => wanted.weight(graph, name, shape),
    int8(_graph, name, rows) {
      const layer = { name, ...rows };
      if (/(^|\.)attentions\./.test(name)) layers.set(keyOf(layer), layer);
      return undefined;
    },
  };
  visitUnet({ unet: source, unetConfig });
  return [...layers.values()];
}

/** What was noted of the file, where the file is still that. */
async function verified(file: string, note: string): Promise<z.infer<typeof noteSchema> | undefined> {
  if (!existsSync(file) || !existsSync(note)) return undefined;
  const hash = createHash('sha256');
  try {
    const noted = noteSchema.parse(JSON.parse(readFileSync(note, 'utf8')));
    await streamed(createReadStream(file), hash);
    if (hash.digest('hex') !== noted.sha256) return undefined;
    const now = (performance.timeOrigin + performance.now()) / 1000;
    utimesSync(file, now, now);
    return noted;
  } catch {
    return undefined;
  }
}

/** Makes the file layer by layer, then the note that vouches for it: one without the other is nothing. */
async function make(
  layers: readonly Layer[],
  { unet, file, note, least }: { unet: Weights; file: string; note: string; least: number },
) {
  rmSync(note, { force: true });
  const large = layers.filter(({ start, end, inner }) => Math.min(end - start, inner) >= least);
  const taken = large.filter((layer) => rounded(unet, layer).error <= BOUND);
  const described = taken.flatMap((layer) => [
    { name: `${keyOf(layer)}.steps`, dtype: 'I8' as const, shape: [layer.inner, layer.end - layer.start] },
    { name: `${keyOf(layer)}.scale`, dtype: 'F32' as const, shape: [layer.end - layer.start] },
  ]);
  const byKey = new Map(taken.map((layer) => [keyOf(layer), layer]));
  const hash = createHash('sha256');
  writeSafetensorsOf(
    file,
    described,
    (name) => {
      const made = rounded(unet, byKey.get(name.replace(/\.(steps|scale)$/, ''))!);
      return name.endsWith('.steps') ? made.steps : made.scale;
    },
    (bytes) => hash.update(bytes),
  );
  const choice = {
    taken: taken.length,
    inexact: large.length - taken.length,
    small: layers.length - large.length,
  };
  const noted = { sha256: hash.digest('hex'), choice };
  writeFileSync(`${note}.${process.pid}`, JSON.stringify(noted));
  renameSync(`${note}.${process.pid}`, note);
  return noted;
}

/** A layer's rows [out, in] as steps [in, out], and how far off they are, of the weight's own size. */
export function rounded(
  unet: Pick<Weights, 'tensors'>,
  { name, start, end, inner }: Layer,
): { steps: Int8Array; scale: Float32Array; error: number } {
  const weight = floats(unet, name);
  const out = end - start;
  const steps = new Int8Array(inner * out);
  const scale = new Float32Array(out);
  let [off, size] = [0, 0];
  for (let o = 0; o < out; o++) {
    const row = weight.subarray((start + o) * inner, (start + o + 1) * inner);
    const largest = row.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    // A row of zeros, too, has a step.
    scale[o] = (largest || 1) / 127;
    for (let i = 0; i < inner; i++) {
      const step = Math.round(row[i]! / scale[o]!);
      steps[i * out + o] = step;
      off += (row[i]! - step * scale[o]!) ** 2;
      size += row[i]! ** 2;
    }
  }
  return { steps, scale, error: size === 0 ? 0 : Math.sqrt(off / size) };
}

/** A weight of the file in float32, as [out, in]. */
function floats({ tensors }: Pick<Weights, 'tensors'>, name: string): Float32Array {
  const { tensor, dtype, offset, length, shape, transposed } = tensors.get(name)!;
  const bytes = readBytes(tensor, { ...tensor, offset, length });
  const { buffer } = bytes;
  const values =
    dtype === 'float32'
      ? new Float32Array(buffer)
      : (dtype === 'float16' ? halfToFloat : bfloatToFloat)(new Uint16Array(buffer));
  if (!transposed) return values;
  const [out, inner] = shape as [number, number];
  return Float32Array.from(values, (_, i) => values[(i % inner) * out + Math.floor(i / inner)]!);
}

/** The network's weights, with what the file holds of them. */
function over(unet: Weights, file: SafetensorsFile, sha256: string, choice: Int8Choice): Int8Unet {
  const mapped = (graph: Graph, name: string, dtype: 'int8' | 'float32'): Value | undefined => {
    const entry = file.tensors.get(name);
    if (!entry) return undefined;
    const { offset, length, shape } = entry;
    const weight: ExternalWeight = { name, file: file.file, offset, length, shape, dtype };
    return graph.weight(weight, dtype);
  };
  return {
    ...{ bytes: unet.bytes, tensors: unet.tensors, sha256, choice },
    weight: (graph: Graph, name: string, shape: Shape, to) => unet.weight(graph, name, shape, to),
    int8(graph, name, { start, end }): Int8Weight | undefined {
      const key = keyOf({ name, start, end });
      const [steps, scale] = [
        mapped(graph, `${key}.steps`, 'int8'),
        mapped(graph, `${key}.scale`, 'float32'),
      ];
      return steps && scale && { steps, scale };
    },
  };
}

/** Removes the files used longest ago until the folder is within its bound; `own` stays. */
function bound(folder: string, own: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name)) }))
    .sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  let bytes = 0;
  for (const { path, stat } of files) {
    bytes += stat.size;
    if (bytes <= MOST || path.startsWith(own)) continue;
    rmSync(path, { force: true });
    rmSync(path.replace(/safetensors$/, 'json'), { force: true });
  }
}
