/** Both ways of getting artifacts between bot and engine: the contract, and what only a bucket can do. */
import {
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
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Artifacts } from '../../../src/artifacts/artifacts.js';
import type { Bucket } from '../../../src/artifacts/bucket.js';
import { Cache } from '../../../src/artifacts/cache.js';
import { fileHash, readTree, treeHash } from '../../../src/artifacts/tree.js';
import { quietAwsClient } from '../../../src/config/env.js';
import { silentLog } from '../../../src/log.js';
import { Envelopes } from '../../../src/queue/envelope.js';
import { BucketBotTransport, BucketEngineTransport } from '../../../src/queue/transport/bucket.js';
import { markFolder, readMarker } from '../../../src/queue/transport/folder-mark.js';
import { takeFoundResult } from '../../../src/queue/transport/found-results.js';
import { SharedFolderTransport } from '../../../src/queue/transport/shared-folder.js';
import type { BotTransport } from '../../../src/queue/transport/transport.js';
import { botModels, engineModels, fill, placesContract } from '../../contracts/places.js';
import { TestS3 } from '../../support/s3.js';
import { until } from '../../support/wait.js';

const DAY = 86_400_000;
const never = new AbortController().signal;
let s3: TestS3;
beforeAll(async () => {
  quietAwsClient();
  s3 = await TestS3.start();
});
afterAll(() => s3.stop());

const artifactsIn = (bucket: Bucket) => new Artifacts(bucket, { partBytes: 5 << 20, keepMs: 7 * DAY });

placesContract('a shared folder', async (botDir) => ({
  bot: new SharedFolderTransport(botDir, botModels, 100),
  engine: new SharedFolderTransport(botDir, engineModels),
}));

describe('a shared folder that is none', () => {
  let dir: string;
  const at = (end: string) => join(dir, end, 'sessions/s/rounds/1');
  const payload = () => ({ model: '/m', roundDir: at('bot'), checkpoint: null, out: at('bot') });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acclaim-apart-'));
    fill(at('bot'), { a: 'one' });
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const ends = (sharedMs = 50) => ({
    bot: new SharedFolderTransport(join(dir, 'bot'), botModels, sharedMs),
    engine: new SharedFolderTransport(join(dir, 'engine'), engineModels, sharedMs),
  });

  it('is told as such by the engine that does not see what the bot wrote, and by the bot the other way', async () => {
    const { bot, engine } = ends();
    const words = await bot.pack('learn', payload(), 1);
    await expect(engine.unpack('learn', words.payload, never)).rejects.toMatchObject({
      code: 'data-mismatch',
    });
    const made = { delivery: 1, artifact: 'f'.repeat(64) };
    await expect(bot.keep('learn', payload(), made, never)).rejects.toMatchObject({ code: 'data-mismatch' });
  });

  it('is one all the same that shows later what was written', async () => {
    const { bot, engine } = ends(60_000);
    const words = await bot.pack('learn', payload(), 1);
    const here = engine.unpack('learn', words.payload, never);
    fill(at('engine'), { a: 'one' });
    expect((await here).roundDir).toBe(at('engine'));
  });
});

it('notes nothing of a job that writes nothing, and discards what never came', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-none-'));
  const shared = new SharedFolderTransport(dir, botModels);
  const score = { roundDir: join(dir, 'round') };
  await shared.note('score', score, 'f'.repeat(64), 'a note');
  expect(await shared.noted('score', score)).toEqual([]);
  expect(existsSync('null.note')).toBe(false);
  shared.discard('learn', { out: join(dir, 'never') });
  expect(readdirSync(dir)).toEqual([]);
  rmSync(dir, { recursive: true });
});

it('what stands is computed anew while nobody can look, and a look that was called off is no answer', async () => {
  const away = new Error('away');
  const transport = { noted: () => Promise.reject(away) } as unknown as BotTransport;
  const sought = { id: 'a', kind: 'learn', payload: {}, identity: 'f'.repeat(64) } as const;
  const parts = { transport, envelopes: new Envelopes(null), log: silentLog };
  expect(await takeFoundResult(sought, parts, never)).toBeNull();
  await expect(takeFoundResult(sought, parts, AbortSignal.abort())).rejects.toBe(away);
});

describe('the mark of a data folder', () => {
  it('is made once, found again, and nowhere else', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-mark-'));
    expect(await readMarker(dir)).toBeNull();
    const mark = await markFolder(dir);
    expect(await markFolder(dir)).toBe(mark);
    expect(await readMarker(dir)).toBe(mark);
    expect(await markFolder(join(dir, 'another'))).not.toBe(mark);
    writeFileSync(join(dir, 'sessions/.acclaim-folder'), 'no mark');
    expect(await readMarker(dir)).toBeNull();
    rmSync(dir, { recursive: true });
  });

  it('that cannot be read is not taken for none: it is named, and no other takes its place', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-mark-'));
    const mark = join(dir, 'sessions/.acclaim-folder');
    mkdirSync(mark, { recursive: true });
    for (const act of [readMarker, markFolder])
      await expect(act(dir)).rejects.toMatchObject({
        code: 'file-unreadable',
        message: expect.stringContaining(mark),
      });
    rmSync(dir, { recursive: true });
  });
});

placesContract('a bucket', async (botDir, engineDir) => {
  const artifacts = artifactsIn(await s3.bucket());
  const cache = new Cache(engineDir, { bytes: 1 << 30, ageMs: DAY });
  return {
    bot: new BucketBotTransport(artifacts, botDir, botModels),
    engine: new BucketEngineTransport({ artifacts, cache, models: engineModels, onWait: () => {} }),
  };
});

describe('a bucket between them', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acclaim-between-'));
    mkdirSync(join(dir, 'bot'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  async function between() {
    const artifacts = artifactsIn(await s3.bucket());
    const waitingJobs: unknown[] = [];
    const onWait = (error: unknown) => waitingJobs.push(error);
    const cache = new Cache(join(dir, 'engine'), { bytes: 1 << 30, ageMs: DAY });
    const round = join(dir, 'bot/sessions/s/rounds/1');
    fill(round, { a: 'one', b: 'two' });
    const payload = {
      model: '/m',
      roundDir: round,
      checkpoint: null,
      out: join(dir, 'bot/sessions/s/checkpoints/1'),
    };
    const bot = new BucketBotTransport(artifacts, join(dir, 'bot'), botModels);
    const engine = new BucketEngineTransport({ artifacts, cache, models: engineModels, onWait });
    const crossing = async () => {
      await bot.prepare('learn', payload, never);
      return (await bot.pack('learn', payload, 1)).payload;
    };
    return { artifacts, waitingJobs, round, payload, bot, engine, crossing };
  }

  it('what the engine has in hand is not fetched again: not what it fetched, and not what it made', async () => {
    const { artifacts, round, bot, engine, payload, crossing } = await between();
    const words = await crossing();
    const there = await engine.unpack('learn', words, never);
    fill(String(there.out), { c: 'made' });
    const hash = await engine.deliver('learn', there, never);
    await bot.keep('learn', payload, { delivery: 1, artifact: hash }, never);
    // Nothing is left in the bucket: whoever asks it now gets nothing.
    for (const artifact of [hash!, treeHash(await readTree(round))]) await artifacts.remove(artifact);
    await engine.unpack('learn', words, never);
    const again = await engine.unpack('learn', { ...words, checkpoint: `artifact:${hash}` }, never);
    expect(readFileSync(join(String(again.checkpoint), 'c'), 'utf8')).toBe('made');
  });

  it('a copy that changed on the engine is fetched anew', async () => {
    const { engine, crossing } = await between();
    const words = await crossing();
    const there = await engine.unpack('learn', words, never);
    writeFileSync(join(String(there.roundDir), 'a'), 'off');
    const again = await engine.unpack('learn', words, never);
    expect(readFileSync(join(String(again.roundDir), 'a'), 'utf8')).toBe('one');
  });

  it('what the bucket lost or changed is told as such, and the next preparation mends it', async () => {
    const { artifacts, round, engine, crossing } = await between();
    const words = await crossing();
    const hash = await fileHash(join(round, 'a'));
    const key = `sha256/${hash.slice(0, 2)}/${hash}`;
    await artifacts.bucket.put(key, Buffer.from('odd'));
    await expect(engine.unpack('learn', words, never)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    await expect(engine.unpack('learn', words, never)).rejects.toMatchObject({ code: 'artifact-missing' });
    const there = await engine.unpack('learn', await crossing(), never);
    expect(readFileSync(join(String(there.roundDir), 'a'), 'utf8')).toBe('one');
  });

  it('while the server is away the engine waits, says so once, and goes on when it is back; it can be let go', async () => {
    const { waitingJobs, engine, crossing } = await between();
    const words = await crossing();
    await s3.down();
    try {
      const stop = new AbortController();
      const dropped = expect(engine.unpack('learn', words, stop.signal)).rejects.toMatchObject({
        code: 'cancelled',
      });
      await until(() => waitingJobs.length === 1, 'it to wait');
      stop.abort();
      await dropped;
      const fetched = engine.unpack('learn', words, never);
      await until(() => waitingJobs.length === 2, 'it to wait again');
      await s3.up();
      const there = await fetched;
      expect(readFileSync(join(String(there.roundDir), 'b'), 'utf8')).toBe('two');
      expect(waitingJobs.map((error) => error === null)).toEqual([false, false, true]);
    } finally {
      await s3.down();
      await s3.up();
    }
  });
});

describe('the cache', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'acclaim-cache-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** An artifact of so many bytes, made where the cache asks for it. */
  const of = async (bytes: number, word: string) => {
    const source = join(dir, `source-${word}`);
    fill(source, { file: word.repeat(bytes) });
    const tree = await readTree(source);
    const fetch = async (root: string) => {
      fill(root, { file: word.repeat(bytes) });
      return tree;
    };
    return { hash: treeHash(tree), fetch };
  };

  it('is bounded: least recently used go first, but for what was used a short while ago', async () => {
    let now = 10 * DAY;
    const root = join(dir, 'cache');
    const cache = new Cache(root, { bytes: 2500, ageMs: DAY }, () => now);
    const held = () => readdirSync(root).filter((name) => name.length === 64);
    const [a, b, c, d] = [await of(1000, 'a'), await of(1000, 'b'), await of(1000, 'c'), await of(1000, 'd')];
    await cache.take(a.hash, a.fetch);
    now += 60_000;
    await cache.take(b.hash, b.fetch);
    now += 60_000;
    await cache.take(c.hash, c.fetch);
    expect(held(), 'all three are in use').toHaveLength(3);
    now += 3_600_000;
    await cache.take(a.hash, () => Promise.reject(new Error('fetched again')));
    expect(held().sort()).toEqual([a.hash, c.hash].sort());
    now += 3_600_000;
    await cache.take(d.hash, d.fetch);
    expect(held().sort()).toEqual([a.hash, d.hash].sort());
    now += DAY;
    await cache.take(b.hash, b.fetch);
    expect(held(), 'what is too old goes though there is room').toEqual([b.hash]);
  });

  it('drops what nobody wants any more, but for what a job may be about to read', async () => {
    let now = 10 * DAY;
    const root = join(dir, 'cache');
    const cache = new Cache(root, { bytes: 1e6, ageMs: DAY }, () => now);
    const [old, young] = [await of(10, 'a'), await of(10, 'b')];
    await cache.take(old.hash, old.fetch);
    now += 600_000;
    await cache.take(young.hash, young.fetch);
    await cache.forget([old.hash, young.hash, 'f'.repeat(64)]);
    expect(readdirSync(root)).toEqual([young.hash]);
  });

  it('a fetch that fails leaves nothing under the name, and is gone on with', async () => {
    const cache = new Cache(join(dir, 'cache'), { bytes: 1e6, ageMs: DAY });
    const { hash, fetch } = await of(10, 'a');
    const cut = async (root: string) => {
      fill(root, { file: 'a' });
      throw new Error('cut');
    };
    await expect(cache.take(hash, cut)).rejects.toThrow('cut');
    expect(readdirSync(join(dir, 'cache'))).toEqual([`${hash}.${process.pid}.partial`]);
    await cache.take(hash, fetch);
    expect(readdirSync(join(dir, 'cache'))).toEqual([hash]);
  });
});
