/** Prompts longer than the text encoder's 77 places, on the tiny XL (two encoders, one of which pools). */
import { afterAll, expect, it } from 'vitest';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePair, encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { rows } from '../../../engine/runtime/tensor.js';

const cache = new ExecutorCache({ threads: 1 });
afterAll(() => cache.clear());
const pipeline = await loadPipeline('tests/fixtures/tiny/sdxl/model');

/** Each of these is one token of the tiny vocabulary. */
const WORDS = ['cat', 'box', 'rose', 'vase'].filter(
  (word) =>
    pipeline.encoders[0]!.tokenizer.encode(word).filter((id) => id > 0)[2] ===
    pipeline.encoders[0]!.tokenizer.encode('')[1],
);
const long = Array.from({ length: 100 }, (_, i) => WORDS[(i * i) % WORDS.length]!);
const part = (states: { data: Float32Array }, text: number, chunk: number, chunks: number) => {
  const size = states.data.length / 2 / chunks;
  const at = (text * chunks + chunk) * size;
  return states.data.slice(at, at + size);
};

it('are encoded 75 tokens at a time, the chunks one after the other; the pooled state is that of the first', async () => {
  expect(WORDS.length).toBeGreaterThan(1);
  const [first, second] = [long.slice(0, 75).join(' '), long.slice(75).join(' ')];
  const whole = await encodePrompt(pipeline, cache, [long.join(' '), 'cat']);
  const parts = await encodePrompt(pipeline, cache, [first, second]);
  expect(whole.states.shape).toEqual([2, 154, 80]);
  for (const chunk of [0, 1])
    expect(part(whole.states, 0, chunk, 2)).toEqual(part(parts.states, chunk, 0, 1));
  expect(rows(whole.pooled!, 0, 1).data).toEqual(rows(parts.pooled!, 0, 1).data);
  // The shorter text is filled up with an empty chunk.
  const short = await encodePrompt(pipeline, cache, ['cat', '']);
  expect(part(whole.states, 1, 0, 2)).toEqual(part(short.states, 0, 0, 1));
  expect(part(whole.states, 1, 1, 2)).toEqual(part(short.states, 1, 0, 1));
});

it('an empty negative prompt is zeros beside them, chunk for chunk', async () => {
  const { states, pooled } = await encodePair(
    pipeline,
    cache,
    { negative: '', prompt: long.join(' ') },
    [4, 8, 8],
  );
  expect(states.shape).toEqual([2, 154, 80]);
  expect(rows(states, 0, 1).data.every((x) => x === 0)).toBe(true);
  expect(rows(pooled!, 0, 1).data.every((x) => x === 0)).toBe(true);
  expect(rows(states, 1, 2).data.some((x) => x !== 0)).toBe(true);
});

it('of more than eight chunks are refused', async () => {
  const prompt = Array.from({ length: 601 }, () => 'cat').join(' ');
  await expect(encodePrompt(pipeline, cache, [prompt])).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('600'),
  });
});

it('weights multiply the states of their tokens, of both encoders, and not the pooled state', async () => {
  const [first, second] = WORDS as [string, string];
  const plain = await encodePrompt(pipeline, cache, [`${first} ${second} ${first}`, first]);
  const found = await encodePrompt(pipeline, cache, [`${first} ((${second}:1.5)) [${first}]`, first]);
  const [, length, width] = plain.states.shape as [number, number, number];
  // Place 0 is the start; the second text has no weights.
  const weights = new Map([
    [2, 1.5 * 1.1],
    [3, 1 / 1.1],
  ]);
  const byHand = plain.states.data.map((x, i) => x * (weights.get(Math.floor(i / width)) ?? 1));
  expect(length).toBeGreaterThan(4);
  expect(found.states.data.length).toBe(byHand.length);
  for (const [i, x] of found.states.data.entries()) expect(x).toBeCloseTo(byHand[i]!, 5);
  expect(found.pooled).toEqual(plain.pooled);
});

it('BREAK begins a chunk of its own, and a tag of a file is no text', async () => {
  const [first, second] = WORDS as [string, string];
  const whole = await encodePrompt(pipeline, cache, [`${first} BREAK ${second} <lora:ink:1>`, '']);
  const parts = await encodePrompt(pipeline, cache, [first, second]);
  expect(whole.states.shape[1]).toBe(154);
  for (const chunk of [0, 1])
    expect(part(whole.states, 0, chunk, 2)).toEqual(part(parts.states, chunk, 0, 1));
});
