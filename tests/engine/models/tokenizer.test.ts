/**
 * Ids against those of transformers: CLIP's real vocabulary on 147 texts, and the miniature's own tokenizer.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { loadTokenizer } from '../../../engine/models/tokenizer.js';

const CLIP = 'models/clip-tokenizer';
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

describe("CLIP's vocabulary", () => {
  const tokenizer = loadTokenizer(CLIP, { places: 77 });
  const cases: { text: string; ids: number[] }[] = json('tests/fixtures/tokenizer/cases.json');

  it('gives the ids of every case', () => {
    const wrong = cases
      .filter(({ text, ids }) => `${tokenizer.encode(text)}` !== `${ids}`)
      .map(({ text }) => text);
    expect(cases.length).toBe(147);
    expect(wrong).toEqual([]);
  });
});

describe("the miniature's tokenizer", () => {
  it('gives the golden ids of every prompt', () => {
    const tokenizer = loadTokenizer('models/mini/tokenizer', { places: 32 });
    const prompts: string[] = json('tests/fixtures/mini/prompts.json');
    const golden = readSafetensors('tests/fixtures/mini/text.safetensors').input_ids!;
    expect(prompts.flatMap((p) => tokenizer.encode(p))).toEqual(Array.from(golden.data, Number));
  });
});

describe('a tokenizer folder with a fault', () => {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-tokenizer-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const broken = (change: (folder: string) => void) => {
    const folder = mkdtempSync(join(dir, 'case-'));
    cpSync('models/mini/tokenizer', folder, { recursive: true });
    change(folder);
    return () => loadTokenizer(folder, { places: 32 });
  };

  it.each<[string, string, (folder: string) => void]>([
    ['no merges', 'file-not-found', (f) => rmSync(join(f, 'merges.txt'))],
    ['no vocabulary', 'file-not-found', (f) => rmSync(join(f, 'vocab.json'))],
    ['a vocabulary that is no JSON', 'model-corrupt', (f) => writeFileSync(join(f, 'vocab.json'), '{"a"')],
    ['an id used twice', 'model-corrupt', (f) => writeFileSync(join(f, 'vocab.json'), '{"a":0,"b":0}')],
    ['no end token', 'model-corrupt', (f) => writeFileSync(join(f, 'vocab.json'), '{"<|startoftext|>":0}')],
    ['a merge of three', 'model-corrupt', (f) => writeFileSync(join(f, 'merges.txt'), 'a b c\n')],
    [
      'another tokenizer',
      'model-unsupported',
      (f) => writeFileSync(join(f, 'tokenizer_config.json'), '{"tokenizer_class":"T5Tokenizer"}'),
    ],
  ])('is refused by name: %s', (_, code, change) => {
    expect(broken(change)).toThrow(expect.objectContaining({ code }));
  });
});
