// Pictures of the miniature, drawn and judged; those of the base model are kept, so that none is drawn twice.
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { sample } from '../../engine/diffusion/sampler.js';
import { batchOf } from '../../engine/io/latents.js';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.js';
import { judgeGraph, loadJudge } from '../../engine/judge.js';
import { decode, loadPipeline } from '../../engine/models/pipeline.js';
import type { AdapterValues } from '../../engine/nn/lora.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows, type Tensor } from '../../engine/runtime/tensor.js';
import { loadTask } from '../../src/config/tasks.js';
import { projectPath } from '../../src/files/paths.js';
import { type Raster, rasterFromFloats } from '../../src/images/raster.js';
import { Rng } from '../../src/rng.js';

/** Pictures of a round, and of one call of a network. */
export const ROUND = 32;
export const sampler = { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' } as const;

export const pipeline = await loadPipeline(projectPath('models/mini'));
export const judge = loadJudge(projectPath('models/mini/judge'));
export const cache = new ExecutorCache({ threads: 1 });
export const latent = pipeline.latentShape();
const size = latent[0] * latent[1] * latent[2];

export interface Judged {
  /** Head -> log-probability of each of its values. */
  heads: Record<string, number[]>;
  /** Mean colours of the outer eighth, and of the middle half. */
  colours: { border: number[]; centre: number[] };
  good: boolean;
}
export interface Picture extends Judged {
  /** z_0, flat. */
  z: Float32Array;
  /** The vote on it is turned round. */
  flip?: boolean;
  weight?: number;
}

export interface Adapted {
  adapter?: AdapterValues;
  /** Share of the sampling steps, from the noisy end, that it is on in. */
  until?: number;
}

/** Names the noises of a session's round. */
export interface Stream {
  task: string;
  seed: number;
  round: number;
}

/** From noises `from` .. of a stream. */
export async function draw(
  { task, seed, round }: Stream,
  from: number,
  count: number,
  { adapter, until }: Adapted = {},
): Promise<Picture[]> {
  const { prompt, negative } = loadTask(task);
  const drawn: Picture[] = [];
  for (let at = from; at < from + count; at += ROUND) {
    const n = Math.min(ROUND, from + count - at);
    const ids = Array.from({ length: ROUND }, (_, i) => at + Math.min(i, n - 1));
    const steps = ids.map((i) => new Rng(seed, round, `steps.${i}`));
    const normals = (rng: Rng) => rng.normals(size);
    const noise = batchOf(
      ids.map((i) => normals(new Rng(seed, round, `noise.${i}`))),
      latent,
    );
    const stepNoise = () => batchOf(steps.map(normals), latent).data;
    const { latents } = await sample({
      ...{ pipeline, cache, prompt, negative, adapter, until, sampler, noise, stepNoise },
    });
    const images = await decode(pipeline, cache, latents);
    const judged = await judgedOf(images);
    for (let i = 0; i < n; i++) {
      const heads = judged(i);
      const colours = coloursOf(rasterFromFloats(rows(images, i, i + 1).data, 64, 64));
      const z = Float32Array.from(rows(latents, i, i + 1).data);
      drawn.push({ z, heads, colours, good: isGood(task, heads) });
    }
  }
  return drawn;
}

async function judgedOf(images: FloatTensor): Promise<(index: number) => Judged['heads']> {
  const seen = images.data.map((v) => Math.max(-1, Math.min(1, v)));
  const executor = await cache.get({ graph: 'judge', models: [], shapes: {}, options: {} }, () =>
    judgeGraph(judge, ROUND),
  );
  const logits = await executor.run({ images: f32(images.shape, seen) });
  const logP = (head: string, i: number) => {
    const row = Array.from(rows(logits[`logits.${head}`] as FloatTensor, i, i + 1).data);
    const top = Math.max(...row);
    const sum = row.reduce((s, l) => s + Math.exp(l - top), 0);
    return row.map((l) => l - top - Math.log(sum));
  };
  const names = Object.keys(judge.config.heads);
  return (i) => Object.fromEntries(names.map((head) => [head, logP(head, i)]));
}

function isGood(task: string, heads: Judged['heads']): boolean {
  const parts = judge.config.goals[task]!.map(([head, value]) => {
    const index = judge.config.heads[head]!.indexOf(value);
    return [heads[head]![index]!, Math.max(...heads[head]!)] as const;
  });
  return parts.every(([l, top]) => l === top) && parts.reduce((s, [l]) => s + l, 0) > Math.log(0.9);
}

function coloursOf({ data }: Raster): Judged['colours'] {
  const sums = { border: [0, 0, 0, 0], centre: [0, 0, 0, 0] };
  for (let y = 0; y < 64; y++)
    for (let x = 0; x < 64; x++) {
      const edge = Math.min(x, y, 63 - x, 63 - y);
      const to = edge < 8 ? sums.border : edge >= 16 ? sums.centre : null;
      if (!to) continue;
      for (let c = 0; c < 3; c++) to[c]! += data[(y * 64 + x) * 3 + c]!;
      to[3]!++;
    }
  const mean = (sum: readonly number[]) => sum.slice(0, 3).map((v) => v / sum[3]!);
  return { border: mean(sums.border), centre: mean(sums.centre) };
}

/** Files of one folder that are written whole. */
export class Kept {
  constructor(readonly dir: string) {
    mkdirSync(dir, { recursive: true });
  }

  /** Null where there is no such file. */
  read(name: string): Record<string, Tensor> | null {
    const file = join(this.dir, name);
    return existsSync(file) ? readSafetensors(file, 'round-corrupt') : null;
  }

  write(name: string, tensors: Record<string, Tensor>): void {
    const file = join(this.dir, name);
    writeSafetensors(`${file}.part${process.pid}`, tensors);
    renameSync(`${file}.part${process.pid}`, file);
  }

  /** The largest number below `count` that a file has between the parts of its name; none: 0. */
  fewer(head: string, tail: string, count: number): number {
    const names = readdirSync(this.dir).filter((name) => name.startsWith(head) && name.endsWith(tail));
    const numbers = names.map((name) => Number(name.slice(head.length, -tail.length)));
    return Math.max(0, ...numbers.filter((n) => n < count));
  }
}

/** Of the base model, drawn once. Where fewer of the same are kept, those that are missing are drawn. */
export async function basePictures(kept: Kept, stream: Stream, count: number): Promise<Picture[]> {
  const { task, seed, round } = stream;
  const [head, tail] = [`${task}-${seed}-${round}-`, '.safetensors'] as const;
  const name = `${head}${count}${tail}`;
  const found = kept.read(name);
  if (found) return unpacked(found);
  const there = kept.fewer(head, tail, count);
  const pictures = there ? await basePictures(kept, stream, there) : [];
  pictures.push(...(await draw(stream, there, count - there)));
  const facts = JSON.stringify(pictures.map(({ heads, colours, good }) => ({ heads, colours, good })));
  kept.write(name, {
    z: batchOf(
      pictures.map((picture) => picture.z),
      latent,
    ),
    facts: f32([Buffer.byteLength(facts)], Array.from(Buffer.from(facts))),
  });
  return unpacked(kept.read(name)!);
}

function unpacked({ z, facts }: Record<string, Tensor>): Picture[] {
  const judged: Judged[] = JSON.parse(Buffer.from(Uint8Array.from((facts as FloatTensor).data)).toString());
  return judged.map((one, i) => ({ ...one, z: Float32Array.from(rows(z as FloatTensor, i, i + 1).data) }));
}
