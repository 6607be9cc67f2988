/**
 * CLIP's tokenizer from a model folder's vocab.json + merges.txt: text -> rows of exactly `length` ids, each with the
 * start token first, the end token after the words, then padding. The BPE itself is @huggingface/tokenizers'; this file describes to it
 * the normaliser and splitter that transformers uses for CLIP.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { AcclaimError } from '../../src/errors.js';
import { readFault } from '../../src/reading.js';
import {
  readConfig,
  readJson,
  specialTokensSchema,
  type TokenizerConfig,
  tokenizerSchema,
} from './config.js';

export interface ClipTokenizer {
  /** Ids of every text: start and end token included. */
  readonly length: number;
  /** One row; words beyond it are cut. */
  encode(text: string): number[];
  /** As many rows as the words need, `length` - 2 words each; at least one. */
  chunks(text: string): number[][];
}

const SPECIAL = 'special_tokens_map.json';

/** Words: contractions, runs of letters, single digits, runs of anything else that is not space. */
const WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

/** `most`: places that the text encoder has; `padding`: the token after the end, if not the one that the folder names. Errors: file-not-found, model-corrupt, model-unsupported. */
export function loadTokenizer(dir: string, most: number, padding?: string): ClipTokenizer {
  const named = readTokens(dir);
  const config = { ...named, pad_token: padding ?? named.pad_token };
  const vocab = readVocabulary(join(dir, 'vocab.json'));
  const id = (token: string): number => {
    const found = vocab.get(token);
    if (found !== undefined) return found;
    throw corrupt(
      join(dir, 'vocab.json'),
      `it lacks the token ${JSON.stringify(token)} that tokenizer_config.json names`,
    );
  };
  const special = [...new Set([config.bos_token, config.eos_token])];
  const description = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: String.raw`\s+` }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: config.unk_token,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocab),
      merges: readMerges(join(dir, 'merges.txt')),
    },
  };
  const tokenizer = new Tokenizer(description, {});
  const [start, end, rest] = [id(config.bos_token), id(config.eos_token), id(config.pad_token)];
  const length = Math.min(config.model_max_length, most);
  const words = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids;
  const row = (ids: readonly number[]): number[] => {
    const padded = new Array<number>(length).fill(rest);
    [start, ...ids, end].forEach((token, i) => {
      padded[i] = token;
    });
    return padded;
  };
  return {
    length,
    encode: (text) => row(words(text).slice(0, length - 2)),
    chunks(text) {
      const ids = words(text);
      const rows = Math.max(1, Math.ceil(ids.length / (length - 2)));
      return Array.from({ length: rows }, (_, i) => row(ids.slice(i * (length - 2), (i + 1) * (length - 2))));
    },
  };
}

/**
 * tokenizer_config.json, with the tokens of special_tokens_map.json over it where transformers lets them win: in folders
 * written before tokenizers listed `added_tokens_decoder`. SD 2.x's "!" padding stands there only.
 */
function readTokens(dir: string): TokenizerConfig {
  const config = readConfig(dir, 'tokenizer_config.json', tokenizerSchema);
  if ('added_tokens_decoder' in config || !existsSync(join(dir, SPECIAL))) return config;
  const special = readConfig(dir, SPECIAL, specialTokensSchema);
  return {
    ...config,
    ...Object.fromEntries(Object.entries(special).filter(([, token]) => token !== undefined)),
  };
}

/** {token: id}, the ids 0, 1, 2 ... each once. */
function readVocabulary(path: string): Map<string, number> {
  const vocab = new Map(Object.entries(readJson(path)) as [string, number][]);
  const ids = new Set(vocab.values());
  const whole = [...ids].every((id) => Number.isInteger(id) && id >= 0 && id < vocab.size);
  if (vocab.size === 0 || ids.size !== vocab.size || !whole)
    throw corrupt(path, 'its ids are not 0, 1, 2 ... each once');
  return vocab;
}

/** Pairs by priority, one a line after the version line. */
function readMerges(path: string): [string, string][] {
  const lines = readText(path).split(/\r?\n/);
  const pairs = lines.slice(lines[0]?.startsWith('#version') ? 1 : 0).filter((line) => line !== '');
  return pairs.map((line, i) => {
    const pair = line.split(' ');
    if (pair.length !== 2)
      throw corrupt(path, `merge ${i + 1} is not a pair: ${JSON.stringify(line.slice(0, 60))}`);
    return pair as [string, string];
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw readFault(error, path, { mend: 'Fetch the model again.' });
  }
}

const corrupt = (path: string, why: string) =>
  new AcclaimError('model-corrupt', `${path}: ${why}`, 'Fetch the model again.');
