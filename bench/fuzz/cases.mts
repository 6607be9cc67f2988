/**
 * What strangers write (safetensors headers, configurations, weight indices, tokenizer files, hub listings,
 * LoRAs, backups, pictures), mutated and given to the reader that is meant for it. A reader either takes its
 * input or throws one coded error with a hint; anything else is a fault. Case k of a seed is the same
 * whatever ran before it.
 */
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readAdapters } from '../../engine/adapters/read.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { loadTokenizer } from '../../engine/models/tokenizer.js';
import { decodeListing } from '../../engine/pull/listing.js';
import { selectFiles } from '../../engine/pull/select.js';
import { AcclaimError } from '../../src/errors.js';
import {
  type Archived,
  mutatedArchive,
  mutatedPicture,
  mutatedTensors,
  mutatedText,
  mutateJson,
  type Picture,
  pick,
  type Random,
  randomOf,
} from './mutations.mjs';
import { pictureReaders, restoreTo } from './others.mjs';

const isRefusal = (error: unknown): error is AcclaimError =>
  error instanceof AcclaimError && error.code !== 'internal' && error.message !== '' && error.hint !== '';

const configs = [
  'model_index.json',
  'unet/config.json',
  'vae/config.json',
  'text_encoder/config.json',
  'scheduler/scheduler_config.json',
];
const tokenizer = ['vocab.json', 'merges.txt', 'tokenizer_config.json'];

/** What is mutated: paths of a model and an adapter; null: none is there, and another case takes its turn. */
export interface Fixtures {
  model: string;
  adapter: string;
  sharded: string | null;
  /** Of `sharded`, its index of weights. */
  index: string;
  backup: Archived | null;
  pictures: readonly Picture[] | null;
}

export interface Outcome {
  target: string;
  /** Its code; null = it was taken. */
  refused: string | null;
}

export interface Fuzz {
  names: readonly string[];
  /** @throws on a fault. */
  run(seed: number, k: number): Promise<Outcome>;
  close(): void;
}

/** `dir`: a scratch folder; `only`: names of the cases. */
export function makeFuzz(from: Fixtures, dir: string, only?: readonly string[]): Fuzz {
  const work = join(dir, 'model');
  mkdirSync(dir, { recursive: true });
  cpSync(from.model, work, { recursive: true });
  if (from.sharded) cpSync(from.sharded, join(dir, 'sharded'), { recursive: true });
  copyFileSync(
    join(from.model, 'unet/diffusion_pytorch_model.safetensors'),
    join(dir, 'outside.safetensors'),
  );
  const opened = loadPipeline(from.model);
  const scratch = join(dir, 'scratch.safetensors');

  /** Puts mutated bytes in a file's place, reads, and puts the file back. */
  const swapped = async (
    to: { root: string; original: string; name: string },
    bytes: Buffer,
    read: () => unknown,
  ) => {
    const { root, original, name } = to;
    writeFileSync(join(root, name), bytes);
    try {
      await read();
    } finally {
      writeFileSync(join(root, name), readFileSync(join(original, name)));
    }
  };
  const listing = [
    ...configs,
    ...tokenizer.map((n) => `tokenizer/${n}`),
    'README.md',
    'LICENSE',
    'unet/diffusion_pytorch_model.safetensors',
    'unet/diffusion_pytorch_model.fp16.safetensors',
    'unet/diffusion_pytorch_model.bin',
    'vae/diffusion_pytorch_model.safetensors',
    'text_encoder/model.safetensors',
    'text_encoder/model.safetensors.index.json',
  ].map((path) => ({
    type: 'file',
    path,
    size: 1000,
    oid: 'a'.repeat(40),
    ...(path.endsWith('tensors') ? { lfs: { oid: 'b'.repeat(64), size: 5000 } } : {}),
  }));

  const targets: Record<string, (random: Random) => Promise<unknown>> = {
    async safetensors(random) {
      writeFileSync(scratch, mutatedTensors(random, from.adapter));
      readSafetensors(scratch);
    },
    async adapter(random) {
      writeFileSync(scratch, mutatedTensors(random, from.adapter));
      readAdapters(await opened, [{ path: scratch, weight: 1 }]);
    },
    async config(random) {
      const name = pick(random, configs);
      await swapped(
        { root: work, original: from.model, name },
        mutatedText(random, join(from.model, name)),
        () => loadPipeline(work),
      );
    },
    async weights(random) {
      const name = `${pick(random, ['unet/diffusion_pytorch_model', 'vae/diffusion_pytorch_model', 'text_encoder/model'])}.safetensors`;
      await swapped(
        { root: work, original: from.model, name },
        mutatedTensors(random, join(from.model, name)),
        () => loadPipeline(work),
      );
    },
    async index(random) {
      if (!from.sharded) return targets.config!(random);
      const root = join(dir, 'sharded');
      await swapped(
        { root, original: from.sharded, name: from.index },
        mutatedText(random, join(from.sharded, from.index)),
        () => loadPipeline(root),
      );
    },
    async tokenizer(random) {
      const name = pick(random, tokenizer);
      const root = join(from.model, 'tokenizer');
      await swapped(
        { root: join(work, 'tokenizer'), original: root, name },
        mutatedText(random, join(root, name)),
        () => loadTokenizer(join(work, 'tokenizer'), { places: 77 }).encode("a black cat's box, 12 éclairs"),
      );
    },
    async archive(random) {
      if (!from.backup) return targets.config!(random);
      const folder = join(dir, 'unpacked');
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      writeFileSync(join(dir, 'backup.tar'), mutatedArchive(random, from.backup));
      await restoreTo(join(dir, 'backup.tar'), folder);
    },
    async picture(random) {
      if (!from.pictures) return targets.safetensors!(random);
      const bytes = mutatedPicture(random, pick(random, from.pictures));
      const [name, read] = pick(random, Object.entries(pictureReaders));
      await read(bytes).catch((error: Error) => {
        throw Object.assign(error, { message: `${name}: ${error.message}` });
      });
    },
    async listing(random) {
      const entries = JSON.parse(JSON.stringify(mutateJson(random, listing)));
      if (!Array.isArray(entries)) return;
      const files = selectFiles(decodeListing(entries), pick(random, ['fp16', 'bf16', 'fp32'] as const));
      for (const { path, size } of files) {
        const full = join(dir, 'pulled', path);
        const outside = !full.startsWith(`${join(dir, 'pulled')}/`) || dirname(full).includes('\u0000');
        if (outside || !(size >= 0)) throw new Error(`the list leads to ${full}, ${size} bytes`);
        if (/\.(bin|ckpt|pt|pth|pkl)$/i.test(path)) throw new Error(`${path} is pickled and was chosen`);
      }
    },
  };
  const names = only ?? Object.keys(targets);
  return {
    names,
    async run(seed, k) {
      const random = randomOf(seed, k);
      const target = names[k % names.length]!;
      try {
        await targets[target]!(random);
        return { target, refused: null };
      } catch (error) {
        if (isRefusal(error)) return { target, refused: error.code };
        throw Object.assign(
          new Error(`seed ${seed}, case ${k} (${target}): ${error instanceof Error ? error.stack : error}`),
          {
            target,
            k,
          },
        );
      }
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
