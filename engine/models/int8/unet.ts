/**
 * A UNet's linear layers in int8, for drawing on the CPU: what is inside its transformers, where products are
 * large enough to gain and, in a few steps of the model itself, near enough to float32's. All else of the
 * network is as it was, and what learns never sees these weights.
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
import type { Graph } from '../../graph/graph.js';
import { int8Linear } from '../../graph/ops.js';
import type { ExternalWeight, Value } from '../../graph/value.js';
import { openSafetensors, type SafetensorsFile, writeSafetensorsOf } from '../../io/safetensors.js';
import type { Weights } from '../../io/weights.js';
import type { Product, Rows, WeightSource } from '../../nn/scope.js';
import type { UnetConfig } from '../config.js';
import { errorsOf, type Observe } from './calibration.js';
import { keyOf, type Layer, layersOf } from './layers.js';
import { rounded, rowsOf } from './rounding.js';

/**
 * Channels that a layer reads and gives, at least: with 192 of both int8 takes .6 of float32's time, with 128
 * .7, with 64 1.2 (one thread, 1024 to 4096 tokens).
 */
const LEAST = 192;
/** Root mean square error of a layer's products, of their own size; more, and it stays float32. */
const BOUND = 0.02;
/** Counts up whenever the files' contents change their meaning. */
const VERSION = 2;
/** Bytes of the folder; the files used longest ago go first. */
const MOST = 4 * 2 ** 30;

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
  /** Of its weights and of which are used. */
  readonly identity: string;
  readonly choice: Int8Choice;
}

const noteSchema = z.object({
  sha256: z.string(),
  choice: z.object({ taken: z.number(), inexact: z.number(), small: z.number() }),
  /** Layers of the file that stay float32. */
  inexact: z.array(z.string()),
});
type Note = z.infer<typeof noteSchema>;

/** Where the weights of a data folder's engines are kept. */
export const int8Folder = (dataDir: string): string => join(dataDir, 'int8');

/** What was chosen of a model, once its weights have been made. */
export function int8Choice(hash: string, folder: string): Int8Choice | null {
  const note = `${stemOf(hash, folder)}.json`;
  return existsSync(note) ? noteSchema.parse(JSON.parse(readFileSync(note, 'utf8'))).choice : null;
}

const stemOf = (hash: string, folder: string, least = LEAST) =>
  join(folder, `${hash}.v${VERSION}${least === LEAST ? '' : `.${least}`}`);

export interface Int8Making {
  readonly folder: string;
  readonly least?: number | undefined;
  readonly observe: Observe;
}

/**
 * Opened where the folder has them, else made, which draws a small picture on the way. `hash`: the model's. A
 * file that is not what was written is made again.
 */
export async function int8Unet(
  { unet, unetConfig }: { unet: Weights; unetConfig: UnetConfig },
  hash: string,
  { folder, least = LEAST, observe }: Int8Making,
): Promise<Int8Unet> {
  mkdirSync(folder, { recursive: true });
  const stem = stemOf(hash, folder, least);
  const [file, note] = [`${stem}.safetensors`, `${stem}.json`];
  const noted =
    (await verified(file, note)) ?? (await make({ unet, unetConfig }, { file, note, least, observe }));
  bound(folder, stem);
  const { sha256, choice, inexact } = noted;
  const products = productsOf(openSafetensors(file), new Set(inexact));
  return {
    ...{ bytes: unet.bytes, tensors: unet.tensors, choice },
    identity: createHash('sha256')
      .update([sha256, ...inexact].join('\n'))
      .digest('hex'),
    weight: (graph, name, shape, to) => unet.weight(graph, name, shape, to),
    product: (graph, name, rows) => products(graph, { name, ...rows }),
  };
}

/** What was noted of the file, where the file is still that. */
async function verified(file: string, note: string): Promise<Note | undefined> {
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
  { unet, unetConfig }: { unet: Weights; unetConfig: UnetConfig },
  { file, note, least, observe }: Omit<Int8Making, 'folder'> & { file: string; note: string; least: number },
): Promise<Note> {
  rmSync(note, { force: true });
  const all = layersOf(unetConfig);
  const large = new Map(
    [...all].filter(([, { start, end, inner }]) => Math.min(end - start, inner) >= least),
  );
  const sha256 = write(file, unet, large);
  const products = productsOf(openSafetensors(file));
  const errors =
    large.size > 0
      ? await errorsOf(unet, large, (graph, layer) => products(graph, layer)!, { observe, what: sha256 })
      : new Map<string, number>();
  const inexact = [...errors].filter(([, error]) => !(error <= BOUND)).map(([key]) => key);
  const choice = {
    taken: large.size - inexact.length,
    inexact: inexact.length,
    small: all.size - large.size,
  };
  const noted = { sha256, choice, inexact };
  writeFileSync(`${note}.${process.pid}`, JSON.stringify(noted));
  renameSync(`${note}.${process.pid}`, note);
  return noted;
}

/** Writes the layers' weights; their SHA-256. */
function write(file: string, unet: Weights, layers: ReadonlyMap<string, Layer>): string {
  const described = [...layers].flatMap(([key, { start, end, inner }]) => [
    { name: `${key}.steps`, dtype: 'I8' as const, shape: [inner, end - start] },
    { name: `${key}.scale`, dtype: 'F32' as const, shape: [end - start] },
  ]);
  const hash = createHash('sha256');
  writeSafetensorsOf(
    file,
    described,
    (name) => {
      const layer = layers.get(name.replace(/\.(steps|scale)$/, ''))!;
      const { steps, scale } = rounded(rowsOf(unet, layer), layer.inner);
      return name.endsWith('.steps') ? steps : scale;
    },
    (bytes) => hash.update(bytes),
  );
  return hash.digest('hex');
}

/** How the layers of the file multiply, but for those that stay as they are. */
function productsOf(file: SafetensorsFile, left: ReadonlySet<string> = new Set()) {
  const mapped = (graph: Graph, name: string, dtype: 'int8' | 'float32'): Value | undefined => {
    const entry = file.tensors.get(name);
    if (!entry) return undefined;
    const { offset, length, shape } = entry;
    const weight: ExternalWeight = { name, file: file.file, offset, length, shape, dtype };
    return graph.weight(weight, dtype);
  };
  return (graph: Graph, layer: Rows & { readonly name: string }): Product | undefined => {
    const key = keyOf(layer);
    const steps = left.has(key) ? undefined : mapped(graph, `${key}.steps`, 'int8');
    if (!steps) return undefined;
    const scale = mapped(graph, `${key}.scale`, 'float32')!;
    return (x, bias) => int8Linear(x, { steps, scale }, bias);
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
