/**
 * Textual inversion in files of its own: tokens with vectors that the text encoders' tables lack. They lie in
 * the model's folder, as `learned_embeds*.safetensors` or in `embeddings/`, in one of three forms:
 *   {"<token>": [D] or [n,D]}            diffusers
 *   {"emb_params": [n,D]}                AUTOMATIC1111, its token the file's name
 *   {"clip_l": [n,D], "clip_g": [n,D']}  XL's two encoders, its token the file's name
 * n vectors are the tokens T, T_1, T_2 ... that the tokenizer reads for T.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { openSafetensors, readTensor } from '../io/safetensors.js';

export interface Concept {
  readonly content: string;
  /** [D] */
  readonly vector: Float32Array;
}

const MOST_VECTORS = 75;
/** Of all the files together: a third of CLIP's own table. */
const MOST_TOGETHER = 16_384;
/** Characters; prompts are shorter. */
const LONGEST_TOKEN = 200;
const BY_ENCODER: Partial<Record<string, number>> = { clip_l: 0, clip_g: 1 };

/** For each text encoder, by its width. Errors: file-corrupt, shape-mismatch. */
export function readConcepts(dir: string, widths: readonly number[]): Concept[][] {
  const found = widths.map((): Concept[] => []);
  for (const path of conceptFiles(dir)) {
    const source = openSafetensors(path);
    const stem = basename(path, '.safetensors');
    for (const [key, { shape }] of source.tensors) {
      const [n, width] = shape.length === 1 ? [1, shape[0]!] : (shape as readonly number[]);
      const named = BY_ENCODER[key];
      const fits = widths.findIndex((w, i) => w === width && (named === undefined || named === i));
      if (shape.length > 2 || fits < 0 || n! > MOST_VECTORS)
        throw new AcclaimError(
          'shape-mismatch',
          `${path}: ${key} is [${shape}], and the text encoders read ${widths.join(' or ')} numbers a token`,
          'Use textual inversion that was made for this family of models.',
        );
      const tensor = readTensor(source, key);
      if (tensor.dtype !== 'float32' || !tensor.data.every(Number.isFinite))
        throw new AcclaimError('file-corrupt', `${path}: ${key} holds no finite floats`, 'Fetch it again.');
      const token = named === undefined && key !== 'emb_params' ? key : stem;
      if (token === '' || token.length > LONGEST_TOKEN)
        throw new AcclaimError(
          'file-corrupt',
          `${path}: a token of ${token.length} characters`,
          `Give it a name of 1 to ${LONGEST_TOKEN} characters.`,
        );
      if (found[fits]!.length + n! > MOST_TOGETHER)
        throw new AcclaimError(
          'model-unsupported',
          `${dir}: textual inversion brings more than ${MOST_TOGETHER} vectors`,
          'Leave only the files that you use.',
        );
      for (let i = 0; i < n!; i++) {
        const content = i === 0 ? token : `${token}_${i}`;
        found[fits]!.push({ content, vector: tensor.data.slice(i * width!, (i + 1) * width!) });
      }
    }
  }
  return found;
}

function conceptFiles(dir: string): string[] {
  const inside = (folder: string, which: RegExp) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => which.test(name))
          .sort()
          .map((name) => join(folder, name))
      : [];
  return [
    ...inside(dir, /^learned_embeds[\w.-]*\.safetensors$/),
    ...inside(join(dir, 'embeddings'), /\.safetensors$/),
  ];
}
