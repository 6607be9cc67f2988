// Adapters of the miniature, fitted to pictures and kept: a fit of more steps goes on from one of fewer.
import type { Round } from '../../engine/io/round.js';
import { fitGuided, type Item } from '../../engine/learn/guided-fit.js';
import { firstState } from '../../engine/learn/learner.js';
import type { Moved } from '../../engine/learn/trainer.js';
import { encodePair } from '../../engine/models/prompt.js';
import type { AdapterSpec, AdapterValues } from '../../engine/nn/lora.js';
import type { NamedTensors } from '../../engine/runtime/named-tensors.js';
import { type FloatTensor, f32, type Tensor } from '../../engine/runtime/tensor.js';
import type { AcclaimParams } from '../../src/config/learners.js';
import { loadTask } from '../../src/config/tasks.js';
import { Rng } from '../../src/rng.js';
import { cache, type Kept, latent, pipeline, type Stream, sampler } from './drawing.mjs';

export const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

export interface Fit {
  /** The number of steps stands between the two parts. */
  name: readonly [head: string, tail: string];
  stream: Stream;
  params: AcclaimParams;
  /** What it goes on from; null in the first round. */
  before: Moved | null;
  items: readonly Omit<Item, 'round'>[];
  steps: number;
}

/** What is drawn at random is the same for equal rounds, so a fit of fewer steps that is kept goes on. */
export async function fitted(kept: Kept, fit: Fit): Promise<Moved> {
  const { stream, params, items, steps } = fit;
  const { seed, round, task } = stream;
  const [head, tail] = fit.name;
  const name = `${head}${steps}${tail}`;
  const found = kept.read(name);
  if (found) return unpacked(found);
  const taken = kept.fewer(head, tail, steps);
  const rng = (purpose: string) => new Rng(seed, round, `learn.${purpose}`);
  const before = taken ? unpacked(kept.read(`${head}${taken}${tail}`)!) : fit.before;
  const began = performance.now();
  const { adapter, optimiser } = await fitGuided(
    {
      ...{ pipeline, cache, params, sampler, rng },
      round: { manifest: { latent } } as Round,
      state: null,
      text: await encodePair(pipeline, cache, loadTask(task), latent),
      chosen: null,
      fitted() {},
      progress() {},
      signal: new AbortController().signal,
    },
    before ?? firstState({ pipeline, params, rng }),
    {
      items: items.map((item) => ({ ...item, round })),
      ...{ steps, taken, stepScale: 1, variety: async () => 1 },
    },
  );
  const named = (prefix: string, list: NamedTensors) =>
    Object.entries(list).map(([key, value]) => [prefix + key, value] as const);
  kept.write(
    name,
    Object.fromEntries<Tensor>([
      ...named('a.', adapter),
      ...named('m.', optimiser.m),
      ...named('v.', optimiser.v),
      ['step', f32([1], [optimiser.step])],
    ]),
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  say(`  ${name}: ${taken} to ${steps} steps on ${items.length}, ${seconds} s`);
  return unpacked(kept.read(name)!);
}

function unpacked(all: Record<string, Tensor>): Moved {
  const of = (prefix: string): NamedTensors =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(2), value as FloatTensor]),
    );
  const step = (all.step as FloatTensor).data[0]!;
  return { adapter: of('a.'), optimiser: { step, m: of('m.'), v: of('v.') } };
}

/** B_t A_t - lambda B_p A_p as an adapter of twice the rank. */
export function minus(
  spec: AdapterSpec,
  tuned: NamedTensors,
  drift: NamedTensors,
  lambda: number,
): AdapterValues {
  const tensors = Object.fromEntries(
    Object.entries(tuned).map(([name, t]) => {
      const p = drift[name]!;
      const [o, r, ...rest] = t.shape as [number, number, ...number[]];
      if (name.endsWith('lora_A.weight'))
        return [name, f32([2 * o, r, ...rest], Float32Array.from([...t.data, ...p.data]))];
      const data = new Float32Array(o * 2 * r);
      for (let i = 0; i < o; i++)
        for (let k = 0; k < r; k++) {
          data[i * 2 * r + k] = t.data[i * r + k]!;
          data[i * 2 * r + r + k] = -lambda * p.data[i * r + k]!;
        }
      return [name, f32([o, 2 * r, ...rest], data)];
    }),
  );
  return { spec: { ...spec, rank: 2 * spec.rank, alpha: 2 * spec.alpha }, tensors };
}
