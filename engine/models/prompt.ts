/**
 * Prompts -> what the UNet reads of them. A prompt longer than the encoder's 77 places is cut into chunks of
 * 75 tokens, each encoded by itself between a start and an end token, and the chunks' states follow one
 * another; texts of one call are filled up with empty chunks to equal length. The pooled state (XL) is the
 * first chunk's. As in the web interfaces that people's prompts were written for. So are weights and BREAK
 * (src/chat/prompt-syntax.ts): a token's state is multiplied by its weight, and nothing is normalised after
 * it ("No norm" there); the pooled state has no weights.
 */
import { readPrompt } from '../../src/chat/prompt-syntax.js';
import { AcclaimError } from '../../src/errors.js';
import { Graph } from '../graph/graph.js';
import { concat } from '../graph/ops.js';
import { type AdapterTensor, type AdapterValues, adapterInputs, adapterShapes } from '../nn/lora.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, f32, i64, rows } from '../runtime/tensor.js';
import { TIME_IDS } from './config.js';
import type { TextEncoder } from './parts.js';
import type { Pipeline } from './pipeline.js';
import { endOf, hasProjection, type TextStates, textModel } from './text-encoder.js';
import type { WeightedRow } from './tokenizer.js';
import type { Conditioning } from './unet.js';
import { vaeFactor } from './vae.js';

/**
 * 600 tokens: attention's cost grows with them, and nobody's prompt should decide how much memory a session
 * needs.
 */
const MOST_CHUNKS = 8;

/** Feeds of a graph that declared `textInputs`. */
export type TextFeeds = {
  /** [2,L,D] without and with the prompt. */
  readonly states: FloatTensor;
  readonly pooled?: FloatTensor;
  readonly timeIds?: FloatTensor;
};

/** What guidance leads away from and towards, for images of latents [C,h,w]: row 0 and row 1 of each feed. */
export async function encodePair(
  pipeline: Pipeline,
  cache: ExecutorCache,
  { negative, prompt }: { negative: string; prompt: string },
  [, h, w]: readonly [number, number, number],
  adapter?: AdapterValues,
): Promise<TextFeeds> {
  const { states, pooled } = await encodePrompt(pipeline, cache, [negative, prompt], adapter);
  if (pipeline.kind.zeroEmptyNegative && negative === '') {
    for (const { data, shape } of [states, ...(pooled ? [pooled] : [])])
      data.fill(0, 0, data.length / shape[0]!);
  }
  if (!pooled) return { states };
  const factor = vaeFactor(pipeline.vaeConfig);
  const [height, width] = [h * factor, w * factor];
  // Neither scaled nor cropped: the picture's own size three times over.
  const ids = [height, width, 0, 0, height, width];
  return { states, pooled, timeIds: f32([2, TIME_IDS], [...ids, ...ids]) };
}

/** Only row 1: without guidance nothing is led away from. */
export function promptOnly({ states, pooled, timeIds }: TextFeeds): TextFeeds {
  const row = (tensor: FloatTensor) => rows(tensor, 1, 2);
  return { states: row(states), ...(pooled && timeIds && { pooled: row(pooled), timeIds: row(timeIds) }) };
}

/**
 * Texts -> states [N,L,D], L 77 times the chunks of the longest; XL: and pooled states [N,P]. Of an adapter
 * the text encoders' parts are applied, if it has any. Errors: usage.
 */
export async function encodePrompt(
  pipeline: Pipeline,
  cache: ExecutorCache,
  texts: readonly string[],
  adapter?: AdapterValues,
): Promise<{ states: FloatTensor; pooled?: FloatTensor }> {
  const n = texts.length;
  const read = texts.map((text) => readPrompt(text).parts);
  const chunked = pipeline.encoders.map(({ tokenizer }) => {
    const all = read.map((parts) => tokenizer.chunks(parts));
    const most = Math.max(...all.map((chunks) => chunks.length));
    const [empty] = tokenizer.chunks([[]]) as [WeightedRow];
    return { all, most, of: (text: number, chunk: number) => all[text]![chunk] ?? empty };
  });
  const chunks = Math.max(...chunked.map(({ most }) => most));
  if (chunks > MOST_CHUNKS) {
    const words = pipeline.encoders[0]!.tokenizer.length - 2;
    throw new AcclaimError(
      'usage',
      `the prompt has more than ${MOST_CHUNKS * words} tokens`,
      `Say it in fewer words; each BREAK begins ${words} of them anew.`,
    );
  }
  const tuned = adapter
    ? pipeline.kind.texts.flatMap((t) => adapterShapes(pipeline, adapter.spec, t.encoder))
    : [];
  const beyond = pipeline.encoders.map(({ config }, e) =>
    chunked[e]!.all.flat().some(({ ids }) => ids.some((id) => id >= config.vocab_size)),
  );
  const options = { tuned, beyond };
  const spec = { graph: 'text', models: [pipeline.identity], shapes: { texts: [n] as const }, options };
  const executor = await cache.get(spec, ({ shapes, options }) =>
    textGraph(pipeline, shapes.texts[0], options.tuned, options.beyond),
  );
  const low = Object.fromEntries(tuned.map(({ name }) => [name, adapter!.tensors[name]!]));
  const parts: { states: FloatTensor; pooled?: FloatTensor }[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    const feeds = pipeline.encoders.flatMap((encoder, e) => {
      const { tokenizer, config } = encoder;
      const said = texts.map((_, text) => chunked[e]!.of(text, chunk).ids);
      const ids = said.map((row) => row.map((id) => (id < config.vocab_size ? id : 0)));
      // By the ids as they are written, as diffusers finds it: of an old configuration the highest, a
      // concept's.
      const ends = said.map((row, text) => text * tokenizer.length + endOf(row, config));
      return [
        [`ids.${e}`, i64([n, tokenizer.length], ids.flat())],
        [`ends.${e}`, i64([n], ends)],
        ...(beyond[e] ? givenFeeds(e, encoder, said) : []),
      ] as const;
    });
    const part = (await executor.run({ ...low, ...Object.fromEntries(feeds) })) as (typeof parts)[number];
    const weights = chunked.map(({ of }) => texts.map((_, text) => of(text, chunk).weights));
    weigh(part.states, pipeline.encoders, weights);
    parts.push(part);
  }
  const { pooled } = parts[0]!;
  return { states: joined(parts.map(({ states }) => states)), ...(pooled && { pooled }) };
}

/** The vectors of tokens that the encoder's table lacks, and where there are none. */
function givenFeeds(
  e: number,
  { config, concepts, tokenizer }: TextEncoder,
  said: readonly (readonly number[])[],
) {
  const { hidden_size: width, vocab_size: rows } = config;
  const vectors = f32([said.length, tokenizer.length, width]);
  const known = f32(
    [said.length, tokenizer.length, 1],
    new Float32Array(said.length * tokenizer.length).fill(1),
  );
  for (const [at, id] of said.flat().entries()) {
    if (id < rows) continue;
    known.data[at] = 0;
    vectors.data.set(concepts[id - rows]!.vector, at * width);
  }
  return [
    [`vectors.${e}`, vectors],
    [`known.${e}`, known],
  ] as const;
}

/**
 * Multiplies states [N,L,D] in place by the weights of their places [N][L], each encoder's share of D by its
 * own.
 */
function weigh(
  { data, shape }: FloatTensor,
  encoders: Pipeline['encoders'],
  weights: readonly (readonly (readonly number[])[])[],
): void {
  const [, length, width] = shape as [number, number, number];
  let from = 0;
  for (const [e, { config }] of encoders.entries()) {
    for (const [text, row] of weights[e]!.entries())
      for (const [place, weight] of row.entries()) {
        if (weight === 1) continue;
        const at = (text * length + place) * width + from;
        for (let i = at; i < at + config.hidden_size; i++) data[i]! *= weight;
      }
    from += config.hidden_size;
  }
}

/** The states of all encoders side by side; the pooled state of the one that has a projection. */
function textGraph(
  pipeline: Pipeline,
  n: number,
  tuned: readonly AdapterTensor[],
  beyond: readonly boolean[],
): Graph {
  const g = new Graph();
  const { kind, encoders } = pipeline;
  const all = encoders.map((encoder, e): TextStates => {
    const ids = g.input(`ids.${e}`, [n, encoder.tokenizer.length], 'int64');
    const ends = kind.xl && hasProjection(encoder.config) ? g.input(`ends.${e}`, [n], 'int64') : undefined;
    const low = adapterInputs(g, pipeline, { tensors: tuned }, 'unmerged', kind.texts[e]!.encoder);
    const place = [n, encoder.tokenizer.length];
    const given = beyond[e]
      ? {
          vectors: g.input(`vectors.${e}`, [...place, encoder.config.hidden_size]),
          known: g.input(`known.${e}`, [...place, 1]),
        }
      : undefined;
    return textModel(g, { ...encoder, precision: pipeline.precision }, { ids, ends, given }, low);
  });
  const states = all.map(({ last, penultimate }) => (kind.xl ? penultimate : last));
  g.output('states', concat(states, -1));
  const pooled = all.at(-1)!.pooled;
  if (pooled) g.output('pooled', pooled);
  return g;
}

/** [N,L,D] of each chunk -> [N, chunks L, D]. */
function joined(chunks: readonly FloatTensor[]): FloatTensor {
  const [first] = chunks as [FloatTensor];
  if (chunks.length === 1) return first;
  const [n, length, width] = first.shape as [number, number, number];
  const out = f32([n, chunks.length * length, width]);
  for (const [c, { data }] of chunks.entries())
    for (let text = 0; text < n; text++) {
      const row = data.subarray(text * length * width, (text + 1) * length * width);
      out.data.set(row, (text * chunks.length + c) * length * width);
    }
  return out;
}

/** Declares what `encodePair` or `promptOnly` will feed. */
export function textInputs(graph: Graph, { states, pooled, timeIds }: ConditioningShapes) {
  const input = (name: string, shape: readonly number[] | undefined) => shape && graph.input(name, shape);
  return {
    states: graph.input('states', states),
    pooled: input('pooled', pooled),
    timeIds: input('timeIds', timeIds),
  };
}

export type ConditioningShapes = Conditioning<readonly number[]>;

/** What `textInputs` has to declare for these feeds. */
export const shapesOf = ({ states, pooled, timeIds }: TextFeeds): ConditioningShapes => ({
  states: states.shape,
  pooled: pooled?.shape,
  timeIds: timeIds?.shape,
});
