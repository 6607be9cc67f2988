/**
 * The judge that comes with the miniature: a small classifier that says what a 64x64 picture shows. It stands
 * in for voters in simulations and scores rounds; nothing of the product's learning sees it. Built from its
 * config.json: 3x3 convolutions with ReLU (y = x + relu(conv(x)) where residual), then mean-pooled 2x2 and
 * global maximum -> trunk -> one head of logits per attribute. A picture succeeds when every head of the
 * task's goal prefers its value and the sum of their log-probabilities exceeds log 0.9.
 */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../src/errors.js';
import { jsonOfFile, MODEL_JSON } from '../src/files/json-bounds.js';
import { Graph } from './graph/graph.js';
import { add, averagePool2x2, concat, conv2d, linear, maxPool2x2, relu, reshape } from './graph/ops.js';
import type { Value } from './graph/value.js';
import { externalWeight, openSafetensors, type SafetensorsFile } from './io/safetensors.js';
import type { ExecutorCache } from './runtime/cache.js';
import { type FloatTensor, rows } from './runtime/tensor.js';

const CONFIDENCE = Math.log(0.9);
export const JUDGE_SIDE = 64;

const name = z.union([z.string(), z.number()]);
const configSchema = z.object({
  convs: z.array(
    z.object({ out: z.number(), stride: z.union([z.literal(1), z.literal(2)]), residual: z.boolean() }),
  ),
  heads: z.record(z.string(), z.array(name).min(2)),
  /** Task -> what must hold: head and value. */
  goals: z.record(z.string(), z.array(z.tuple([z.string(), name]))),
});

export interface Judge {
  dir: string;
  config: z.infer<typeof configSchema>;
  weights: SafetensorsFile;
}

/** What must hold: head and value. */
export type Goal = readonly (readonly [head: string, value: string | number])[];

export interface Verdict {
  good: boolean;
  /** Sum over the goal's heads of the log-probability of the value wanted; 0 is certain. */
  score: number;
  /** Head -> index of the value that it prefers; of every head. */
  values: Record<string, number>;
}

/** @throws AcclaimError `file-corrupt`, or that a file is missing. */
export function loadJudge(dir: string): Judge {
  const path = join(resolve(dir), 'config.json');
  const hint = 'Use models/mini/judge.';
  const refuse = (why: string, options?: ErrorOptions) =>
    new AcclaimError('file-corrupt', `${path}: ${why}`, hint, options);
  const config = configSchema.safeParse(jsonOfFile(path, MODEL_JSON, refuse, { hint }));
  if (!config.success) throw refuse(z.prettifyError(config.error));
  return { dir: resolve(dir), config: config.data, weights: openSafetensors(join(dir, 'judge.safetensors')) };
}

/** Feed `images` [count,3,64,64] in [-1, 1]; outputs the logits of every head, [count, values]. */
export function judgeGraph({ config, weights }: Judge, count: number): Graph {
  const g = new Graph();
  const weight = (key: string): Value => {
    const external = externalWeight(weights, key);
    if (!external) throw new AcclaimError('file-corrupt', `${weights.file} lacks ${key}`);
    return g.weight(external);
  };
  let y = g.input('images', [count, 3, JUDGE_SIDE, JUDGE_SIDE]);
  for (const [i, { stride, residual }] of config.convs.entries()) {
    const z = relu(conv2d(y, weight(`conv${i}.weight`), weight(`conv${i}.bias`), { stride, padding: 1 }));
    y = residual ? add(y, z) : z;
  }
  const flat = (x: Value) => reshape(x, [count, x.shape.slice(1).reduce((a, b) => a * b, 1)]);
  let peak = y;
  while (peak.shape[2]! > 1) peak = maxPool2x2(peak);
  const pooled = concat([flat(averagePool2x2(y)), flat(peak)], 1);
  const trunk = relu(linear(pooled, weight('trunk.weight'), weight('trunk.bias')));
  for (const head of Object.keys(config.heads))
    g.output(`logits.${head}`, linear(trunk, weight(`head.${head}.weight`), weight(`head.${head}.bias`)));
  return g;
}

/** Errors: `usage` for a task that the judge has no goal for, and for a goal that it cannot tell. */
export async function judgeImages(
  judge: Judge,
  cache: ExecutorCache,
  images: FloatTensor,
  task: string | Goal,
): Promise<Verdict[]> {
  const goal = goalOf(judge, task);
  const count = images.shape[0]!;
  const spec = {
    graph: 'judge',
    models: [{ path: judge.dir, precision: 'fp32' }],
    shapes: { images: images.shape },
    options: {},
  };
  const executor = await cache.get(spec, ({ shapes }) => judgeGraph(judge, shapes.images[0]!));
  const out = await executor.run({ images });
  return Array.from({ length: count }, (_, i) => {
    const logitsOf = (head: string) => rows(out[`logits.${head}`] as FloatTensor, i, i + 1).data;
    const heads = goal.map(([head, value]) => {
      const wanted = judge.config.heads[head]!.indexOf(value);
      const logits = logitsOf(head);
      return { preferred: logits.every((l) => l <= logits[wanted]!), logP: logSoftmax(logits, wanted) };
    });
    const score = heads.reduce((sum, { logP }) => sum + logP, 0);
    const names = Object.keys(judge.config.heads);
    return {
      good: heads.every((h) => h.preferred) && score > CONFIDENCE,
      score,
      values: Object.fromEntries(names.map((head) => [head, preferred(logitsOf(head))])),
    };
  });
}

/** Heads that a task asks nothing of -> how many values each knows. Errors: as judgeImages. */
export function otherHeads(judge: Judge, task: string | Goal): Record<string, number> {
  const asked = new Set(goalOf(judge, task).map(([head]) => head));
  const others = Object.entries(judge.config.heads).filter(([head]) => !asked.has(head));
  return Object.fromEntries(others.map(([head, values]) => [head, values.length]));
}

/**
 * What is wrong with a picture that is not good, by the names of a menu: too few or too many of what is
 * counted, a wrong colour, another thing; where every part holds and the judge is not sure, it is ugly.
 */
export function faultsOf(judge: Judge, task: string | Goal, { good, values }: Verdict): string[] {
  if (good) return [];
  const found = goalOf(judge, task).flatMap(([head, value]) => {
    const known = judge.config.heads[head]!;
    const [own, wanted] = [values[head]!, known.indexOf(value)];
    if (own === wanted) return [];
    const isCounted = known.length > 2 && known.every((one) => typeof one === 'number');
    if (isCounted) return [own < wanted ? 'few' : 'many'];
    // Heads of colours are named so: rcol, ccol.
    return [head.endsWith('col') ? 'colour' : 'thing'];
  });
  return found.length > 0 ? [...new Set(found)] : ['ugly'];
}

function goalOf({ config }: Judge, task: string | Goal): Goal {
  if (typeof task !== 'string') {
    const unknown = task.find(([head, value]) => !config.heads[head]?.includes(value));
    if (!unknown) return task;
    const heads = Object.keys(config.heads).join(', ');
    throw new AcclaimError('usage', `the judge cannot tell ${unknown.join(' ')}`, `It tells ${heads}.`);
  }
  const goal = config.goals[task];
  if (goal) return goal;
  const known = Object.keys(config.goals).join(', ');
  throw new AcclaimError('usage', `the judge knows no task "${task}"`, `It knows ${known}.`);
}

/** The first of the largest. */
const preferred = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

function logSoftmax(logits: Float32Array, index: number): number {
  const top = Math.max(...logits);
  return logits[index]! - top - Math.log(logits.reduce((sum, l) => sum + Math.exp(l - top), 0));
}
