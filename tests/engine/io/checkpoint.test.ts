/** Round and checkpoint folders: round trips, equal bytes, and every kind of damage refused by code. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../../engine/io/checkpoint.js';
import { sha256 } from '../../../engine/io/folder.js';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import type { ReplayItem } from '../../../engine/io/remembered.js';
import { originOf, type Round, readRound, writeRound } from '../../../engine/io/round.js';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { initEmbedding } from '../../../engine/learn/embedding.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { type FloatTensor, f32, i64, type Tensor } from '../../../engine/runtime/tensor.js';
import { encodePng } from '../../../src/images/png.js';
import { Rng } from '../../../src/rng.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-checkpoint-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const rng = new Rng(1, 0, 'checkpoint');
const latent = [4, 16, 16] as [number, number, number];
const z = () => rng.normals(1024);

const spec = { latent, widen: 2 } as const;
const adapter = { 'unet.a.lora_A.weight': f32([4, 8], rng.normals(32)), 'unet.a.lora_B.weight': f32([8, 4]) };
const embedding = initEmbedding(spec, rng);
const options = { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: null };
const state: LearnerState = {
  adapter,
  optimiser: { ...adam(options).init(adapter), step: 7 },
  embedding: { spec, params: embedding, optimiser: { ...adam(options).init(embedding), step: 500 } },
  best: { latent: z(), noise: z(), round: 2, index: 5 },
  positives: [z(), z()],
  replay: [
    { latent: z(), label: 0.9, weight: 0.8, round: 1, origin: 'base' as const },
    { latent: z(), label: 0, weight: 1, round: 2, origin: 'base' as const },
    { latent: z(), label: 1, weight: 1, round: 2, origin: 'tuned' as const, chosen: true as const },
  ].map((item) => ({ ...item, label: Math.fround(item.label), weight: Math.fround(item.weight) })),
};
const facts = {
  learner: 'hero',
  params: { lr: 0.001 },
  round: 2,
  seed: 3,
  model: { sha256: 'a'.repeat(64), family: 'mini' },
  prompt: 'a cat',
  negative: '',
  adapter: { rank: 4, alpha: 4, targets: 'attention' as const },
  latent,
  random: { train: 12 },
  parent: null,
  batch: 32,
  threads: 1,
  device: 'cpu',
  precision: 'fp32' as const,
  software: 'acclaim/test',
};

const round: Round = {
  manifest: {
    format: 'acclaim-round',
    version: 1,
    round: 0,
    seed: 3,
    model: facts.model,
    prompt: 'a cat',
    negative: '',
    sampler: { steps: 2, guidance: 3, eta: 1, scheduler: 'ddim' },
    width: 8,
    height: 8,
    count: 2,
    latent,
    noise: 'plain',
    checkpoint: null,
    batch: 2,
    threads: 1,
    device: 'cpu',
    precision: 'fp32' as const,
    software: 'acclaim/test',
  },
  noise: f32([2, ...latent], rng.normals(2048)),
  latents: f32([2, ...latent], rng.normals(2048)),
  trajectory: {
    latents: f32([3, 2, ...latent], rng.normals(3 * 2048)),
    logProbs: f32([2, 2], [1, 2, 3, 4]),
    timesteps: [501, 1],
  },
};
const png = await encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
const other = await encodePng({ width: 8, height: 8, data: new Uint8Array(192).fill(1) });

const files = (dir: string) =>
  (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => name.includes('.'))
    .sort()
    .map((name) => [name, readFileSync(join(dir, name)).toString('base64')]);

const voteHead = (offset: number) => ({
  weights: { mid: rng.normals(2), up: rng.normals(3) },
  offset,
});
const voteModel = {
  maps: { mid: 0.25, up: 0.75 },
  votes: 2,
  auc: 0.75,
  aucError: 0.25,
  heads: [voteHead(0.5), voteHead(-2)],
  calibration: { slope: 1.5, offset: -0.1 },
};

/** Changes the tensors of a file, and the manifest's word of it. */
function rewritten(
  dir: string,
  name: string,
  change: (tensors: Record<string, Tensor>) => Record<string, Tensor>,
): void {
  writeSafetensors(join(dir, name), change(readSafetensors(join(dir, name))));
  const data = readFileSync(join(dir, name));
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
  manifest.files[name] = { bytes: data.length, sha256: sha256(data) };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
}

// What is written first is read by all that follow.
describe('checkpoint folder', { shuffle: false }, () => {
  it('comes back as it was', () => {
    const dir = join(root, 'a');
    const hash = writeCheckpoint(dir, state, facts);
    const read = readCheckpoint(dir);
    expect(read.hash).toBe(hash);
    expect(read.state).toEqual(state);
    expect(read.manifest).toMatchObject({ ...facts, best: { round: 2, index: 5 }, optimiser: { steps: 7 } });
  });

  it('without embedding, best, goods or replay too', () => {
    const bare: LearnerState = { ...state, embedding: null, best: null, positives: [], replay: [] };
    const dir = join(root, 'bare');
    writeCheckpoint(dir, bare, facts);
    expect(readCheckpoint(dir).state).toEqual(bare);
  });

  it('with the model of the voters, and what was seen in images, of which some have nothing', () => {
    const [first, second] = state.replay as [LearnerState['replay'][0], LearnerState['replay'][0]];
    const seen: LearnerState = {
      ...state,
      replay: [first, { ...second, features: { mid: rng.normals(2), up: rng.normals(3) } }],
      voteModel,
    };
    const dir = join(root, 'seen');
    writeCheckpoint(dir, seen, facts);
    const { state: read, manifest } = readCheckpoint(dir);
    expect(read).toEqual(seen);
    expect(read.replay[0]).not.toHaveProperty('features');
    expect(manifest.voteModel).toMatchObject({
      maps: { up: { width: 3, share: 0.75 } },
      heads: 2,
      auc: 0.75,
    });
    const again = join(root, 'seen-again');
    writeCheckpoint(again, read, facts);
    expect(files(again)).toEqual(files(dir));
    // Heads that hold no numbers are refused.
    const broken = {
      ...voteHead(0),
      weights: { mid: new Float32Array([Number.NaN, 0]), up: rng.normals(3) },
    };
    const damaged = join(root, 'seen-damaged');
    writeCheckpoint(damaged, { ...seen, voteModel: { ...voteModel, heads: [broken, broken] } }, facts);
    expect(() => readCheckpoint(damaged)).toThrow('heads.weights.mid holds numbers that are not finite');
  });

  it('with a drift adapter: what it holds for use is the difference, and both come back as they were', () => {
    const fill = (shape: number[]) => f32(shape, rng.normals(shape.reduce((a, b) => a * b, 1)));
    const shapes = { 'unet.c.lora_A.weight': [4, 6, 3, 3], 'unet.c.lora_B.weight': [5, 4, 1, 1] };
    const random = () =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, fill(shape)]));
    const tuned = random();
    const phi = random();
    const drift = { adapter: phi, optimiser: { ...adam(options).init(phi), step: 5 }, lambda: 0.3 };
    const whole: LearnerState = { ...state, adapter: tuned, optimiser: adam(options).init(tuned), drift };
    const dir = join(root, 'drift');
    writeCheckpoint(dir, whole, facts);
    expect(readCheckpoint(dir).state).toEqual(whole);
    expect(readCheckpoint(dir).manifest.drift).toEqual({ lambda: 0.3, steps: 5 });
    const file = openSafetensors(join(dir, 'adapter.safetensors'));
    const { 'unet.r': rank, 'unet.lora_alpha': alpha } = JSON.parse(file.metadata.lora_adapter_metadata!);
    expect([rank, alpha]).toEqual([8, 8]);
    // delta W = (alpha / r) B A, row by row and column by column.
    const product = (a: FloatTensor, b: FloatTensor, scale: number) => {
      const [out, r] = b.shape as [number, number];
      const wide = a.data.length / r;
      return Array.from({ length: out * wide }, (_, i) => {
        const [row, column] = [Math.floor(i / wide), i % wide];
        let sum = 0;
        for (let k = 0; k < r; k++) sum += b.data[row * r + k]! * a.data[k * wide + column]!;
        return scale * sum;
      });
    };
    const of = (t: Record<string, Tensor>, scale: number) =>
      product(t['unet.c.lora_A.weight'] as FloatTensor, t['unet.c.lora_B.weight'] as FloatTensor, scale);
    const used = of(readSafetensors(join(dir, 'adapter.safetensors')), alpha / rank);
    const taken = of(phi, 0.3);
    for (const [i, value] of of(tuned, 1).entries())
      expect(Math.abs(used[i]! - (value - taken[i]!))).toBeLessThan(1e-6);
  });

  it('keeps the noise and place of goods that may become the best, and nothing of others', () => {
    const [first, second, third] = state.replay as [ReplayItem, ReplayItem, ReplayItem];
    const source = (index: number) => ({ noise: z(), index });
    const replay = [{ ...first, source: source(4) }, second, { ...third, source: source(0) }];
    const dir = join(root, 'sources');
    writeCheckpoint(dir, { ...state, replay }, facts);
    expect(readCheckpoint(dir).state.replay).toEqual(replay);
    rewritten(dir, 'state.safetensors', (tensors) => ({
      ...tensors,
      'replay.noises': f32([1, ...latent], z()),
    }));
    expect(() => readCheckpoint(dir)).toThrow(/replay.noises has too few rows/);
  });

  it('of before origins were noted opens: the first round is the base model’s, the others are not', () => {
    const dir = join(root, 'before');
    writeCheckpoint(dir, state, facts);
    rewritten(dir, 'state.safetensors', ({ 'replay.origins': _, ...rest }) => rest);
    expect(readCheckpoint(dir).state.replay.map(({ round, origin }) => [round, origin])).toEqual([
      [1, 'base'],
      [2, 'tuned'],
      [2, 'tuned'],
    ]);
    rewritten(dir, 'state.safetensors', (tensors) => ({ ...tensors, 'replay.origins': i64([3], [0, 1, 2]) }));
    expect(() => readCheckpoint(dir)).toThrow(/replay.origins holds 2/);
  });

  it('has the same bytes wherever and whenever it is written, also over an earlier try', () => {
    const dir = join(root, 'b');
    writeCheckpoint(dir, { ...state, positives: [] }, facts);
    writeCheckpoint(dir, state, facts);
    expect(files(dir)).toEqual(files(join(root, 'a')));
    expect(readdirSync(root).filter((name) => /partial|old/.test(name))).toEqual([]);
  });

  it.each(['adapter', 'optimizer', 'embedding', 'state'])(
    'refuses a damaged, a cut and a missing %s file',
    (name) => {
      for (const damage of [
        (data: Buffer) => Buffer.from(data.map((b, i) => (i === data.length - 3 ? b ^ 1 : b))),
        (data: Buffer) => data.subarray(0, data.length >> 1),
        () => null,
      ]) {
        const dir = join(root, 'damaged');
        rmSync(dir, { recursive: true, force: true });
        cpSync(join(root, 'a'), dir, { recursive: true });
        const file = join(dir, `${name}.safetensors`);
        const damaged = damage(readFileSync(file));
        if (damaged) writeFileSync(file, damaged);
        else rmSync(file);
        expect(() => readCheckpoint(dir)).toThrow(expect.objectContaining({ code: 'checkpoint-corrupt' }));
      }
    },
  );

  it.each([
    ['no manifest', () => null],
    ['no JSON', () => '{'],
    ['another format', (m: string) => m.replace('acclaim-checkpoint', 'other')],
    ['a newer version', (m: string) => m.replace('"version": 1', '"version": 2')],
    ['a path outside', (m: string) => m.replace('"adapter.safetensors"', '"../a/adapter.safetensors"')],
    ['another latent shape', (m: string) => m.replace(/"latent": \[\s*4,\s*16/, '"latent": [4, 8')],
  ])('refuses a manifest with %s', (_, change) => {
    const dir = join(root, 'manifest');
    rmSync(dir, { recursive: true, force: true });
    cpSync(join(root, 'a'), dir, { recursive: true });
    const file = join(dir, 'manifest.json');
    const text = change(readFileSync(file, 'utf8'));
    if (text === null) rmSync(file);
    else writeFileSync(file, text);
    expect(() => readCheckpoint(dir)).toThrow(expect.objectContaining({ code: 'checkpoint-corrupt' }));
  });

  it('leaves nothing behind where it cannot be written', () => {
    const blocked = join(root, 'blocked');
    writeFileSync(blocked, '');
    expect(() => writeCheckpoint(join(blocked, 'c'), state, facts)).toThrow(
      expect.objectContaining({ code: 'data-unwritable' }),
    );
    expect(existsSync(join(blocked, 'c'))).toBe(false);
  });
});

describe('round folder', () => {
  it('comes back with what the base model saw', () => {
    const features = { mid: f32([2, 3], rng.normals(6)), 'up.2': f32([2, 5], rng.normals(10)) };
    const dir = join(root, 'seen-round');
    const manifest = { ...round.manifest, features: { timestep: 101, maps: { mid: 3, 'up.2': 5 } } };
    writeRound(dir, { ...round, manifest, features }, [png, png]);
    expect(readRound(dir).features).toEqual(features);
    const lacking = join(root, 'lacking-round');
    writeRound(lacking, { ...round, manifest, features: { mid: features.mid } }, [png, png]);
    expect(() => readRound(lacking)).toThrow('features.up.2 is missing');
  });

  it('comes back as it was, with and without a trajectory', () => {
    const dir = join(root, 'r0');
    writeRound(dir, round, [png, png]);
    expect(readRound(dir)).toEqual(round);
    expect(readFileSync(join(dir, 'images/0001.png')).equals(png)).toBe(true);
    writeRound(dir, { ...round, trajectory: null }, [png, png]);
    expect(readRound(dir).trajectory).toBeNull();
  });

  it('knows which model drew each image; one of before by its checkpoint', () => {
    const dir = join(root, 'r2');
    const images = [{ origin: 'base' }, { origin: 'tuned', pick: 'liked' }] as const;
    const manifest = { ...round.manifest, checkpoint: 'b'.repeat(64), images: [...images] };
    writeRound(dir, { ...round, manifest }, [png, png]);
    const read = readRound(dir).manifest;
    expect(read.images).toEqual(images);
    expect([0, 1].map((i) => originOf(read, i))).toEqual(['base', 'tuned']);
    const { images: _, ...before } = read;
    expect([0, 1].map((i) => originOf(before, i))).toEqual(['tuned', 'tuned']);
    expect([0, 1].map((i) => originOf(round.manifest, i))).toEqual(['base', 'base']);
  });

  it('refuses numbers that are not finite, wrong shapes and changed images', () => {
    const corrupt = expect.objectContaining({ code: 'round-corrupt' });
    const dir = join(root, 'r1');
    const bad = f32(
      [2, ...latent],
      Float32Array.from(round.noise.data, (x, i) => (i === 9 ? Number.NaN : x)),
    );
    writeRound(dir, { ...round, noise: bad }, [png, png]);
    expect(() => readRound(dir)).toThrow(corrupt);
    writeRound(dir, { ...round, latents: f32([1, ...latent]) }, [png, png]);
    expect(() => readRound(dir)).toThrow(corrupt);
    writeRound(dir, round, [png, png]);
    writeFileSync(join(dir, 'images/0000.png'), other);
    expect(() => readRound(dir)).toThrow(corrupt);
  });
});
