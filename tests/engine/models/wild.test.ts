/**
 * Model folders and single files as other tools write them today (tests/fixtures/wild), on the tiny SD 1.5.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { loadTokenizer } from '../../../engine/models/tokenizer.js';
import { selectFiles } from '../../../engine/pull/select.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, type Tensor } from '../../../engine/runtime/tensor.js';

const WILD = 'tests/fixtures/wild';
const TINY = 'tests/fixtures/tiny';
const root = mkdtempSync(join(tmpdir(), 'acclaim-wild-models-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const write = (path: string, value: unknown) => writeFileSync(path, JSON.stringify(value));
const whole = (text: string) => [[{ text, weight: 1 }]];
let count = 0;
const copyOf = (from: string) => {
  const to = join(root, `${count++}`);
  cpSync(from, to, { recursive: true });
  return to;
};
const TEXTS = ['one blue rose in a vase', "A  BLACK cat's box, 12 éclairs!", '', 'word '.repeat(200)];

describe('tokenizer.json alone', () => {
  const plain = loadTokenizer(`${TINY}/sd15/model/tokenizer`, { places: 77 });
  it('gives the ids of vocab.json and merges.txt', () => {
    const tokenizer = loadTokenizer(`${WILD}/tokenizer-json`, { places: 77 });
    for (const text of TEXTS) expect(tokenizer.chunks(whole(text))).toEqual(plain.chunks(whole(text)));
  });

  it('merges as lines, as older tools write them', () => {
    const dir = copyOf(`${WILD}/tokenizer-json`);
    const file = join(dir, 'tokenizer.json');
    const whole = json(file);
    const merges = whole.model.merges.map((pair: string[]) => pair.join(' '));
    write(file, { ...whole, model: { ...whole.model, merges } });
    expect(loadTokenizer(dir, { places: 77 }).encode(TEXTS[1]!)).toEqual(plain.encode(TEXTS[1]!));
  });

  it.each<[string, string, (whole: { model: Record<string, unknown> }) => unknown]>([
    ["another tokenizer's", 'model-unsupported', (w) => ({ ...w, model: { ...w.model, type: 'WordPiece' } })],
    ['merges of three', 'model-unsupported', (w) => ({ ...w, model: { ...w.model, merges: ['a b c'] } })],
    ['ids with a hole', 'model-corrupt', (w) => ({ ...w, model: { ...w.model, vocab: { a: 0, b: 2 } } })],
    ['no JSON', 'model-corrupt', () => undefined],
  ])('%s is refused', (_, code, change) => {
    const dir = copyOf(`${WILD}/tokenizer-json`);
    const file = join(dir, 'tokenizer.json');
    writeFileSync(file, JSON.stringify(change(json(file))) ?? '{');
    expect(() => loadTokenizer(dir, { places: 77 })).toThrow(expect.objectContaining({ code }));
  });

  it("opens a model, and both of XL's", async () => {
    for (const [name, folders] of [
      ['sd15', ['tokenizer']],
      ['sdxl', ['tokenizer', 'tokenizer_2']],
    ] as const) {
      const dir = copyOf(`${TINY}/${name}/model`);
      const before = await loadPipeline(`${TINY}/${name}/model`);
      for (const folder of folders) {
        const at = join(dir, folder);
        const { pad_token, ...config } = json(join(at, 'tokenizer_config.json'));
        for (const file of readdirSync(at)) rmSync(join(at, file));
        cpSync(`${WILD}/tokenizer-json/tokenizer.json`, join(at, 'tokenizer.json'));
        write(join(at, 'tokenizer_config.json'), { ...config, pad_token });
      }
      const { encoders } = await loadPipeline(dir);
      for (const [i, { tokenizer }] of encoders.entries())
        expect(tokenizer.encode(TEXTS[0]!)).toEqual(before.encoders[i]!.tokenizer.encode(TEXTS[0]!));
    }
  });

  it('is pulled, with added_tokens.json', () => {
    const names = ['unet/diffusion_pytorch_model', 'vae/diffusion_pytorch_model', 'text_encoder/model'];
    const files = [
      'model_index.json',
      ...names.map((name) => `${name}.safetensors`),
      'tokenizer/tokenizer.json',
      'tokenizer/added_tokens.json',
    ];
    const listed = files.map((path) => ({ path, size: 1 })) as unknown as Parameters<typeof selectFiles>[0];
    expect(selectFiles(listed, 'fp16').map(({ path }) => path)).toEqual([...files].sort());
  });
});

describe('added tokens', () => {
  // By transformers, of "a <cat-toy> in a vase".
  const IDS = [334, 46, 336, 113, 46, 178, 335];
  const found = (dir: string, text = 'a <cat-toy> in a vase') =>
    loadTokenizer(dir, { places: 77 }).encode(text).slice(0, 7);
  /** The folder in its old, newer and newest form. */
  const forms: [string, (dir: string) => void][] = [
    [
      'added_tokens.json',
      (dir) => {
        const { added_tokens_decoder, ...config } = json(join(dir, 'tokenizer_config.json'));
        expect(added_tokens_decoder['336'].content).toBe('<cat-toy>');
        write(join(dir, 'tokenizer_config.json'), config);
      },
    ],
    ['added_tokens_decoder', (dir) => rmSync(join(dir, 'added_tokens.json'))],
    [
      'tokenizer.json',
      (dir) => {
        for (const file of readdirSync(dir)) rmSync(join(dir, file));
        cpSync(`${WILD}/tokenizer-json`, dir, { recursive: true });
        const whole = json(join(dir, 'tokenizer.json'));
        const token = { id: 336, content: '<cat-toy>', normalized: true, special: false };
        write(join(dir, 'tokenizer.json'), { ...whole, added_tokens: [...whole.added_tokens, token] });
      },
    ],
  ];
  it.each(forms)('%s', (_, change) => {
    const dir = copyOf(`${WILD}/tok-added`);
    change(dir);
    expect(found(dir)).toEqual(IDS);
    expect(found(dir, 'A <CAT-TOY>in a vase')).toEqual(IDS);
  });

  it('of several vectors are all meant by the first', () => {
    const dir = copyOf(`${WILD}/tok-added`);
    write(join(dir, 'added_tokens.json'), { '<cat-toy>': 336, '<cat-toy>_1': 337, '<cat-toy>_2': 338 });
    expect(loadTokenizer(dir, { places: 77 }).encode('a <cat-toy> in').slice(0, 7)).toEqual([
      334, 46, 336, 337, 338, 113, 335,
    ]);
  });

  it('have rows of the text encoder, or are refused', async () => {
    const dir = copyOf(`${TINY}/sd15/model`);
    rmSync(join(dir, 'tokenizer'), { recursive: true });
    cpSync(`${WILD}/tok-added`, join(dir, 'tokenizer'), { recursive: true });
    await expect(loadPipeline(dir)).rejects.toMatchObject({
      code: 'model-corrupt',
      message: expect.stringContaining('cat-toy'),
    });
    const file = join(dir, 'text_encoder/model.safetensors');
    const tensors = readSafetensors(file) as Record<string, FloatTensor>;
    const key = Object.keys(tensors).find((name) => name.endsWith('token_embedding.weight'))!;
    const { data, shape } = tensors[key]!;
    // The new token is "rose" under another name.
    const before = await loadPipeline(`${TINY}/sd15/model`);
    const rose = before.encoders[0]!.tokenizer.encode('rose')[1]!;
    const row = data.slice(rose * shape[1]!, (rose + 1) * shape[1]!);
    writeSafetensors(file, { ...tensors, [key]: f32([shape[0]! + 1, shape[1]!], [...data, ...row]) });
    const config = json(join(dir, 'text_encoder/config.json'));
    write(join(dir, 'text_encoder/config.json'), { ...config, vocab_size: shape[0]! + 1 });
    const { states } = await encodePrompt(await loadPipeline(dir), cache, ['a <cat-toy> in']);
    expect(states).toEqual((await encodePrompt(before, cache, ['a rose in'])).states);
  });
});

describe("a text encoder's configuration", () => {
  const opened = (change: Record<string, unknown>, model = 'sd15', part = 'text_encoder') => {
    const dir = copyOf(`${TINY}/${model}/model`);
    const file = join(dir, part, 'config.json');
    write(file, { ...json(file), ...change });
    return loadPipeline(dir);
  };
  it.each<[string, Record<string, unknown>]>([
    [
      'as diffusers writes it',
      { _class_name: 'CLIPTextModel', _diffusers_version: '0.42.1', _commit_hash: null },
    ],
    [
      'dumped whole',
      { is_decoder: false, id2label: { 0: 'LABEL_0' }, pruned_heads: {}, return_dict: true, top_k: 50 },
    ],
    ['without its class', { architectures: null }],
  ])('%s opens', async (_, change) => {
    await expect(opened(change)).resolves.toMatchObject({ family: 'mini' });
  });
  it("without its class pools where it is XL's second", async () => {
    const pipeline = await opened({ architectures: null }, 'sdxl', 'text_encoder_2');
    expect((await encodePrompt(pipeline, cache, ['cat'])).pooled).toBeDefined();
  });
  it.each<[string, Record<string, unknown>]>([
    ['hidden_act', { hidden_act: 'relu' }],
    ['quantization_config', { quantization_config: { bits: 4 } }],
    ['pruned_heads', { pruned_heads: { 0: [1] } }],
    ['model_type', { model_type: 'bert' }],
  ])('that changes the network is refused: %s', async (key, change) => {
    await expect(opened(change)).rejects.toMatchObject({
      code: 'model-unsupported',
      message: expect.stringContaining(key),
    });
  });
});

describe('what is left over in a single file', () => {
  const tensors = readSafetensors(`${TINY}/sd15-layouts/single-file.safetensors`);
  const opened = (more: Record<string, Tensor>) => {
    const beside = copyOf(`${TINY}/sd15/model`);
    for (const part of ['unet', 'vae', 'text_encoder'])
      for (const file of readdirSync(join(beside, part)))
        if (file.endsWith('.safetensors')) rmSync(join(beside, part, file));
    writeSafetensors(`${beside}.safetensors`, { ...tensors, ...more });
    return loadPipeline(`${beside}.safetensors`);
  };
  it.each<[string, Record<string, Tensor>]>([
    ['empty marks', { v_pred: f32([0]), ztsnr: f32([0]) }],
    ['embedding_manager', { 'embedding_manager.embedder.transformer.x': f32([2]) }],
    ['edm_vpred', { 'edm_vpred.sigma_max': f32([], [80]), 'edm_vpred.sigma_min': f32([], [0.002]) }],
    [
      'a text_projection that nobody reads',
      { 'cond_stage_model.transformer.text_projection.weight': f32([2, 2]) },
    ],
  ])('changes nothing: %s', async (_, more) => {
    await expect(opened(more)).resolves.toMatchObject({ family: 'mini' });
  });
});

describe('textual inversion in files of its own', () => {
  /** Vectors that are rows of the model's own tables: a concept is then a word under another name. */
  async function withConcepts(
    model: string,
    write: (dir: string, rowOf: (encoder: number, word: string) => number[]) => void,
  ) {
    const dir = copyOf(`${TINY}/${model}/model`);
    const before = await loadPipeline(dir);
    const rowOf = (encoder: number, word: string): number[] => {
      const { tokenizer, config } = before.encoders[encoder]!;
      const part = encoder === 0 ? 'text_encoder' : 'text_encoder_2';
      const tensors = readSafetensors(join(dir, part, 'model.safetensors')) as Record<string, FloatTensor>;
      const table = tensors[Object.keys(tensors).find((name) => name.endsWith('token_embedding.weight'))!]!;
      const id = tokenizer.encode(word)[1]!;
      return [...table.data.slice(id * config.hidden_size, (id + 1) * config.hidden_size)];
    };
    write(dir, rowOf);
    return { dir, before };
  }
  const save = (path: string, content: Record<string, number[][]>) => {
    mkdirSync(dirname(path), { recursive: true });
    const tensors = Object.entries(content).map(([key, vectors]) => [
      key,
      f32([vectors.length, vectors[0]!.length], vectors.flat()),
    ]);
    writeSafetensors(path, Object.fromEntries(tensors));
  };

  it("diffusers' and A1111's forms, beside a token of the pipeline's own", async () => {
    const { dir, before } = await withConcepts('sd15', (at, rowOf) => {
      save(join(at, 'learned_embeds.safetensors'), { '<toy>': [rowOf(0, 'rose')] });
      save(join(at, 'embeddings/two-things.safetensors'), {
        emb_params: [rowOf(0, 'blue'), rowOf(0, 'vase')],
      });
    });
    const found = await encodePrompt(await loadPipeline(dir), cache, [
      'a <toy> (embedding:two-things:1.5) in',
      'a',
    ]);
    const expected = await encodePrompt(before, cache, ['a rose (blue vase:1.5) in', 'a']);
    expect(found).toEqual(expected);
  });

  it("XL's form gives both encoders theirs", async () => {
    const { dir, before } = await withConcepts('sdxl', (at, rowOf) =>
      save(join(at, 'embeddings/toy.safetensors'), {
        clip_l: [rowOf(0, 'rose')],
        clip_g: [rowOf(1, 'rose')],
      }),
    );
    const after = await loadPipeline(dir);
    const found = await encodePrompt(after, cache, ['a toy in']);
    expect(found.states).toEqual((await encodePrompt(before, cache, ['a rose in'])).states);
    // Read at the token's own place, which sees nothing of what follows it.
    expect(found.pooled).toEqual((await encodePrompt(after, cache, ['a toy'])).pooled);
  });

  it.each<[string, Record<string, number[][]>]>([
    ['shape-mismatch', { '<toy>': [[1, 2, 3]] }],
    ['model-corrupt', { '<|endoftext|>': [new Array(32).fill(0)] }],
    ['file-corrupt', { '<toy>': [new Array(32).fill(Number.NaN)] }],
  ])('refused: %s', async (code, content) => {
    const { dir } = await withConcepts('sd15', (at) => save(join(at, 'learned_embeds.safetensors'), content));
    await expect(loadPipeline(dir)).rejects.toMatchObject({ code });
  });
});
