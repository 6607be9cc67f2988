/**
 * Previews: the linear look at latents against the decoder's own pictures of a golden trajectory, and what
 * job `generate` sends along while it draws.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRound } from '../../../engine/io/round.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { previewer, sheetOf } from '../../../engine/jobs/preview.js';
import { latentColours, previewSheet } from '../../../engine/models/latent-colours.js';
import { decode, loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { openTinyVae } from '../../../engine/models/tiny-vae.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import { decodePicture } from '../../../src/images/png.js';
import type { Raster } from '../../../src/images/raster.js';
import { modelHash } from '../../../src/models/model-hash.js';
import type { JobPayload } from '../../../src/queue/jobs.js';
import { progressSchema } from '../../../src/queue/messages.js';
import { Rng } from '../../../src/rng.js';
import { MINI } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-preview-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});

/**
 * Images [N,3,H,W] -> the mean of each factor x factor block, side by side, as values 0..255 like a sheet of
 * N columns.
 */
function shrunk({ data, shape }: FloatTensor, factor: number): number[] {
  const [n, , height, width] = shape as [number, number, number, number];
  const [h, w] = [height / factor, width / factor];
  const out = new Array<number>(n * h * w * 3).fill(0);
  data.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width) % height];
    const [c, image] = [Math.floor(i / (width * height)) % 3, Math.floor(i / (width * height * 3))];
    const at = ((Math.floor(y / factor) * n + image) * w + Math.floor(x / factor)) * 3 + c;
    out[at]! += ((value + 1) * 127.5) / factor ** 2;
  });
  return out;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (v: ArrayLike<number>) => Array.from(v).reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

it('looks like what the decoder makes of the latents', async () => {
  const golden = readSafetensors('tests/fixtures/mini/trajectory_eta1.safetensors') as Record<
    string,
    FloatTensor
  >;
  const [steps, n, ...latent] = golden.latents!.shape as [number, number, number, number, number];
  const last = golden.latents!.data.subarray(((steps - 1) * golden.latents!.data.length) / steps);
  const sheet = previewSheet(
    f32([n, ...latent], last),
    await latentColours(await loadPipeline(MINI), cache),
    n,
  );
  expect([sheet.width, sheet.height]).toEqual([n * latent[2]!, latent[1]!]);
  const pictures = shrunk(golden.images!, golden.images!.shape[2]! / latent[1]!);
  expect(correlation(sheet.data, pictures)).toBeGreaterThan(0.85);
  // The figure can tell: with two colours exchanged it falls.
  const turned = sheet.data.map((_, i) => sheet.data[i - (i % 3) + [2, 1, 0][i % 3]!]!);
  expect(correlation(turned, pictures)).toBeLessThan(0.8);
});

it('is a sheet in rows, gaps grey, colours as the formula says', () => {
  // Two channels, 1x1 latents, by hand: red = .5 z0, green = -1 + z1, blue = 1 whatever.
  const colours = {
    base: [0, -1, 1],
    slope: [
      [0.5, 0, 0],
      [0, 1, 0],
    ],
  };
  const sheet = previewSheet(f32([3, 2, 1, 1], [0, 0, 2, 1, -9, 2]), colours, 2);
  expect([sheet.width, sheet.height]).toEqual([2, 2]);
  expect([...sheet.data]).toEqual([128, 0, 255, 255, 128, 255, 0, 255, 255, 128, 128, 128]);
});

/**
 * Four channels of noise, three of which are the colours as they are: nothing that a PNG could make smaller.
 */
const plainColours = {
  base: [0, 0, 0],
  slope: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 0, 0],
  ],
};
const noise = (count: number, side: number) => {
  const rng = new Rng(count, side, 'preview');
  return f32(
    [count, 4, side, side],
    Float32Array.from({ length: count * 4 * side * side }, () => 2 * rng.uniform() - 1),
  );
};

it.each([
  // Images, latent side; then pixels of a side as shown, columns, rows.
  [18, 16, 16, 6, 3],
  [24, 64, 64, 6, 4],
  [64, 64, 32, 10, 7],
  [256, 64, 16, 20, 13],
  [1, 512, 256, 1, 1],
  [4, 256, 128, 3, 2],
  [9000, 16, 8, 117, 14],
])(
  '%i images with latents of %i are shown so small that they may cross',
  async (count, side, shown, columns, lines) => {
    const text = (await sheetOf(noise(count, side), plainColours, count))!;
    expect(
      progressSchema.parse({ stage: 'sample', done: 1, total: 2, secondsLeft: null, preview: text }),
    ).toBeDefined();
    const { width, height } = await decodePicture(Buffer.from(text, 'base64'));
    expect([width, height]).toEqual([shown * columns, shown * lines]);
  },
);

it('that cannot be made is told once and missing, and ends nothing', async () => {
  const told: string[] = [];
  const fault = (error: unknown) => void told.push((error as Error).message);
  const blind = await previewer({} as Pipeline, cache, 2, fault);
  expect([await blind([], () => noise(2, 16)), told.length]).toEqual([undefined, 1]);
  const preview = await previewer(await loadPipeline(MINI), cache, 2, fault);
  const lost = () => {
    throw new Error('no latents');
  };
  expect([await preview([], lost), await preview([], lost)]).toEqual([undefined, undefined]);
  expect(told.slice(1)).toEqual(['no latents']);
});

it('shows an image of many as the mean of its blocks, where it stands from the first sheet to the last', async () => {
  const drawn = async (shown: FloatTensor) =>
    decodePicture(Buffer.from((await sheetOf(shown, plainColours, 64))!, 'base64'));
  const latents = noise(64, 64);
  const whole = await drawn(latents);
  // The images of the first batches alone: none has moved.
  const part = await drawn(rows(latents, 0, 20));
  const pixel = ({ data, width }: Raster, x: number, y: number) => [
    ...data.subarray((y * width + x) * 3).subarray(0, 3),
  ];
  // Image 13 is the fourth of the second line; its pixel (5, 7) is the mean of latents (10..11, 14..15).
  const at = (c: number, x: number, y: number) => latents.data[((13 * 4 + c) * 64 + y) * 64 + x]!;
  const wanted = [0, 1, 2].map((c) => {
    const mean = (at(c, 10, 14) + at(c, 11, 14) + at(c, 10, 15) + at(c, 11, 15)) / 4;
    return Math.round((mean + 1) * 127.5);
  });
  expect(pixel(whole, 3 * 32 + 5, 32 + 7)).toEqual(wanted);
  expect(pixel(part, 3 * 32 + 5, 32 + 7)).toEqual(wanted);
});

const handlers = createHandlers(
  new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' }),
);

async function draw(
  name: string,
  over: Partial<JobPayload<'generate'>>,
  fault: (error: unknown) => void = () => {},
): Promise<{ sheets: Raster[]; files: string[] }> {
  const sheets: Promise<Raster>[] = [];
  const out = join(root, name);
  const payload: JobPayload<'generate'> = {
    ...robotJob,
    ...{ count: 5, checkpoint: null, noise: 'plain', trajectory: false, out },
    sampler: { ...robotJob.sampler, steps: 3 },
    learner: { name: 'acclaim' },
    ...over,
  };
  await handlers.generate(payload, {
    signal: new AbortController().signal,
    fault,
    progress: ({ stage, preview }) => {
      if (preview === undefined) return;
      expect(stage).toBe('sample');
      sheets.push(decodePicture(Buffer.from(preview, 'base64')));
    },
  });
  const files = (readdirSync(out, { recursive: true }) as string[])
    .filter((file) => file.includes('.'))
    .sort();
  return {
    sheets: await Promise.all(sheets),
    files: files.map((file) => `${file} ${readFileSync(join(out, file)).toString('base64')}`),
  };
}

it('goes along with the progress and changes nothing of the round', async () => {
  const [watched, plain] = [await draw('watched', { preview: true }), await draw('plain', {})];
  expect(watched.sheets.length).toBeGreaterThan(0);
  for (const { width, height } of watched.sheets) expect([width, height]).toEqual([3 * 16, 2 * 16]);
  expect(plain.sheets).toEqual([]);
  expect(watched.files).toEqual(plain.files);
});

it('is not sent where a safety checker looks first', async () => {
  const safety = { checker: 'tests/fixtures/tiny/safety/model', bound: 0, tries: 0 };
  expect((await draw('checked', { preview: true, safety })).sheets).toEqual([]);
});

describe('with a tiny decoder', async () => {
  const model = join(root, 'model');
  cpSync('tests/fixtures/tiny/sd15/model', model, { recursive: true });
  cpSync('tests/fixtures/tiny/tiny-vae/half', join(model, 'tiny_vae'), { recursive: true });
  const plain = await draw('by-vae', { model, preview: true });
  const picturesOf = ({ files }: typeof plain) => files.filter((file) => file.startsWith('images/'));
  /** Of 5 images in three columns. */
  const sizes = ({ sheets }: typeof plain) =>
    new Set(sheets.map(({ width, height }) => `${width}x${height}`));

  it('shows pictures while it draws, and makes the same round', async () => {
    expect(sizes(plain)).toEqual(new Set(['24x16']));
    const watched = await draw('shown', { model, preview: true, decoder: { tiny: null, rounds: false } });
    expect(sizes(watched)).toEqual(new Set(['48x32']));
    expect(watched.files).toEqual(plain.files);
  });

  it('makes the pictures of rounds where it is told so, of the same latents, and says by which', async () => {
    const made = await draw('made', { model, decoder: { tiny: null, rounds: true } });
    const round = readRound(join(root, 'made'));
    expect(round.latents).toEqual(readRound(join(root, 'by-vae')).latents);
    expect(round.manifest.decoder).toBe(await modelHash(model));
    expect(readRound(join(root, 'by-vae')).manifest.decoder).toBeUndefined();
    for (const [i, picture] of picturesOf(made).entries()) expect(picture).not.toBe(picturesOf(plain)[i]);
    const decoded = await decode(await loadPipeline(model), cache, round.latents, openTinyVae(model));
    const { width, data: pixels } = await decodePicture(join(root, 'made/images/0003.png'));
    const each = 3 * width * width;
    for (const c of [0, 1, 2]) {
      const value = (decoded.data[3 * each + c * width * width + 5]! + 1) * 127.5;
      expect(Math.abs(pixels[5 * 3 + c]! - Math.max(0, Math.min(255, value)))).toBeLessThan(1);
    }
  });

  it('of other latents: refused for rounds, told and done without for previews', async () => {
    const tiny = 'tests/fixtures/tiny/tiny-vae/taesd';
    const told: unknown[] = [];
    const over = { model, preview: true, decoder: { tiny, rounds: false } };
    const without = await draw('without', over, (error) => told.push(error));
    expect(told).toMatchObject([{ code: 'shape-mismatch' }]);
    expect(sizes(without)).toEqual(sizes(plain));
    await expect(draw('refused', { model, decoder: { tiny, rounds: true } })).rejects.toMatchObject({
      code: 'shape-mismatch',
    });
  });
});
