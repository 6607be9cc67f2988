/**
 * What a tokenizer's folder holds: tokens and merges from vocab.json and merges.txt, or from the
 * tokenizer.json that transformers 5 writes alone; and the tokens that were added to them, as textual
 * inversion does, from whichever of the files lists them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { bytesOfFile, MODEL_JSON } from '../../src/files/json-bounds.js';
import { readJson } from './config.js';

export interface Vocabulary {
  /** What errors name. */
  readonly file: string;
  readonly tokens: ReadonlyMap<string, number>;
  /** Pairs by priority. */
  readonly merges: readonly (readonly [string, string])[];
  /** Beyond the tokens, by id. */
  readonly added: readonly AddedToken[];
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Looked for in the text as it is read, in small letters. */
  readonly normalized: boolean;
}

const id = z.number().int().min(0);
const tokens = z.record(z.string(), z.number());
const pair = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((line, context) => {
    const parts = line.split(' ');
    if (parts.length === 2) return parts as [string, string];
    context.addIssue({ code: 'custom', message: `not a pair: ${JSON.stringify(line.slice(0, 60))}` });
    return z.NEVER;
  }),
]);
const added = z.looseObject({ content: z.string().min(1), normalized: z.boolean().optional() });

/** The splitting itself is CLIP's in every such file, and is not read. */
const jsonSchema = z.looseObject({
  added_tokens: z.array(added.extend({ id })).default([]),
  model: z.looseObject({
    type: z.literal('BPE').default('BPE'),
    end_of_word_suffix: z.literal('</w>'),
    vocab: tokens,
    merges: z.array(pair),
  }),
});
const decoderSchema = z.record(z.string().regex(/^\d+$/), added);

/** Errors: file-not-found, model-corrupt, model-unsupported (a tokenizer.json of another tokenizer). */
export function readVocabulary(dir: string): Vocabulary {
  const plain = join(dir, 'vocab.json');
  const whole = join(dir, 'tokenizer.json');
  const split = existsSync(plain) && existsSync(join(dir, 'merges.txt'));
  if (!split && existsSync(whole)) return readWhole(dir, whole);
  const map = new Map(Object.entries(readJson(plain)) as [string, number][]);
  checkTokens(plain, map);
  const merges = readMerges(join(dir, 'merges.txt'));
  return { file: plain, tokens: map, merges, added: readAdded(dir, plain, map, []) };
}

function readWhole(dir: string, file: string): Vocabulary {
  const parsed = jsonSchema.safeParse(readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AcclaimError(
      'model-unsupported',
      `${file}: ${issue!.path.join('.')}: ${issue!.message}: not CLIP's tokenizer`,
      'Choose a model of the Stable Diffusion 1.x, 2.x or XL family.',
    );
  }
  const { model, added_tokens: listed } = parsed.data;
  const map = new Map(Object.entries(model.vocab));
  checkTokens(file, map);
  return { file, tokens: map, merges: model.merges, added: readAdded(dir, file, map, listed) };
}

/** Of tokenizer.json, tokenizer_config.json's `added_tokens_decoder`, and added_tokens.json. */
function readAdded(
  dir: string,
  file: string,
  known: ReadonlyMap<string, number>,
  listed: readonly { id: number; content: string; normalized?: boolean | undefined }[],
): AddedToken[] {
  const config = readJson(join(dir, 'tokenizer_config.json'));
  const decoder = decoderSchema.safeParse(config.added_tokens_decoder ?? {});
  if (!decoder.success)
    throw corrupt(join(dir, 'tokenizer_config.json'), 'added_tokens_decoder: no tokens by id');
  const old = join(dir, 'added_tokens.json');
  const encoder = existsSync(old) ? z.record(z.string().min(1), id).safeParse(readJson(old)) : undefined;
  if (encoder?.success === false) throw corrupt(old, 'not a map of tokens to ids');
  const all = [
    ...Object.entries(encoder?.data ?? {}).map(([content, id]) => ({ id, content, normalized: undefined })),
    ...Object.entries(decoder.data).map(([id, token]) => ({ id: Number(id), ...token })),
    ...listed,
  ];
  const found = new Map<number, AddedToken>();
  for (const { id, content, normalized = true } of all) {
    if (known.get(content) === id) continue;
    const other = found.get(id)?.content ?? content;
    if (id < known.size || other !== content)
      throw corrupt(
        file,
        `the added token ${JSON.stringify(content.slice(0, 60))} has the id ${id} of another`,
      );
    found.set(id, { id, content, normalized });
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** The ids 0, 1, 2 ... each once. */
function checkTokens(path: string, tokens: ReadonlyMap<string, number>): void {
  const ids = new Set(tokens.values());
  const whole = [...ids].every((id) => Number.isInteger(id) && id >= 0 && id < tokens.size);
  if (tokens.size === 0 || ids.size !== tokens.size || !whole)
    throw corrupt(path, 'its ids are not 0, 1, 2 ... each once');
}

/** One pair a line, after the version line. */
function readMerges(path: string): [string, string][] {
  const bytes = bytesOfFile(path, MODEL_JSON.bytes, (why) => corrupt(path, why), {
    hint: 'Fetch the model again.',
  });
  if (!fewLines(bytes, MODEL_JSON.values)) throw corrupt(path, `it has more than ${MODEL_JSON.values} lines`);
  const lines = bytes.toString('utf8').split(/\r?\n/);
  const pairs = lines.slice(lines[0]?.startsWith('#version') ? 1 : 0).filter((line) => line !== '');
  return pairs.map((line, i) => {
    const pair = line.split(' ');
    if (pair.length !== 2)
      throw corrupt(path, `merge ${i + 1} is not a pair: ${JSON.stringify(line.slice(0, 60))}`);
    return pair as [string, string];
  });
}

/** Counted before the lines are made: each is an object or two. */
function fewLines(bytes: Buffer, most: number): boolean {
  let found = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) if (++found > most) return false;
  return true;
}

/** The error `model-corrupt` of a tokenizer's file. */
export const corrupt = (path: string, why: string) =>
  new AcclaimError('model-corrupt', `${path}: ${why}`, 'Fetch the model again.');
