/**
 * Files that somebody else wrote are read within bounds: each reader refuses what is too long, too much, too
 * deep or no file at all by its own code, before it is in memory.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeMerged } from '../../engine/adapters/merge-model.js';
import { readAdapter, readAdapters, readWeighted } from '../../engine/adapters/read.js';
import { readLabels } from '../../engine/cli/learn.js';
import { readFolder } from '../../engine/io/folder.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { loadJudge } from '../../engine/judge.js';
import { readConcepts } from '../../engine/models/concepts.js';
import { moduleTable } from '../../engine/models/modules.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { loadTokenizer } from '../../engine/models/tokenizer.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { pulledNote } from '../../src/config/pulled.js';
import { unetMarks } from '../../src/config/unet-marks.js';
import type { AcclaimError } from '../../src/errors.js';
import { readRaster } from '../../src/images/read.js';

const TINY = 'tests/fixtures/tiny/sd15';
const dir = mkdtempSync(join(tmpdir(), 'acclaim-bounded-'));
afterAll(() => rmSync(dir, { recursive: true }));
const pipeline = await loadPipeline(`${TINY}/model`);
const at = (...path: string[]) => join(dir, ...path);

beforeAll(() => {
  cpSync(`${TINY}/model`, at('model'), { recursive: true });
  mkdirSync(at('lora'));
  cpSync('tests/fixtures/wild/peft', at('lora'), { recursive: true });
  mkdirSync(at('folder'));
});

const deep = `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`;
const wide = `{"a":[${'0,'.repeat(2 ** 20)}0]}`;
type Fault = readonly [string, (file: string) => void];
const faults: readonly Fault[] = [
  ['too long', (file) => truncateSync(file, 600 * 2 ** 20)],
  ['too much', (file) => writeFileSync(file, wide)],
  ['too deep', (file) => writeFileSync(file, deep)],
  [
    'a pipe',
    (file) => {
      rmSync(file);
      execFileSync('mkfifo', [file]);
    },
  ],
];

/** What is read, from which file, and the code of its refusal. */
const readers: Record<string, { file: string; code: string; read: () => unknown; only?: string[] }> = {
  'adapter_config.json': {
    file: at('lora', 'adapter_config.json'),
    code: 'file-corrupt',
    read: () => readAdapter(pipeline, at('lora')),
  },
  'a model_index.json': {
    file: at('model', 'model_index.json'),
    code: 'model-corrupt',
    read: () => loadPipeline(at('model')),
  },
  'merges.txt': {
    file: at('model', 'tokenizer', 'merges.txt'),
    code: 'model-corrupt',
    read: () => loadTokenizer(at('model', 'tokenizer'), { places: 77 }),
    only: ['too long', 'a pipe'],
  },
  weights: {
    file: at('model', 'vae', 'diffusion_pytorch_model.safetensors'),
    code: 'model-corrupt',
    read: () => loadPipeline(at('model')),
    only: ['a pipe'],
  },
  'a manifest': {
    file: at('folder', 'manifest.json'),
    code: 'round-corrupt',
    read: () => readFolder(at('folder'), z.object({}), 'round-corrupt'),
  },
  'the judge': { file: at('config.json'), code: 'file-corrupt', read: () => loadJudge(dir) },
  labels: {
    file: at('labels.json'),
    code: 'labels-invalid',
    read: () => readLabels(at('labels.json')),
    only: ['too much', 'too deep'],
  },
  'a picture': {
    file: at('picture.png'),
    code: 'file-corrupt',
    read: () => readRaster(at('picture.png')),
    only: ['too long', 'a pipe'],
  },
};

const cases = Object.entries(readers).flatMap(([name, { only, ...reader }]) =>
  faults.filter(([fault]) => !only || only.includes(fault)).map((fault) => ({ name, fault, ...reader })),
);

describe('a file beyond its bounds', () => {
  it.each(cases)('$name, $fault.0, is $code', async ({ file, code, read, fault: [kind, make] }) => {
    let before: Buffer | null = null;
    try {
      before = readFileSync(file);
    } catch {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    make(file);
    const refused = await Promise.resolve()
      .then(read)
      .catch((error: AcclaimError) => error);
    rmSync(file);
    if (before) writeFileSync(file, before);
    expect(refused).toMatchObject({ name: 'AcclaimError', code });
    const { message, hint, cause } = refused as AcclaimError;
    expect(hint).not.toBe('');
    const why = { 'too long': /bytes, and at most/, 'a pipe': /no ordinary file|not a regular file/ };
    expect(`${message} ${cause}`).toMatch(
      { ...why, 'too much': /more than \d+ names and values/, 'too deep': /nested more than/ }[kind]!,
    );
  });

  it('has no note and no marks, where others are asked for them', () => {
    for (const [kind, make] of faults) {
      const model = at(kind);
      mkdirSync(join(model, 'unet'), { recursive: true });
      for (const name of ['acclaim.json', 'unet/config.json']) {
        writeFileSync(join(model, name), '');
        make(join(model, name));
      }
      expect(pulledNote(model)).toBeUndefined();
      expect(unetMarks(model)).toBeUndefined();
    }
  });
});

it("merges.txt has so many lines at most, and a LoRA's note so much", () => {
  const merges = at('model', 'tokenizer', 'merges.txt');
  const before = readFileSync(merges);
  writeFileSync(merges, 'a b\n'.repeat(2 ** 19 + 1));
  expect(() => loadTokenizer(at('model', 'tokenizer'), { places: 77 })).toThrow(/more than \d+ lines/);
  writeFileSync(merges, before);
  const tensors = { a: f32([1], new Float32Array(1)) };
  for (const note of [deep, wide]) {
    writeSafetensors(at('noted.safetensors'), tensors, { lora_adapter_metadata: note });
    const read = () => readAdapter(pipeline, at('noted.safetensors'));
    expect(read).toThrow(expect.objectContaining({ code: 'file-corrupt' }));
    expect(read).toThrow(/lora_adapter_metadata is not understood: it (has|is nested) more than/);
  }
});

it('textual inversion has so many vectors in all, and names of some length', () => {
  const folder = at('concepts', 'embeddings');
  mkdirSync(folder, { recursive: true });
  const read = () => readConcepts(at('concepts'), [1]);
  const rows = f32([75, 1], new Float32Array(75));
  const many = Object.fromEntries(Array.from({ length: 220 }, (_, i) => [`<${i}>`, rows]));
  writeSafetensors(join(folder, 'many.safetensors'), many);
  expect(read).toThrow(/more than 16384 vectors/);
  writeSafetensors(join(folder, 'many.safetensors'), { ['x'.repeat(201)]: rows });
  expect(read).toThrow(/a token of 201 characters/);
  writeSafetensors(join(folder, 'many.safetensors'), { ['x'.repeat(200)]: rows });
  expect(read()[0]).toHaveLength(75);
});

describe('a model is merged whatever an index beside the weights in use says', () => {
  const adapter = [{ path: 'tests/fixtures/tiny/sd15-adapters/all-alpha8.diffusers.safetensors', weight: 1 }];
  const merged = async (name: string, index: string) => {
    const from = at(name);
    cpSync(`${TINY}/model`, from, { recursive: true });
    writeFileSync(join(from, 'unet', 'diffusion_pytorch_model.fp16.safetensors.index.json'), index);
    const base = await loadPipeline(from);
    readAdapters(base, adapter);
    await writeMerged(base, readWeighted(base, adapter), at(`${name}-merged`), {});
    return at(`${name}-merged`);
  };

  it('leaves one out whose shards are gone', async () => {
    const out = await merged('gone', JSON.stringify({ weight_map: { a: 'gone-1.safetensors' } }));
    const shapes = async (folder: string) => moduleTable(await loadPipeline(folder)).map(({ path }) => path);
    expect(await shapes(out)).toEqual(await shapes(at('gone')));
    expect(existsSync(join(out, 'unet', 'diffusion_pytorch_model.fp16.safetensors.index.json'))).toBe(false);
  });

  it.each([
    ['leads outside', JSON.stringify({ weight_map: { a: '../../outside.safetensors' } })],
    ['is not JSON', '{'],
    ['has no map', '[]'],
    ['is too deep', deep],
  ])('and refuses one that %s', async (name, index) => {
    await expect(merged(name, index)).rejects.toMatchObject({ name: 'AcclaimError', code: 'model-corrupt' });
  });
});
