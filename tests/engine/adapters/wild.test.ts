/**
 * Adapters as other tools write them today (tests/fixtures/wild), against what diffusers and PEFT make of the
 * same files.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { firstMatches } from '../../../engine/adapters/path-patterns.js';
import { readAdapter, readAdapters } from '../../../engine/adapters/read.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { encodeHeader, type SafetensorsDType } from '../../../engine/io/safetensors-header.js';
import { moduleTable } from '../../../engine/models/modules.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const WILD = 'tests/fixtures/wild';
const dir = mkdtempSync(join(tmpdir(), 'acclaim-wild-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(dir, { recursive: true });
});
const pipeline = await loadPipeline('tests/fixtures/tiny/sd15/model');
const tensorsOf = (path: string) => readSafetensors(path) as Record<string, FloatTensor>;
const scales = (path: string) =>
  Object.fromEntries(readAdapter(pipeline, path).map(({ module, scale }) => [module.path, scale]));
let count = 0;
const folder = () => {
  const path = join(dir, `${count++}`);
  mkdirSync(path);
  return path;
};

describe('alpha', () => {
  it("is a whole number in the files of diffusers' converter", () => {
    const found = scales(`${WILD}/kohya-by-diffusers.safetensors`);
    expect(Object.keys(found)).toHaveLength(48);
    expect(new Set(Object.values(found))).toEqual(new Set([1]));
  });

  const stem = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q';
  const bytes = (size: number, write: (view: DataView) => void) => {
    const out = new Uint8Array(size);
    write(new DataView(out.buffer));
    return out;
  };
  /** Rank 1, and an alpha of this dtype and shape. */
  function withAlpha(dtype: SafetensorsDType, shape: number[], alpha: Uint8Array): string {
    const { shape: weight } = moduleTable(pipeline).find(({ path }) =>
      stem.endsWith(path.replaceAll('.', '_')),
    )!;
    const down = new Float32Array(weight[1]!);
    const up = new Float32Array(weight[0]!);
    const entries = [
      {
        name: `${stem}.lora_down.weight`,
        dtype: 'F32' as const,
        shape: [1, weight[1]!],
        length: 4 * down.length,
      },
      {
        name: `${stem}.lora_up.weight`,
        dtype: 'F32' as const,
        shape: [weight[0]!, 1],
        length: 4 * up.length,
      },
      { name: `${stem}.alpha`, dtype, shape, length: alpha.length },
    ];
    const path = join(folder(), 'a.safetensors');
    writeFileSync(
      path,
      Buffer.concat([encodeHeader(entries, []), Buffer.from(down.buffer), Buffer.from(up.buffer), alpha]),
    );
    return path;
  }
  it.each<[SafetensorsDType, number, Uint8Array]>([
    ['U8', 200, Uint8Array.of(200)],
    ['I8', -3, Uint8Array.of(253)],
    ['I16', -300, bytes(2, (v) => v.setInt16(0, -300, true))],
    ['U16', 65_000, bytes(2, (v) => v.setUint16(0, 65_000, true))],
    ['I32', -70_000, bytes(4, (v) => v.setInt32(0, -70_000, true))],
    ['U32', 4e9, bytes(4, (v) => v.setUint32(0, 4e9, true))],
    ['I64', -4, bytes(8, (v) => v.setBigInt64(0, -4n, true))],
    ['U64', 4, bytes(8, (v) => v.setBigUint64(0, 4n, true))],
    ['F64', 0.1, bytes(8, (v) => v.setFloat64(0, 0.1, true))],
    ['F32', 0, bytes(4, (v) => v.setFloat32(0, 0, true))],
    ['F16', 1.5, bytes(2, (v) => v.setUint16(0, 0x3e00, true))],
    ['BF16', -1.5, bytes(2, (v) => v.setUint16(0, 0xbfc0, true))],
    // By torch: torch.tensor([12.], dtype=torch.float8_e4m3fn).view(torch.uint8) and so on.
    ['F8_E4M3', 12, Uint8Array.of(0x54)],
    ['F8_E4M3', 2 ** -9, Uint8Array.of(0x01)],
    ['F8_E5M2', -12, Uint8Array.of(0xca)],
  ])('%s %d', (dtype, alpha, data) => {
    for (const shape of [[], [1], [1, 1]])
      expect(Object.values(scales(withAlpha(dtype, shape, data)))).toEqual([alpha]);
  });
  it.each<[string, SafetensorsDType, number[], Uint8Array]>([
    ['not a number', 'F32', [], bytes(4, (v) => v.setFloat32(0, Number.NaN, true))],
    ['infinite', 'F8_E5M2', [], Uint8Array.of(0x7c)],
    ['two numbers', 'U8', [2], Uint8Array.of(1, 1)],
    ['none', 'U8', [0], Uint8Array.of()],
  ])('%s is refused', (_, dtype, shape, data) => {
    expect(() => scales(withAlpha(dtype, shape, data))).toThrow(
      expect.objectContaining({ code: 'file-corrupt', message: expect.stringContaining('.alpha') }),
    );
  });
});

describe('patterns', () => {
  it('regular expressions give every layer the scale that PEFT gives it', async () => {
    const path = `${WILD}/regex.safetensors`;
    expect(scales(path)).toEqual(JSON.parse(readFileSync(`${WILD}/regex-scales.json`, 'utf8')));
    const adapter = readAdapters(pipeline, [{ path, weight: 1 }])!;
    const golden = readSafetensors('tests/fixtures/tiny/sd15/unet.safetensors');
    const out = await callUnet(pipeline, golden, { adapter });
    expect(relativeError(out, tensorsOf(`${WILD}/regex-out.safetensors`).out!)).toBeLessThan(1e-4);
  });

  // What re.match(rf'(.*\.)?({key})$', name) says in Python.
  it.each<[string, string[], number]>([
    ['an end from a dot on', ['k', 'to_k'], 1],
    ['the first that matches', ['to_.', 'to_k'], 0],
    ['a dot is any character', ['attn1xto_k', 'attn1.to_.'], 1],
    ['the whole path', ['blocks.0.attn1.to_k'], 0],
    ['not a middle', ['attn1'], -1],
    ['from the start', ['^attn1.to_k', '^blocks\\..*k'], 1],
    ['alternatives', ['to_q|to_k'], 0],
    ['a named group and its repetition', ['(?P<a>.)lo(?P=a)', '(?P<t>t)o_k\\Z'], 1],
  ])('%s', (_, patterns, first) => {
    expect(firstMatches(patterns, [['blocks.0.attn1.to_k']])).toEqual([first]);
  });

  it.each([
    ['that takes for ever', '(\\w|[a-z_0-9.])*(.*.*)*!', /longer than/],
    ['that is none', '(', /not understood/],
  ])('an expression %s is refused', (_, pattern, why) => {
    const path = join(folder(), 'a.safetensors');
    const note = JSON.stringify({ 'unet.lora_alpha': 8, 'unet.alpha_pattern': { [pattern]: 1 } });
    writeSafetensors(path, tensorsOf(`${WILD}/regex.safetensors`), { lora_adapter_metadata: note });
    expect(() => scales(path)).toThrow(
      expect.objectContaining({ code: 'adapter-unsupported', message: expect.stringMatching(why) }),
    );
  });
});

describe("PEFT's folder", () => {
  const weights = tensorsOf(`${WILD}/peft/adapter_model.safetensors`);
  const written = JSON.parse(readFileSync(`${WILD}/peft/adapter_config.json`, 'utf8'));
  /** A folder of it, changed. */
  function peft(
    change: Record<string, unknown>,
    name = 'adapter_model.safetensors',
    rename = (key: string) => key,
    at = folder(),
  ): string {
    const content = Object.entries(weights).map(([key, tensor]) => [rename(key), tensor]);
    writeSafetensors(join(at, name), Object.fromEntries(content));
    writeFileSync(join(at, 'adapter_config.json'), JSON.stringify({ ...written, ...change }));
    return at;
  }
  const all = (path: string) => new Set(Object.values(scales(path)));

  it('and its file have the scale of the configuration', () => {
    for (const path of [`${WILD}/peft`, `${WILD}/peft/adapter_model.safetensors`]) {
      const layers = readAdapter(pipeline, path);
      expect(layers).toHaveLength(12);
      for (const { module, scale, down } of layers) {
        expect(scale).toBe(2);
        expect(down.data).toEqual(weights[`base_model.model.${module.path}.lora_A.weight`]!.data);
      }
    }
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['rank-stabilised', { use_rslora: true }, 4],
    ['a pattern', { alpha_pattern: { 'attn[12]\\.to_q': 6 } }, 1.5],
    ['alpha 0', { lora_alpha: 0 }, 0],
    ["PEFT's own default", { lora_alpha: undefined }, 2],
    ['drawn from a normal distribution', { init_lora_weights: 'gaussian' }, 2],
  ])('%s', (_, change, scale) => {
    expect(all(peft(change))).toEqual(new Set([scale]));
  });

  it("diffusers' names with a configuration beside them, and a state's with an adapter's name", () => {
    const bare = (key: string) => key.replace('base_model.model.', '');
    const named = (key: string) => key.replace(/(lora_[AB])/, '$1.default');
    expect(all(peft({}, 'pytorch_lora_weights.safetensors', bare))).toEqual(new Set([2]));
    expect(
      all(
        join(
          peft({}, 'a.safetensors', (key) => `unet.${bare(key)}`),
          'a.safetensors',
        ),
      ),
    ).toEqual(new Set([2]));
    expect(all(peft({}, undefined, named))).toEqual(new Set([2]));
  });

  it.each<[string, Record<string, unknown>]>([
    ['DoRA', { use_dora: true }],
    ['biases', { lora_bias: true }],
    ['LoHa', { peft_type: 'LOHA' }],
    ['LoKr', { peft_type: 'LOKR' }],
    ['IA3', { peft_type: 'IA3' }],
    ['QALoRA', { use_qalora: true }],
    ['whole layers', { modules_to_save: ['conv_in'] }],
    ['pissa_niter_4', { init_lora_weights: 'pissa_niter_4' }],
    ...['pissa', 'olora', 'corda', 'eva', 'loftq', 'lora_ga'].map(
      (name): [string, Record<string, unknown>] => [name, { init_lora_weights: name }],
    ),
  ])('%s is refused by name', (name, change) => {
    const path = peft(change);
    expect(() => scales(path)).toThrow(
      expect.objectContaining({ code: 'adapter-unsupported', message: expect.stringContaining(name) }),
    );
  });

  it('PiSSA is refused where only the metadata tell it', () => {
    expect(() => scales(`${WILD}/pissa.safetensors`)).toThrow(
      expect.objectContaining({ code: 'adapter-unsupported', message: expect.stringContaining('pissa') }),
    );
  });

  it('of the second text encoder is told by its class', async () => {
    const xl = await loadPipeline('tests/fixtures/tiny/sdxl/model');
    const path = 'text_model.encoder.layers.0.self_attn.q_proj';
    const widths = xl.encoders.map(({ config }) => config.hidden_size);
    const parts = ['CLIPTextModel', 'CLIPTextModelWithProjection'].map((base, i) => {
      const at = folder();
      writeSafetensors(join(at, 'adapter_model.safetensors'), {
        [`base_model.model.${path}.lora_A.weight`]: f32([1, widths[i]!]),
        [`base_model.model.${path}.lora_B.weight`]: f32([widths[i]!, 1]),
      });
      const config = { peft_type: 'LORA', lora_alpha: 3, auto_mapping: { base_model_class: base } };
      writeFileSync(join(at, 'adapter_config.json'), JSON.stringify(config));
      return readAdapter(xl, at).map(({ module, scale }) => [module.part, scale]);
    });
    expect(parts).toEqual([[['text_encoder', 3]], [['text_encoder_2', 3]]]);
  });
});

describe('text encoders', () => {
  it("transformers 5's names, rank-stabilised, with a pattern", async () => {
    const adapter = readAdapters(pipeline, [{ path: `${WILD}/te.safetensors`, weight: 1 }])!;
    const expected = tensorsOf(`${WILD}/te-out.safetensors`);
    const prompts = ['one blue rose in a vase'];
    const plain = await encodePrompt(pipeline, cache, prompts);
    expect(relativeError(plain.states, expected.base!)).toBeLessThan(1e-4);
    const tuned = await encodePrompt(pipeline, cache, prompts, adapter);
    expect(relativeError(tuned.states, expected.trained!)).toBeLessThan(1e-4);
  });

  it("OneTrainer's lora_te2_text_projection changes XL's pooled state as its matrices say", async () => {
    const xl = await loadPipeline('tests/fixtures/tiny/sdxl/model');
    const { hidden_size: d, projection_dim: p } = xl.encoders[1]!.config;
    const path = join(folder(), 'a.safetensors');
    const stem = 'lora_te2_text_projection';
    // A = e_0, B = e_0: row 0 of the projection takes 3/1 of the state's first number more.
    const one = (shape: number[]) =>
      f32(
        shape,
        Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => +(i === 0)),
      );
    const pair = { [`${stem}.lora_down.weight`]: one([1, d]), [`${stem}.lora_up.weight`]: one([p, 1]) };
    writeSafetensors(path, { ...pair, [`${stem}.alpha`]: f32([], [3]) });
    const adapter = readAdapters(xl, [{ path, weight: 1 }])!;
    expect(Object.keys(adapter.tensors)[0]).toBe('text_encoder_2.text_projection.lora_A.weight');
    const { pooled: plain, states } = await encodePrompt(xl, cache, ['cat']);
    const tuned = await encodePrompt(xl, cache, ['cat'], adapter);
    expect(tuned.states).toEqual(states);
    const more = tuned.pooled!.data.map((x, i) => x - plain!.data[i]!);
    expect(Math.abs(more[0]!)).toBeGreaterThan(1e-3);
    expect(more.slice(1).every((x) => x === 0)).toBe(true);
  });
});
