/**
 * CLIP's tokenizer from a model folder's files (vocabulary.ts): text -> rows of exactly `length` ids, each
 * with the start token first, the end token after the words, then padding. The BPE itself is
 * @huggingface/tokenizers'; this file describes to it the normaliser and splitter that transformers uses for
 * CLIP.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import type { Segment } from '../../src/chat/prompt-syntax.js';
import { WORDS } from '../../src/models/prompt-reading.js';
import type { Concept } from './concepts.js';
import { readConfig, specialTokensSchema, type TokenizerConfig, tokenizerSchema } from './config.js';
import { type AddedToken, corrupt, readVocabulary, type Vocabulary } from './vocabulary.js';

export interface ClipTokenizer {
  /** Ids of every text: start and end token included. */
  readonly length: number;
  /** One row; words beyond it are cut. */
  encode(text: string): number[];
  /**
   * As many rows as the words need, `length` - 2 words each; at least one. A part never shares a row with the
   * next.
   */
  chunks(parts: readonly (readonly Segment[])[]): WeightedRow[];
}

export interface WeightedRow {
  readonly ids: readonly number[];
  /** Of each place; 1 of the start, the end and the padding. */
  readonly weights: readonly number[];
}

/** ComfyUI's way to name an embedding. */
const NAMED = /\bembedding:/gi;

const SPECIAL = 'special_tokens_map.json';

/** Of a text encoder. */
export interface Room {
  /** Places of a text. */
  readonly places: number;
  /** Rows of its table: tokens beyond them have no state. */
  readonly rows?: number;
}

/**
 * `padding`: the token after the end, if not the one that the folder names; `concepts`: tokens beyond the
 * encoder's rows. Errors: file-not-found, model-corrupt, model-unsupported.
 */
export function loadTokenizer(
  dir: string,
  { places, rows = Number.POSITIVE_INFINITY }: Room,
  { padding, concepts = [] }: { padding?: string; concepts?: readonly Concept[] } = {},
): ClipTokenizer {
  const named = readTokens(dir);
  const config = { ...named, pad_token: padding ?? named.pad_token };
  const vocabulary = readVocabulary(dir);
  checkConcepts(dir, vocabulary, concepts);
  checkRoom(vocabulary, rows);
  const beyond = concepts.map(({ content }, i) => ({ id: rows + i, content, normalized: true }));
  const tokens = { ...vocabulary, added: [...vocabulary.added, ...beyond] };
  const id = idsOf(tokens);
  const [start, end, rest] = [id(config.bos_token), id(config.eos_token), id(config.pad_token)];
  return new BpeTokenizer(new Tokenizer(description(config, tokens, id), {}), tokens.added, {
    length: Math.min(config.model_max_length, places),
    ...{ start, end, rest },
  });
}

/** A textual inversion's tokens must be new ones. */
function checkConcepts(
  dir: string,
  { tokens, added }: Vocabulary,
  concepts: readonly { content: string }[],
): void {
  const known = new Set([...tokens.keys(), ...added.map(({ content }) => content)]);
  const twice = concepts.find(({ content }) => known.size === known.add(content).size);
  if (!twice) return;
  const token = JSON.stringify(twice.content);
  throw corrupt(dir, `textual inversion has the token ${token}, which there is already`);
}

/** Every token of the files needs a row of the encoder's table. */
function checkRoom({ file, tokens, added }: Vocabulary, rows: number): void {
  if (tokens.size > rows)
    throw corrupt(file, `it has more tokens (${tokens.size}) than the text encoder has rows (${rows})`);
  const last = added.at(-1);
  if (last && last.id >= rows)
    throw corrupt(file, `the added token ${JSON.stringify(last.content)} has no row in the text encoder`);
}

/** Id of a token that the configuration names. */
const idsOf =
  ({ file, tokens, added }: Vocabulary) =>
  (token: string): number => {
    const found = tokens.get(token) ?? added.find(({ content }) => content === token)?.id;
    if (found !== undefined) return found;
    throw corrupt(file, `it lacks the token ${JSON.stringify(token)} that tokenizer_config.json names`);
  };

/** CLIP's normaliser, splitter and BPE, in the words of tokenizer.json. */
function description(config: TokenizerConfig, tokens: Vocabulary, id: (token: string) => number) {
  const special = [...new Set([config.bos_token, config.eos_token])];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      ...special.map((content) => described({ id: id(content), content, normalized: false }, true)),
      ...tokens.added
        .filter(({ content }) => !special.includes(content))
        .map((token) => described(token, false)),
    ],
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
      vocab: Object.fromEntries(tokens.tokens),
      merges: tokens.merges.map(([a, b]): [string, string] => [a, b]),
    },
  };
}

/** What a row is made of: its ids' number, and the ids at its start, after its words, and after that. */
interface RowFrame {
  readonly length: number;
  readonly start: number;
  readonly end: number;
  readonly rest: number;
}

class BpeTokenizer implements ClipTokenizer {
  private readonly followed: ReadonlyMap<number, number[]>;

  constructor(
    private readonly bpe: Tokenizer,
    private readonly added: readonly AddedToken[],
    private readonly frame: RowFrame,
  ) {
    this.followed = followers(added);
  }

  get length(): number {
    return this.frame.length;
  }

  encode(text: string): number[] {
    return this.row(this.words(text).slice(0, this.length - 2));
  }

  chunks(parts: readonly (readonly Segment[])[]): WeightedRow[] {
    return parts.flatMap((part) => {
      const words = part.flatMap(({ text, weight }) => this.words(text).map((id) => ({ id, weight })));
      const size = this.length - 2;
      return Array.from({ length: Math.max(1, Math.ceil(words.length / size)) }, (_, i) => {
        const own = words.slice(i * size, (i + 1) * size);
        const around = new Array<number>(this.length - 1 - own.length).fill(1);
        return {
          ids: this.row(own.map(({ id }) => id)),
          weights: [1, ...own.map(({ weight }) => weight), ...around],
        };
      });
    });
  }

  private words(text: string): number[] {
    return this.bpe
      .encode(this.added.length > 0 ? text.replace(NAMED, '') : text, { add_special_tokens: false })
      .ids.flatMap((token: number) => [token, ...(this.followed.get(token) ?? [])]);
  }

  private row(ids: readonly number[]): number[] {
    const { length, start, end, rest } = this.frame;
    const padded = new Array<number>(length).fill(rest);
    [start, ...ids, end].forEach((token, i) => {
      padded[i] = token;
    });
    return padded;
  }
}

const described = ({ id, content, normalized }: AddedToken, special: boolean) => ({
  ...{ id, content, normalized, special },
  ...{ single_word: false, lstrip: false, rstrip: false },
});

/**
 * A concept of several vectors is the tokens T, T_1, T_2 ...: whoever writes T means all of them, as in
 * diffusers.
 */
function followers(added: readonly AddedToken[]): ReadonlyMap<number, number[]> {
  const ids = new Map(added.map(({ content, id }) => [content, id]));
  const of = (content: string) => {
    const found: number[] = [];
    for (let i = 1; ids.has(`${content}_${i}`); i++) found.push(ids.get(`${content}_${i}`)!);
    return found;
  };
  return new Map(added.map(({ content, id }) => [id, of(content)]));
}

/**
 * tokenizer_config.json, with the tokens of special_tokens_map.json over it where transformers lets them win:
 * in folders written before tokenizers listed `added_tokens_decoder`. SD 2.x's "!" padding stands there only.
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
