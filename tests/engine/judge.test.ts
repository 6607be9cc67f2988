/**
 * The judge against PyTorch's logits (tests/fixtures/mini/judge.safetensors), and its verdicts against the
 * rule.
 */
import { expect, it } from 'vitest';
import { judgeGraph, judgeImages, loadJudge, otherHeads } from '../../engine/judge.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import type { FloatTensor } from '../../engine/runtime/tensor.js';
import { golden, MINI, relativeError } from '../support/golden.js';

const judge = loadJudge(`${MINI}judge`);

it('gives the logits that PyTorch gives', async () => {
  const { images, ...logits } = golden('judge');
  const executor = await Executor.create(judgeGraph(judge, 6), { threads: 1 });
  const out = await executor.run({ images: images! });
  await executor.release();
  expect(Object.keys(out).sort()).toEqual(Object.keys(logits).sort());
  for (const [name, expected] of Object.entries(logits))
    expect(relativeError(out[name]!.data as Float32Array, expected.data), name).toBeLessThan(1e-4);
});

it('calls an image good where every head agrees and the probabilities multiply to over .9', async () => {
  const tensors = golden('judge') as Record<string, FloatTensor>;
  const cache = new ExecutorCache({ threads: 1 });
  const verdicts = await judgeImages(judge, cache, tensors.images!, 'cat');
  await cache.clear();
  const probability = (head: string, value: string | number, i: number) => {
    const values = judge.config.heads[head]!;
    const logits = tensors[`logits.${head}`]!.data.slice(i * values.length, (i + 1) * values.length);
    const powers = [...logits].map((l) => Math.exp(l));
    return powers[values.indexOf(value)]! / powers.reduce((a, b) => a + b);
  };
  for (const [i, verdict] of verdicts.entries()) {
    const p = ['kind cat', 'ccol black', 'place inside']
      .map((pair) => pair.split(' ') as [string, string])
      .map(([head, value]) => probability(head, value, i));
    expect(verdict.score).toBeCloseTo(Math.log(p.reduce((a, b) => a * b)), 3);
    expect(verdict.good).toBe(p.every((x) => x >= 0.5) && p.reduce((a, b) => a * b) > 0.9);
    for (const [head, values] of Object.entries(judge.config.heads)) {
      const most = Math.max(...values.map((value) => probability(head, value, i)));
      expect(probability(head, values[verdict.values[head]!]!, i)).toBe(most);
    }
  }
  expect(verdicts.filter((v) => v.good).length).toBeLessThan(6);
});

it('names the tasks it knows', async () => {
  const { images } = golden('judge') as Record<string, FloatTensor>;
  const cache = new ExecutorCache({ threads: 1 });
  await expect(judgeImages(judge, cache, images!, 'dog')).rejects.toMatchObject({ code: 'usage' });
  expect(() => otherHeads(judge, 'dog')).toThrow('dog');
  expect(otherHeads(judge, 'rose')).toEqual({
    fingers: 5,
    ccol: 4,
    place: 3,
    peaks: 3,
    window: 2,
    snow: 2,
    refl: 2,
    hazard: 2,
  });
});
