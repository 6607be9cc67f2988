/**
 * Adapter files with other names and widths, and files that are refused, each with one coded error that names
 * its key.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapters } from '../../../engine/adapters/read.js';
import { floatToBfloat } from '../../../engine/io/half.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { encodeHeader } from '../../../engine/io/safetensors-header.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { type FloatTensor, f32, type Tensor } from '../../../engine/runtime/tensor.js';
import { parseAdapter } from '../../../src/config/stack.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-adapters-'));
afterAll(() => rmSync(dir, { recursive: true }));
const pipeline = await loadPipeline('tests/fixtures/tiny/sd15/model');
const golden = (name: string) => `tests/fixtures/tiny/sd15-adapters/${name}.safetensors`;
const tensors = readSafetensors(golden('attention.diffusers')) as Record<string, FloatTensor>;

type Files = Record<string, Tensor>;
let count = 0;
function file(content: Files, notes: Record<string, string> = {}): string {
  const path = join(dir, `${count++}.safetensors`);
  writeSafetensors(path, content, notes);
  return path;
}
const read = (path: string, weight = 1) => readAdapters(pipeline, [{ path, weight }])!;
const renamed = (change: (name: string) => string): Files =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [change(name), tensor]));
const scaled = (ours: ReturnType<typeof read>, name: string) => (ours.tensors[name] as FloatTensor).data[0]!;

const B = 'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight';
const A = B.replace('lora_B', 'lora_A');
const original = tensors[B]!.data[0]!;

describe('names and alphas', () => {
  it.each<[string, (name: string) => string]>([
    ['without the part', (n) => n.replace(/^unet\./, '')],
    ['.lora.down', (n) => n.replace('lora_A', 'lora.down').replace('lora_B', 'lora.up')],
    [
      '.lora_linear_layer',
      (n) => n.replace('lora_A', 'lora_linear_layer.down').replace('lora_B', 'lora_linear_layer.up'),
    ],
  ])('%s', (_, change) => {
    expect(read(file(renamed(change))).tensors).toEqual(read(golden('attention.diffusers')).tensors);
  });

  it.each([
    ['no note: alpha is the rank', {}, 1],
    ['alpha 8 of rank 4', { 'unet.lora_alpha': 8 }, 2],
    ['the note of another part', { 'text_encoder.lora_alpha': 8 }, 1],
    ['a pattern for this layer', { 'unet.lora_alpha': 8, 'unet.alpha_pattern': { 'attn1.to_q': 1 } }, 0.25],
    [
      'a pattern that is no end of its path',
      { 'unet.lora_alpha': 4, 'unet.alpha_pattern': { 'n1.to_q': 1 } },
      1,
    ],
    ["PEFT's own alpha, 8, where a note has none", { 'unet.r': 4 }, 2],
    ['rank-stabilised', { 'unet.lora_alpha': 8, 'unet.use_rslora': true }, 4],
  ])('%s', (_, note, scale) => {
    const notes = Object.keys(note).length > 0 ? { lora_adapter_metadata: JSON.stringify(note) } : {};
    expect(scaled(read(file(tensors, notes), 3), B)).toBeCloseTo(3 * scale * original, 6);
  });

  it('bfloat16, and a linear layer written as a 1x1 convolution', () => {
    const pair = { [A]: tensors[A]!, [B]: tensors[B]! };
    const [down, up] = Object.values(pair).map(({ data }) => floatToBfloat(data));
    const path = join(dir, 'bfloat.safetensors');
    const header = encodeHeader(
      [
        { name: A, dtype: 'BF16', shape: [...pair[A]!.shape, 1, 1], length: down!.byteLength },
        { name: B, dtype: 'BF16', shape: pair[B]!.shape, length: up!.byteLength },
      ],
      [],
    );
    writeFileSync(path, Buffer.concat([header, Buffer.from(down!.buffer), Buffer.from(up!.buffer)]));
    const ours = read(path);
    expect(ours.tensors[A]!.shape).toEqual(pair[A]!.shape);
    expect(scaled(ours, B) / original).toBeCloseTo(1, 2);
  });

  it.each([
    ['a.safetensors', 'a.safetensors', 1],
    ['a.safetensors:0.5', 'a.safetensors', 0.5],
    ['C:\\loras\\a.safetensors:-2', 'C:\\loras\\a.safetensors', -2],
    ['C:\\loras\\a.safetensors', 'C:\\loras\\a.safetensors', 1],
    ['a:b:.25', 'a:b', 0.25],
  ])('--adapter %s', (text, path, weight) => {
    expect(parseAdapter(text)).toEqual({ path, weight });
  });
});

describe('refused by name', () => {
  const stem = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q';
  const one = f32([1, 1], [1]);
  it.each<[string, string, string, Files, Record<string, string>?]>([
    ['LoHa', 'adapter-unsupported', 'LoHa', { [`${stem}.hada_w1_a`]: one }],
    ['LoKr', 'adapter-unsupported', 'LoKr', { [`${stem}.lokr_w1`]: one }],
    ['DoRA by kohya', 'adapter-unsupported', 'DoRA', { [`${stem}.dora_scale`]: one }],
    [
      'DoRA by PEFT',
      'adapter-unsupported',
      'DoRA',
      { [A.replace('lora_A.weight', 'lora_magnitude_vector')]: one },
    ],
    [
      'DoRA by its note',
      'adapter-unsupported',
      'DoRA',
      tensors,
      { lora_adapter_metadata: '{"unet.use_dora":true}' },
    ],
    ["LoCon in Tucker's form", 'adapter-unsupported', 'lora_mid', { [`${stem}.lora_mid.weight`]: one }],
    [
      'a LoRA with embeddings of its own',
      'adapter-unsupported',
      'embeddings of its own',
      { ...tensors, 'bundle_emb.cat-toy.string_to_param.*': one },
    ],
    ['a LoRA with biases', 'adapter-unsupported', 'biases', { [B.replace('weight', 'bias')]: one }],
    ['whole differences', 'adapter-unsupported', 'differences', { [`${stem}.diff`]: one }],
    ['another family', 'adapter-unsupported', 'transformer model', { 'transformer.x.lora_A.weight': one }],
    [
      'a layer it has not',
      'adapter-unsupported',
      'down_blocks_9',
      { lora_unet_down_blocks_9_attentions_0: one },
    ],
    ['a matrix alone', 'file-corrupt', 'stands alone', { [A]: tensors[A]! }],
    [
      'the same layer twice',
      'file-corrupt',
      "the same layer's",
      { ...tensors, [`${stem}.lora_down.weight`]: tensors[A]! },
    ],
    ['other widths', 'shape-mismatch', '[4,1]', { [A]: f32([4, 1]), [B]: tensors[B]! }],
    ['ranks that differ', 'shape-mismatch', 'wants [32,3]', { [A]: f32([3, 32]), [B]: tensors[B]! }],
    [
      'numbers that are none',
      'file-corrupt',
      'not finite',
      { ...tensors, [A]: f32([4, 32], new Float32Array(128).fill(Number.NaN)) },
    ],
    ['an alpha of two', 'file-corrupt', 'alpha', { ...tensors, [`${stem}.alpha`]: f32([2], [1, 1]) }],
    [
      'a note that is no JSON',
      'file-corrupt',
      'lora_adapter_metadata',
      tensors,
      { lora_adapter_metadata: '{' },
    ],
    ['nothing in it', 'file-corrupt', 'no tensor', {}],
  ])('%s', (_, code, words, content, notes = {}) => {
    expect(() => read(file(content, notes))).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(words),
        hint: expect.stringMatching(/./),
      }),
    );
  });

  it('a file that is not there', () => {
    expect(() => read(join(dir, 'none'))).toThrow(expect.objectContaining({ code: 'file-not-found' }));
  });
});
