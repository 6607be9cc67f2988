/**
 * Which of a repository's files a model needs: configurations, tokenizer, the weights of one precision,
 * licence and card. Only safetensors; a repository that has a part as pickled weights alone is refused.
 */
import { AcclaimError } from '../../src/errors.js';
import type { RemoteFile } from './listing.js';

export const variants = ['fp16', 'bf16', 'fp32'] as const;
export type Variant = (typeof variants)[number];

interface PartRule {
  readonly folder: string;
  readonly needed: boolean;
  /** First part of the weight files' names; none = small files only. */
  readonly stem?: string;
  readonly small: readonly string[];
}

/** transformers 5 writes the fifth and the fourth alone; the last is of textual inversion. */
const vocabulary = [
  'vocab.json',
  'merges.txt',
  'special_tokens_map.json',
  'tokenizer_config.json',
  'tokenizer.json',
  'added_tokens.json',
];

const parts: readonly PartRule[] = [
  { folder: 'unet', needed: true, stem: 'diffusion_pytorch_model', small: ['config.json'] },
  { folder: 'vae', needed: true, stem: 'diffusion_pytorch_model', small: ['config.json'] },
  { folder: 'text_encoder', needed: true, stem: 'model', small: ['config.json'] },
  { folder: 'text_encoder_2', needed: false, stem: 'model', small: ['config.json'] },
  { folder: 'tokenizer', needed: true, small: vocabulary },
  { folder: 'tokenizer_2', needed: false, small: vocabulary },
  { folder: 'scheduler', needed: true, small: ['scheduler_config.json'] },
  { folder: 'tiny_vae', needed: false, stem: 'diffusion_pytorch_model', small: ['config.json'] },
  { folder: 'safety_checker', needed: false, stem: 'model', small: ['config.json'] },
  { folder: 'feature_extractor', needed: false, small: ['preprocessor_config.json'] },
];

/** Textual inversion in files of its own. */
const CONCEPTS = /^(?:learned_embeds[\w.-]*|embeddings\/[\w.-]+)\.safetensors$/;

/** Small files are read whole: one that is not small is not what it says. */
const MAX_SMALL = 64 * 2 ** 20;

/** Endings of the pickled formats, which can run code when they are read. */
const pickled = /\.(bin|ckpt|pt|pth|pkl)$/i;

/** Order in which precisions are looked for: what was asked, then what there is. */
const orders: Record<Variant, readonly string[]> = {
  fp16: ['.fp16', '', '.bf16'],
  bf16: ['.bf16', '.fp16', ''],
  fp32: ['', '.fp16', '.bf16'],
};

/**
 * The files to fetch. Errors: model-unsupported where there is no model, or one that is pickled;
 * model-unsafe.
 */
export function selectFiles(files: readonly RemoteFile[], variant: Variant, file?: string): RemoteFile[] {
  const about = files.filter(({ path }) => /^(licen[cs]e|notice|readme)[^/]*$/i.test(path));
  const chosen =
    files.some(({ path }) => path === 'model_index.json') && file === undefined
      ? selectFolder(files, variant)
      : file === undefined && isPart(files)
        ? selectPart(files, variant)
        : withConfig(files, selectSingle(files, file));
  const all = [...chosen, ...about];
  const large = all.find(({ path, size }) => !path.endsWith('.safetensors') && size > MAX_SMALL);
  if (large)
    throw new AcclaimError(
      'model-unsafe',
      `${large.path} is ${large.size} bytes`,
      'Do not use this source: such files are small.',
    );
  return all.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A part that stands alone: a configuration and weights by the name that they have in a model's folder. */
export const isPart = (files: readonly RemoteFile[]): boolean =>
  ['model_index.json', 'config.json'].every(
    (name, i) => files.some(({ path }) => path === name) === (i === 1),
  ) && files.some(({ path }) => /^diffusion_pytorch_model[\w.]*\.safetensors$/.test(path));

function selectPart(files: readonly RemoteFile[], variant: Variant): RemoteFile[] {
  const named = (name: string) => files.find(({ path }) => path === name);
  const weights = orders[variant].map((mark) => named(`diffusion_pytorch_model${mark}.safetensors`));
  const first = weights.find((file) => file !== undefined);
  if (!first) throw refused('there are no weights that config.json belongs to');
  return [named('config.json')!, first];
}

function selectFolder(files: readonly RemoteFile[], variant: Variant): RemoteFile[] {
  const byPath = new Map(files.map((f) => [f.path, f]));
  const concepts = files.filter(({ path }) => CONCEPTS.test(path));
  const out = [byPath.get('model_index.json')!, ...concepts];
  for (const { folder, needed, stem, small } of parts) {
    const weights = stem === undefined ? [] : selectWeights(files, folder, stem, variant);
    if (stem !== undefined && weights.length === 0) {
      const bin = files.find(({ path }) => path.startsWith(`${folder}/`) && pickled.test(path));
      if (!needed) continue;
      throw bin
        ? refused(`${bin.path} is pickled, and there is no safetensors beside it`)
        : refused(`there are no weights in ${folder}/`);
    }
    out.push(
      ...weights,
      ...small.map((name) => byPath.get(`${folder}/${name}`)).filter((f) => f !== undefined),
    );
  }
  return out;
}

/** One file, or an index with its shards. */
function selectWeights(
  files: readonly RemoteFile[],
  folder: string,
  stem: string,
  variant: Variant,
): RemoteFile[] {
  const inside = files.filter(({ path }) => path.startsWith(`${folder}/`));
  const named = (name: string) => inside.find(({ path }) => path === `${folder}/${name}`);
  for (const mark of orders[variant]) {
    const whole = named(`${stem}${mark}.safetensors`);
    if (whole) return [whole];
    const index =
      named(`${stem}.safetensors.index${mark}.json`) ?? named(`${stem}${mark}.safetensors.index.json`);
    if (!index) continue;
    const other = orders.fp32.filter((m) => m !== '' && m !== mark);
    const shards = inside.filter(({ path }) => {
      const name = path.slice(folder.length + 1);
      return (
        /^[\w.-]+-\d{5}-of-\d{5}[\w.]*\.safetensors$/.test(name) &&
        name.startsWith(stem) &&
        (mark === '' ? !other.some((m) => name.includes(m)) : name.includes(mark))
      );
    });
    return [index, ...shards];
  }
  return [];
}

function selectSingle(files: readonly RemoteFile[], asked: string | undefined): RemoteFile {
  const found = files.filter(
    ({ path }) => path.endsWith('.safetensors') && (asked === undefined || path === asked),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  if (asked !== undefined && pickled.test(asked)) throw refused(`${asked} is pickled`);
  if (found.length > 1)
    throw refused(
      `there is no model_index.json, but ${found.length} files: ${found
        .slice(0, 5)
        .map(({ path }) => path)
        .join(', ')}`,
      'Name one: --file NAME.',
    );
  const bin = files.find(({ path }) => pickled.test(path));
  throw refused(
    bin
      ? `${bin.path} is pickled, and there is no safetensors`
      : `there is no ${asked ?? 'model_index.json and no .safetensors'}`,
  );
}

/** PEFT keeps the scales of a LoRA's layers in a file beside it. */
function withConfig(files: readonly RemoteFile[], single: RemoteFile): RemoteFile[] {
  const beside = `${single.path.slice(0, single.path.lastIndexOf('/') + 1)}adapter_config.json`;
  return [single, ...files.filter(({ path }) => path === beside)];
}

const refused = (what: string, hint = 'Choose a model with safetensors weights.') =>
  new AcclaimError('model-unsupported', what, hint);
