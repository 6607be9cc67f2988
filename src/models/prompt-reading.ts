/**
 * What a model's text encoder will make of a prompt, from the files of its tokenizer alone and before
 * anything is drawn: words that it was never taught, of a model that was taught few, and whether the prompt
 * is longer than it reads at once. CLIP's byte pairs (openai/CLIP, simple_tokenizer.py) are only counted
 * here; ids are engine/models/tokenizer.ts's.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readPrompt } from '../chat/prompt-syntax.js';
import type { PromptReading } from '../domain/state/model.js';
import { AcclaimError } from '../errors.js';
import { bytesOfFile, jsonOfFile, MODEL_JSON } from '../files/json-bounds.js';
import { projectPath } from '../files/paths.js';

/** Words: contractions, runs of letters, single digits, runs of anything else that is not space. */
export const WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

/** A vocabulary in a smaller file is of words that were taught; a larger one can spell whatever there is. */
const FEW_BYTES = 100_000;

/** CLIP's own, which every Stable Diffusion has. */
const CLIP = 'models/clip-tokenizer';
const CLIP_PLACES = 77;

/** Pair, a space between, -> the lower, the sooner it is joined. */
type Ranks = ReadonlyMap<string, number>;

/**
 * `model`: its folder, or its file. Null where nothing is to be said, or its files do not tell: the engine
 * says what is wrong with them.
 */
export function promptReading(model: string, prompt: string): PromptReading | null {
  const own = join(model, 'tokenizer');
  const dir = ['vocab.json', 'merges.txt'].every((name) => existsSync(join(own, name))) ? own : null;
  try {
    const room = (dir === null ? CLIP_PLACES : placesOf(model, dir)) - 2;
    const parts = readPrompt(prompt).parts.map((part) => part.map(({ text }) => text));
    const unknown = dir === null ? [] : unknownWords(parts.flat(), join(dir, 'vocab.json'));
    const long = longReading(parts, room, dir ?? projectPath(CLIP));
    return unknown.length > 0 || long ? { unknown, ...long } : null;
  } catch {
    return null;
  }
}

/** Null where each part is read at once. A token is a byte or more, so short ones need not be counted. */
function longReading(parts: readonly (readonly string[])[], room: number, dir: string) {
  if (parts.every((texts) => Buffer.byteLength(texts.join('')) <= room)) return null;
  const ranks = readRanks(dir);
  const counts = parts.map((texts) => texts.reduce((sum, text) => sum + countTokens(ranks, text), 0));
  if (counts.every((count) => count <= room)) return null;
  const read = counts.reduce((sum, count) => sum + Math.max(1, Math.ceil(count / room)), 0);
  return { tokens: counts.reduce((sum, count) => sum + count, 0), room, parts: read };
}

/** In the order they stand, each once, as they were typed. */
function unknownWords(texts: readonly string[], vocabulary: string): string[] {
  if (statSync(vocabulary).size > FEW_BYTES) return [];
  const tokens = z.record(z.string(), z.number()).parse(json(vocabulary));
  const words = texts.flatMap((text) => text.normalize('NFC').match(/\p{L}+/gu) ?? []);
  const unknown = words.filter((word) => !(`${bytesOf(word.toLowerCase()).join('')}</w>` in tokens));
  const said = unknown.map((word) => word.toLowerCase());
  return unknown.filter((_, i) => said.indexOf(said[i]!) === i);
}

/** Tokens of a text. */
export function countTokens(ranks: Ranks, text: string): number {
  const words = text.normalize('NFC').replace(/\s+/g, ' ').toLowerCase().match(new RegExp(WORDS, 'gu')) ?? [];
  return words.reduce((sum, word) => sum + piecesOf(ranks, word), 0);
}

/**
 * The pair that is joined soonest is, again and again, until none of those that stand beside each other is
 * one.
 */
function piecesOf(ranks: Ranks, word: string): number {
  let pieces = bytesOf(word);
  pieces[pieces.length - 1] += '</w>';
  for (;;) {
    const pairs = pieces.slice(1).map((piece, i) => ranks.get(`${pieces[i]} ${piece}`) ?? Infinity);
    const least = Math.min(...pairs, Infinity);
    if (least === Infinity) return pieces.length;
    const joined: string[] = [];
    for (let i = 0; i < pieces.length; i++)
      joined.push(pairs[i] === least ? `${pieces[i]}${pieces[++i]}` : pieces[i]!);
    pieces = joined;
  }
}

/** Each byte of its UTF-8 as the sign that stands for it in the files. */
const bytesOf = (word: string): string[] => [...Buffer.from(word)].map((byte) => signs[byte]!);

/** Bytes that can be seen stand for themselves, the others for what comes behind them, in order. */
const signs: readonly string[] = (() => {
  const seen = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(seen(byte) ? byte : next++));
})();

const limits = z.looseObject({ model_max_length: z.number().min(3) });
const places = z.looseObject({ max_position_embeddings: z.number().int().min(3) });

/** Of a text, start and end among them. */
function placesOf(model: string, dir: string): number {
  const { model_max_length } = limits.parse(json(join(dir, 'tokenizer_config.json')));
  const { max_position_embeddings } = places.parse(json(join(model, 'text_encoder', 'config.json')));
  return Math.min(model_max_length, max_position_embeddings);
}

/** Ranks of a tokenizer's merges. Errors: those of reading them. */
export function readRanks(dir: string): Ranks {
  const merges = join(dir, 'merges.txt');
  const lines = bytesOfFile(merges, MODEL_JSON.bytes, refusing(merges), missing)
    .toString('utf8')
    .split(/\r?\n/);
  const pairs = lines.slice(lines[0]?.startsWith('#version') ? 1 : 0).filter((line) => line !== '');
  return new Map(pairs.map((pair, i) => [pair, i]));
}

const refusing = (file: string) => (why: string) => new AcclaimError('model-corrupt', `${file}: ${why}`);
const missing = { hint: 'Fetch the model again.' };
const json = (file: string): unknown => jsonOfFile(file, MODEL_JSON, refusing(file), missing);
