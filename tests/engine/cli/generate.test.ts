/** `acclaim generate` and `acclaim learn` through the launcher, on the miniature. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAdapters } from '../../../engine/adapters/read.js';
import { checkEngine } from '../../../engine/cli/checks.js';
import { grid } from '../../../engine/cli/grid.js';
import { modelNotes } from '../../../engine/cli/model-notes.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { f32, type Tensor } from '../../../engine/runtime/tensor.js';
import { decodePicture } from '../../../src/images/png.js';
import { acclaim } from '../../support/command-line.js';
import { FIXTURES, golden, MINI, relativeError } from '../../support/golden.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-generate-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const robot = ['generate', '--prompt', 'a robot at a party', '--threads', '1'];
const quick = [...robot, '--steps', '2', '--count', '2'];
const read = (...path: string[]) => readFileSync(join(root, ...path));

test('a prompt that no session may ask for is refused before anything is written', async () => {
  const out = join(root, 'refused');
  for (const words of [
    ['--prompt', 'nsfw, 12yo'],
    ['--prompt', 'a kid', '--negative', 'clothes'],
  ]) {
    const ran = await acclaim('generate', ...words, '--out', out);
    expect(ran).toMatchObject({ status: 1, err: expect.stringContaining('prompt-refused') });
    expect(ran.err).not.toContain('12yo');
  }
  expect(existsSync(out)).toBe(false);
});

describe('images', () => {
  test("with diffusers' noise the whole trajectory and the images are diffusers'", async () => {
    const [out, file] = [join(root, 'parity'), join(root, 'trajectory.safetensors')];
    const noise = `${FIXTURES}trajectory_eta1.safetensors`;
    const ran = await acclaim(...robot, '--noise', noise, '--trajectory', file, '--out', out, '--json');
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject({ out, count: 4, device: 'cpu' });
    const want = golden('trajectory_eta1');
    const got = readSafetensors(file);
    expect(Object.keys(got).sort()).toEqual(['images', 'latents', 'log_probs', 'timesteps']);
    expect(Array.from(got.timesteps!.data, Number)).toEqual(Array.from(want.timesteps!.data, Number));
    for (const name of ['latents', 'images'])
      expect(relativeError(got[name]!.data as Float32Array, want[name]!.data), name).toBeLessThan(1e-3);
    const { data: pixels, width } = await decodePicture(join(out, '0002.png'));
    const plane = width * width;
    const data = want.images!.data as Float32Array;
    // Red of the first pixel of the third image, rounded as the PNG does.
    expect(Math.abs(pixels[0]! - (data[2 * 3 * plane]! + 1) * 127.5)).toBeLessThan(1.5);
  });

  test.each([
    ['euler-ancestral', 'euler_ancestral'],
    ['dpmpp-2m', 'dpmpp_2m'],
    ['dpmpp-2m-sde', 'dpmpp_2m_sde_karras'],
  ])("--scheduler %s goes diffusers' way", async (scheduler, name) => {
    const [tiny, file] = ['tests/fixtures/tiny/sd15', join(root, `${name}.safetensors`)];
    const noise = `${tiny}/${name}.safetensors`;
    const words = ['--prompt', 'one blue rose in a vase', '--model', `${tiny}/model`, '--threads', '1'];
    const how = ['--steps', '6', '--guidance', '5', '--scheduler', scheduler, '--noise', noise];
    const ran = await acclaim('generate', ...words, ...how, '--trajectory', file, '--out', join(root, name));
    expect(ran).toMatchObject({ status: 0, err: '' });
    const [got, want] = [readSafetensors(file), readSafetensors(noise)];
    expect(Array.from(got.timesteps!.data, Number)).toEqual(Array.from(want.timesteps!.data, Number));
    for (const tensor of ['latents', 'images', ...(want.log_probs ? ['log_probs'] : [])]) {
      const [a, b] = [got[tensor]!.data, want[tensor]!.data] as [Float32Array, Float32Array];
      expect(relativeError(a, b), tensor).toBeLessThan(1e-3);
    }
  });

  test('--decoder tiny makes the pictures of the same latents, and is missed by name where there is none', async () => {
    const model = join(root, 'with-tiny');
    cpSync('tests/fixtures/tiny/sd15/model', model, { recursive: true });
    const run = (name: string, ...more: string[]) =>
      acclaim(...quick, '--model', model, '--out', join(root, name), ...more);
    expect(await run('missing', '--decoder', 'tiny')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/file-not-found.*tiny decoder[\s\S]*acclaim pull madebyollin\/taesd/),
    });
    cpSync('tests/fixtures/tiny/tiny-vae/half', join(model, 'tiny_vae'), { recursive: true });
    expect((await run('by-tiny', '--decoder', 'tiny')).status).toBe(0);
    expect((await run('by-vae')).status).toBe(0);
    const facts = (name: string) => JSON.parse(readFileSync(join(root, name, 'manifest.json'), 'utf8'));
    expect([facts('by-tiny').decoder, facts('by-vae').decoder]).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      undefined,
    ]);
    const picture = (name: string) => readFileSync(join(root, name, '0000.png')).toString('base64');
    expect(picture('by-tiny')).not.toBe(picture('by-vae'));
  });

  test('a model whose scheduler is not built is sampled with DDIM, and that is said', async () => {
    const model = join(root, 'pndm');
    cpSync('tests/fixtures/tiny/sd15/model', model, { recursive: true });
    const file = join(model, 'scheduler/scheduler_config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    // As diffusers writes it: minus infinity is no JSON.
    const text = JSON.stringify({ ...config, _class_name: 'PNDMScheduler', skip_prk_steps: true, l: 0 });
    writeFileSync(file, text.replace('"l":0', '"lambda_min_clipped": -Infinity'));
    const run = [...quick, '--model', model, '--out'];
    const ran = await acclaim(...run, join(root, 'substitute'));
    expect(ran.out).toMatch(/^note: .*PNDMScheduler, is not built: DDIM/);
    const json = await acclaim(...run, join(root, 'substitute'), '--json');
    expect(JSON.parse(json.out).notes).toHaveLength(1);
    const named = await acclaim(...run, join(root, 'named'), '--scheduler', 'euler');
    expect(named.out).not.toContain('note:');
    // As it is named, so it is configured.
    const set = ['--set', 'sampler.scheduler=euler'];
    expect((await acclaim(...run, join(root, 'set'), ...set)).out).not.toContain('note:');
    expect(read('set', '0000.png')).toEqual(read('named', '0000.png'));
    expect(
      (await checkEngine({ devices: [], precision: 'auto', dataDir: 'data', known: [], model }))[0]!.found,
    ).toContain('PNDMScheduler');
    const stacked = async (...adapters: string[]) => {
      const asked = { devices: [], precision: 'auto', dataDir: 'data', known: [], model: MINI } as const;
      return (await checkEngine({ ...asked, adapters })).find(({ name }) => name === 'adapters');
    };
    const lora = 'tests/fixtures/mini/lora_attention.safetensors';
    expect(await stacked()).toBeUndefined();
    expect(await stacked(`${lora}:0.5`)).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/lora_attention.safetensors \(0.5\)/),
    });
    const other = 'tests/fixtures/tiny/sd15-adapters/attention.diffusers.safetensors';
    expect(await stacked(lora, other)).toMatchObject({ state: 'fail', code: 'adapter-unsupported' });
    expect(modelNotes(model)).toHaveLength(1);
    expect(modelNotes(MINI)).toEqual([]);
  });

  test('the same seed gives the same bytes, another seed other images; the manifest says how', async () => {
    for (const [name, seed] of [
      ['a', '4'],
      ['b', '4'],
      ['c', '5'],
    ] as const)
      expect((await acclaim(...quick, '--seed', seed, '--out', join(root, name))).status).toBe(0);
    expect(readdirSync(join(root, 'a')).sort()).toEqual([
      '0000.png',
      '0001.png',
      'manifest.json',
      'sheet.png',
    ]);
    expect(read('a', 'manifest.json')).toEqual(read('b', 'manifest.json'));
    expect(read('a', '0001.png')).toEqual(read('b', '0001.png'));
    const [a, c] = await Promise.all(['a', 'c'].map((name) => decodePicture(join(root, name, '0000.png'))));
    expect(a!.data).not.toEqual(c!.data);
    const manifest = JSON.parse(read('a', 'manifest.json').toString());
    expect(manifest).toMatchObject({
      prompt: 'a robot at a party',
      seed: 4,
      sampler: { steps: 2, guidance: 3, eta: 1, scheduler: 'ddim' },
      images: ['0000.png', '0001.png'],
      model: { family: 'mini' },
    });
  });

  test('a folder that is not ours is left alone, one of ours is replaced', async () => {
    const [foreign, ours] = [join(root, 'foreign'), join(root, 'a')];
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.txt'), 'years of work');
    const refused = await acclaim(...quick, '--out', foreign);
    expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('data-unwritable') });
    expect(readdirSync(foreign)).toEqual(['thesis.txt']);
    expect((await acclaim(...quick, '--count', '1', '--out', ours)).status).toBe(0);
    expect(existsSync(join(ours, '0001.png'))).toBe(false);
  });

  test.each([
    ['a missing tensor', { initial: f32([1, 4, 16, 16]) }, 'steps is missing'],
    ['other steps', { initial: f32([1, 4, 16, 16]), steps: f32([3, 1, 4, 16, 16]) }, '[3,1,4,16,16]'],
    ['another latent', { initial: f32([1, 4, 8, 8]), steps: f32([2, 1, 4, 8, 8]) }, '[1,4,8,8]'],
  ])('noise with %s is refused by name', async (_, tensors, words) => {
    const file = join(root, 'noise.safetensors');
    writeSafetensors(file, tensors);
    const ran = await acclaim(...robot, '--steps', '2', '--noise', file, '--out', join(root, 'no'));
    expect(ran).toMatchObject({ status: 1, err: expect.stringContaining('shape-mismatch') });
    expect(ran.err).toContain(words);
    expect(existsSync(join(root, 'no'))).toBe(false);
  });

  test('the grid puts images side by side with a gap', () => {
    const image = (v: number) => ({ width: 1, height: 2, data: new Uint8Array(6).fill(v) });
    const sheet = grid([image(1), image(2), image(3)], 1);
    expect([sheet.width, sheet.height]).toEqual([5, 7]);
    const red = Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: 5 }, (_, x) => sheet.data[(y * 5 + x) * 3]),
    );
    const w = 255;
    expect(red).toEqual([
      [w, w, w, w, w],
      [w, 1, w, 2, w],
      [w, 1, w, 2, w],
      [w, w, w, w, w],
      [w, 3, w, w, w],
      [w, 3, w, w, w],
      [w, w, w, w, w],
    ]);
  });
});

describe('adapters', () => {
  const lora = (name: string) => `${FIXTURES}${name}.safetensors`;

  test('an adapter changes the images; two of them add up to the product of matrices done by hand', async () => {
    const pipeline = await loadPipeline(MINI);
    const layer = 'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k';
    const entry = (tensors: Readonly<Record<string, Tensor>>, row: number, column: number) => {
      const [A, B] = [tensors[`${layer}.lora_A.weight`]!, tensors[`${layer}.lora_B.weight`]!];
      const rank = A.shape[0]!;
      let sum = 0;
      for (let k = 0; k < rank; k++)
        sum +=
          (B.data as Float32Array)[row * rank + k]! * (A.data as Float32Array)[k * A.shape[1]! + column]!;
      return sum;
    };
    const [a, b] = [readSafetensors(lora('lora_attention')), readSafetensors(lora('lora_all'))];
    const both = readAdapters(pipeline, [
      { path: lora('lora_attention'), weight: 0.5 },
      { path: lora('lora_all'), weight: -2 },
    ])!.tensors;
    expect(both[`${layer}.lora_A.weight`]!.shape).toEqual([8, 64]);
    expect(Object.keys(both).sort()).toEqual(Object.keys(b).sort());
    for (const [row, column] of [
      [0, 0],
      [3, 17],
      [63, 63],
    ] as const)
      expect(entry(both, row, column)).toBeCloseTo(
        0.5 * entry(a, row, column) - 2 * entry(b, row, column),
        6,
      );

    const adapters = ['--adapter', lora('lora_attention'), '--adapter', `${lora('lora_all')}:0.25`];
    await acclaim(...quick, '--out', join(root, 'plain'));
    expect((await acclaim(...quick, ...adapters, '--out', join(root, 'tuned'))).status).toBe(0);
    expect(read('tuned', '0000.png')).not.toEqual(read('plain', '0000.png'));
    const { adapters: noted } = JSON.parse(read('tuned', 'manifest.json').toString());
    expect(noted.map((n: { file: string; weight: number }) => [n.file, n.weight])).toEqual([
      ['lora_attention.safetensors', 1],
      ['lora_all.safetensors', 0.25],
    ]);
  });

  test.each([
    ['no LoRA', { weight: f32([2, 2]) }, 'adapter-unsupported', 'weight belongs to no layer'],
    ['a strange layer', { 'unet.attic.lora_A.weight': f32([4, 64]) }, 'adapter-unsupported', 'attic'],
    [
      'a wrong shape',
      {
        'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k.lora_A.weight': f32([4, 32]),
        'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k.lora_B.weight': f32([64, 4]),
      },
      'shape-mismatch',
      '[4,32]',
    ],
  ])('%s is refused by name', async (_, tensors, code, words) => {
    const file = join(root, 'bad.safetensors');
    writeSafetensors(file, tensors);
    const ran = await acclaim(...quick, '--adapter', file, '--out', join(root, 'no'));
    expect(ran).toMatchObject({ status: 1, err: expect.stringContaining(code) });
    expect(ran.err).toContain(words);
  });
});
