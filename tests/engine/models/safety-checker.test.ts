/**
 * The safety checker against diffusers' and transformers' on random weights: preprocessing, embedding,
 * cosines, flags.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resizeBicubic } from '../../../engine/io/bicubic.js';
import {
  openSafetensors,
  readSafetensors,
  readTensor,
  writeSafetensors,
} from '../../../engine/io/safetensors.js';
import { clipImage, preprocessorSchema } from '../../../engine/models/clip-image.js';
import { readConfig } from '../../../engine/models/config.js';
import {
  checkerGraph,
  checkPictures,
  isBarred,
  openSafetyChecker,
  verdict,
} from '../../../engine/models/safety-checker.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { projectPath } from '../../../src/files/paths.js';
import type { Raster } from '../../../src/images/raster.js';
import { readRaster } from '../../../src/images/read.js';
import { acclaim } from '../../support/command-line.js';
import { largestDifference, relativeError } from '../../support/compare.js';

const DIR = 'tests/fixtures/tiny/safety';
const stored = openSafetensors(`${DIR}/safety.safetensors`);
const golden = Object.fromEntries(
  [...stored.tensors]
    .filter(([, { dtype }]) => dtype === 'F32')
    .map(([name]) => [name, readTensor(stored, name) as FloatTensor]),
);
const files = [0, 1, 2].map((i) => `${DIR}/image${i}.png`);
const pictures = await Promise.all(files.map(readRaster));
const cache = new ExecutorCache({ threads: 1 });
const temporary: string[] = [];
afterAll(async () => {
  await cache.clear();
  for (const dir of temporary) rmSync(dir, { recursive: true, force: true });
});
const copy = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-safety-'));
  temporary.push(dir);
  cpSync(`${DIR}/model`, dir, { recursive: true });
  return dir;
};

describe('preprocessing', () => {
  const config = readConfig(`${DIR}/model`, 'feature_extractor/preprocessor_config.json', preprocessorSchema);

  it("is Pillow's to one grey level", () => {
    const { pixel_values: expected } = golden;
    const found = f32(expected!.shape);
    for (const [i, picture] of pictures.entries())
      clipImage(picture, 32, config, found.data, i * 3 * 32 * 32);
    // A grey level is 1 / 255 / std; .2613 is the smallest.
    expect(largestDifference(found, expected!)).toBeLessThan(1.01 / 255 / 0.2613);
  });

  it('takes old files, which give numbers', () => {
    const old = preprocessorSchema.parse({ size: 224, crop_size: 224, feature_extractor_type: 'x' });
    expect(old.size).toEqual({ shortest_edge: 224 });
    expect(old.image_mean[0]).toBeCloseTo(0.48145466);
  });

  it('leaves a flat picture flat, and a picture of its own size alone', () => {
    const flat: Raster = { width: 50, height: 30, data: new Uint8Array(50 * 30 * 3).fill(173) };
    expect([...new Set(resizeBicubic(flat, 17, 61).data)]).toEqual([173]);
    expect(resizeBicubic(pictures[0]!, 52, 40)).toEqual(pictures[0]);
  });

  it('weighs neighbours by the cubic, stretched where the picture shrinks', () => {
    // One bright column; halving the width stretches the kernel to twice its reach.
    const width = 16;
    const pixels = new Uint8Array(width * 3);
    pixels.fill(255, 8 * 3, 9 * 3);
    const { data: half } = resizeBicubic({ width, height: 1, data: pixels }, 8, 1);
    const keys = (x: number) =>
      x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
    const expected = Array.from({ length: 8 }, (_, i) => {
      const weights = Array.from({ length: width }, (_, j) => keys(Math.abs(j + 0.5 - 2 * (i + 0.5)) / 2));
      const sum = weights.reduce((a, b) => a + b, 0);
      return Math.max(0, Math.round((255 * weights[8]!) / sum));
    });
    expect(Array.from({ length: 8 }, (_, i) => half[3 * i])).toEqual(expected);
  });
});

describe('the checker', () => {
  it('gives the golden embeddings and cosines', async () => {
    const checker = openSafetyChecker(`${DIR}/model`);
    const executor = await Executor.create(checkerGraph(checker, 3), { threads: 1 });
    const out = await executor.run({ pixels: golden.pixel_values! });
    await executor.release();
    expect(relativeError(out.embeds!, golden.image_embeds!)).toBeLessThan(1e-4);
    expect(largestDifference(out.concept_embeds!, golden.concept_cosine!)).toBeLessThan(1e-4);
    expect(largestDifference(out.special_care_embeds!, golden.special_cosine!)).toBeLessThan(1e-4);
  });

  it("gives each picture's embedding, of length 1, for whoever learns from pictures", async () => {
    const found = await checkPictures(openSafetyChecker(`${DIR}/model`), cache, pictures);
    const { data, shape } = golden.image_embeds as FloatTensor;
    for (const [i, { embedding }] of found.entries()) {
      const expected = Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!));
      const length = Math.hypot(...expected);
      const unit = expected.map((x) => x / length);
      for (const [j, x] of embedding.entries()) expect(Math.abs(x - unit[j]!)).toBeLessThan(1e-4);
    }
  });

  it('flags the golden pictures, names read both ways', async () => {
    const flagged = async (dir: string) =>
      (await checkPictures(openSafetyChecker(dir), cache, pictures)).map((v) => v.unsafe);
    expect(await flagged(`${DIR}/model`)).toEqual([true, false, false]);
    const dir = copy();
    const file = join(dir, 'safety_checker/model.safetensors');
    const older = Object.entries(readSafetensors(file)).map(([name, tensor]) => [
      name.replace(/^vision_model\./, 'vision_model.vision_model.'),
      tensor,
    ]);
    writeSafetensors(file, Object.fromEntries(older));
    expect(await flagged(dir)).toEqual([true, false, false]);
  });

  it.each(['concept_embeds_weights', 'vision_model.post_layernorm.weight'])(
    'holds nothing for safe that it has no number for: %s',
    async (name) => {
      const dir = copy();
      const file = join(dir, 'safety_checker/model.safetensors');
      const bytes = readFileSync(file);
      bytes.writeFloatLE(Number.NaN, openSafetensors(file).tensors.get(name)!.offset);
      writeFileSync(file, bytes);
      await expect(checkPictures(openSafetyChecker(dir), cache, pictures)).rejects.toMatchObject({
        code: 'not-finite',
        message: expect.stringContaining(name),
      });
    },
  );

  it('names what is missing', () => {
    const dir = copy();
    const file = join(dir, 'safety_checker/model.safetensors');
    const { 'visual_projection.weight': _, ...rest } = readSafetensors(file);
    writeSafetensors(file, rest);
    expect(() => openSafetyChecker(dir)).toThrow(/visual_projection\.weight/);
    writeFileSync(join(dir, 'safety_checker/config.json'), '{"vision_config": {"patch_size": "large"}}');
    expect(() => openSafetyChecker(dir)).toThrow(/config\.json: vision_config\.patch_size/);
  });

  it('says of a model that never had one what to name instead: fetching it again would bring none', () => {
    const mini = projectPath('models/mini');
    expect(() => openSafetyChecker(mini)).toThrowError(
      expect.objectContaining({
        code: 'file-not-found',
        message: expect.stringContaining('models/mini has no safety checker'),
        hint: expect.not.stringMatching(/again|fetch/i),
      }),
    );
  });
});

describe('the rule', () => {
  const of = (concepts: number[], special: number[]) =>
    verdict(
      { cosines: Float32Array.from(concepts), bounds: new Float32Array(concepts.length) },
      { cosines: Float32Array.from(special), bounds: new Float32Array(special.length) },
    );

  it('rounds to three decimals before it compares', () => {
    expect(of([0.0004], [-1]).unsafe).toBe(false);
    expect(of([0.0006], [-1])).toMatchObject({ unsafe: true, score: 0.001 });
  });

  it('lowers bounds by .01 once something special was hit, those of later special concepts too', () => {
    expect(of([-0.008], [-0.001]).unsafe).toBe(false);
    expect(of([-0.008], [0.002])).toMatchObject({ unsafe: true, concepts: [0.002] });
    expect(of([-1], [0.002, -0.005]).special).toEqual([0.002, 0.005]);
    // The first is scored before the hit.
    expect(of([-1], [-0.005, 0.002]).special).toEqual([-0.005, 0.002]);
  });
});

describe('what nobody may be shown', () => {
  it.each([
    // unsafe, near a special concept, of a session without minors: barred
    [true, true, false, true],
    [true, false, false, false],
    [false, true, false, false],
    [false, true, true, true],
    [true, false, true, false],
  ])('unsafe %s, special %s, nsfw %s: %s', (unsafe, near, nsfw, barred) => {
    const said = { concepts: [], special: [-0.1, near ? 0.001 : 0], score: 0, unsafe };
    expect(isBarred(said, nsfw)).toBe(barred);
  });
});

describe('acclaim safety', () => {
  it('prints scores and flags', async () => {
    const ran = await acclaim('safety', '--model', `${DIR}/model`, '--threads', '1', ...files, '--json');
    expect(ran).toMatchObject({ status: 0, err: '' });
    const { images } = JSON.parse(ran.out);
    expect(images.map((image: { unsafe: boolean }) => image.unsafe)).toEqual([true, false, false]);
    // The planted concept lies .05 under the first picture's cosine.
    expect(images[0]).toMatchObject({ file: files[0], score: expect.closeTo(0.05, 2) });
    const plain = await acclaim('safety', '--model', `${DIR}/model`, files[1]!);
    expect(plain.out).toMatch(/^safe .*image1\.png/);
  });

  it('says what is wrong', async () => {
    const no = await acclaim('safety', '--model', 'models/mini', files[0]!);
    expect(no).toMatchObject({ status: 1, err: expect.stringContaining('safety_checker/config.json') });
    const text = await acclaim('safety', '--model', `${DIR}/model`, `${DIR}/safety.safetensors`);
    expect(text).toMatchObject({ status: 1, err: expect.stringContaining('file-corrupt') });
  });
});
