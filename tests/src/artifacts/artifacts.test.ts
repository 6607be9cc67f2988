/**
 * Artifacts in a bucket of a real S3 server: what is sent and fetched, and what happens when bytes, lines or
 * keys are wrong.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
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
import { dirname, join } from 'node:path';
import { CreateMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Artifacts } from '../../../src/artifacts/artifacts.js';
import { Bucket } from '../../../src/artifacts/bucket.js';
import { cut, putInParts } from '../../../src/artifacts/multipart.js';
import { fileHash, readTree, treeHash } from '../../../src/artifacts/tree.js';
import { checkBucket } from '../../../src/cli/checks/services.js';
import { quietAwsClient } from '../../../src/config/env.js';
import { projectPath } from '../../../src/files/paths.js';
import { TestS3 } from '../../support/s3.js';
import { Tap } from '../../support/tap.js';
import { until } from '../../support/wait.js';

const PART = 5 << 20;
const DAY = 86_400_000;

let s3: TestS3;
let dir: string;
beforeAll(async () => {
  quietAwsClient();
  s3 = await TestS3.start();
});
afterAll(() => s3.stop());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-artifacts-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const at = (path: string) => join(dir, path);
function fill(path: string, files: Record<string, Buffer | string>): string {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(at(`${path}/${name}`)), { recursive: true });
    writeFileSync(at(`${path}/${name}`), bytes);
  }
  return at(path);
}
const open = (bucket: Bucket, more = {}) =>
  new Artifacts(bucket, { partBytes: PART, keepMs: 7 * DAY, ...more });
const keysOf = async (bucket: Bucket) => {
  const keys: string[] = [];
  for await (const { key } of bucket.list('')) keys.push(key);
  return keys.sort();
};
/** The one object that holds these bytes. */
const keyOf = async (file: string) => {
  const hash = await fileHash(file);
  return `sha256/${hash.slice(0, 2)}/${hash}`;
};

describe('artifacts', () => {
  it('go up once and come down as they were, a folder or a file', async () => {
    const artifacts = open(await s3.bucket());
    const files = { 'manifest.json': '{}', 'images/0000.png': randomBytes(3000), 'same.png': '{}' };
    const folder = fill('round', files);
    const { hash, sent } = await artifacts.put(folder);
    expect(hash).toBe(treeHash(await readTree(folder)));
    expect(sent).toBeGreaterThan(3000);
    expect(await artifacts.put(folder)).toEqual({ hash, sent: 0 });
    // Three paths, two contents, one list.
    expect(await keysOf(artifacts.bucket)).toHaveLength(3);
    await artifacts.get(hash, at('copy'));
    for (const name of Object.keys(files))
      expect(readFileSync(at(`copy/${name}`)).equals(readFileSync(at(`round/${name}`)))).toBe(true);

    writeFileSync(at('lora'), 'weights');
    const one = await artifacts.put(at('lora'));
    await artifacts.get(one.hash, at('lora-copy'));
    expect(readFileSync(at('lora-copy'), 'utf8')).toBe('weights');
  });

  it('what is withdrawn is gone, but for what other places have in hand', async () => {
    const artifacts = open(await s3.bucket());
    const own = fill('own', { a: 'only here', b: 'in both' });
    const other = fill('other', { b: 'in both', c: 'only there' });
    const { hash } = await artifacts.put(own);
    await artifacts.put(other);
    expect(await artifacts.withdraw([own])).toEqual([hash]);
    await expect(artifacts.tree(hash)).rejects.toMatchObject({ code: 'artifact-missing' });
    expect(await artifacts.bucket.head(await keyOf(at('own/a')))).toBeNull();
    expect((await artifacts.put(other)).sent).toBe(0);
    // Wanted again it is sent again, and of the whole nothing is left once both are withdrawn.
    expect((await artifacts.put(own)).sent).toBeGreaterThan(0);
    await artifacts.withdraw([own, other]);
    expect(await keysOf(artifacts.bucket)).toEqual([]);
  });

  it('fetching is gone on with: what lies there with the right bytes is not asked for again', async () => {
    const artifacts = open(await s3.bucket());
    const folder = fill('round', { a: 'first', b: 'second' });
    const { hash } = await artifacts.put(folder);
    fill('copy', { a: 'first', b: 'secono' });
    await artifacts.bucket.remove(await keyOf(at('round/a')));
    await artifacts.get(hash, at('copy'));
    expect(readFileSync(at('copy/b'), 'utf8')).toBe('second');
  });

  it('wrong bytes are never taken: a coded error, nothing left, and the object makes room for the right one', async () => {
    const artifacts = open(await s3.bucket());
    const folder = fill('round', { a: 'right', b: 'other' });
    const { hash } = await artifacts.put(folder);
    for (const wrong of ['wrong', 'longer than it should be']) {
      const key = await keyOf(at('round/a'));
      await artifacts.bucket.put(key, Buffer.from(wrong));
      await expect(artifacts.get(hash, at('copy'))).rejects.toMatchObject({ code: 'artifact-corrupt' });
      expect(existsSync(at('copy/a'))).toBe(false);
      expect(readdirSync(at('copy')).filter((name) => name.endsWith('.partial'))).toEqual([]);
      expect(await artifacts.bucket.head(key)).toBeNull();
      expect((await artifacts.put(folder)).sent).toBe(5);
      await artifacts.get(hash, at('copy'));
      rmSync(at('copy'), { recursive: true });
    }
    const list = `sha256/${hash.slice(0, 2)}/${hash}`;
    await artifacts.bucket.put(list, Buffer.from('{"files":{"../../up":{}}}'));
    await expect(artifacts.get(hash, at('copy'))).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(await artifacts.bucket.head(list)).toBeNull();
  });

  it('what is not there is named', async () => {
    const artifacts = open(await s3.bucket());
    await expect(artifacts.get('0'.repeat(64), at('copy'))).rejects.toMatchObject({
      code: 'artifact-missing',
    });
    const folder = fill('round', { a: 'first' });
    const { hash } = await artifacts.put(folder);
    await artifacts.bucket.remove(await keyOf(at('round/a')));
    await expect(artifacts.get(hash, at('copy'))).rejects.toMatchObject({ code: 'artifact-missing' });
    await artifacts.put(folder);
    await artifacts.remove(hash);
    expect(await keysOf(artifacts.bucket)).toEqual([]);
    await artifacts.remove(hash);
  });

  it('a line that is cut in the middle of a file leaves nothing that looks whole', async () => {
    const bucket = await s3.bucket();
    const folder = fill('round', { big: randomBytes(2 << 20) });
    const { hash } = await open(bucket).put(folder);
    const tap = await Tap.open(s3.port, { down: 1 << 20, cut: true });
    const cutOff = new Bucket({ ...s3.settings(bucket.name), endpoint: tap.url }, 1);
    await expect(open(cutOff).get(hash, at('copy'))).rejects.toMatchObject({ code: 'bucket-unreachable' });
    expect(readdirSync(at('copy'))).toEqual([]);
    tap.close();
    await open(bucket).get(hash, at('copy'));
    expect(readFileSync(at('copy/big')).equals(readFileSync(at('round/big')))).toBe(true);
  });

  it('a server that goes away and comes back: told apart from a refusal, and nothing is lost', async () => {
    const artifacts = open(await s3.bucket());
    const folder = fill('round', { a: 'first' });
    await s3.down();
    await expect(artifacts.put(folder)).rejects.toMatchObject({ code: 'bucket-unreachable' });
    await s3.up();
    const { hash } = await artifacts.put(folder);
    await s3.down();
    await expect(artifacts.get(hash, at('copy'))).rejects.toMatchObject({ code: 'bucket-unreachable' });
    await s3.up();
    await artifacts.get(hash, at('copy'));
  });

  it('a file that changes while it is sent never stands under a wrong name', async () => {
    const artifacts = open(await s3.bucket());
    for (const bytes of [Buffer.from('before'), randomBytes(PART + 1)]) {
      const folder = fill('round', { a: bytes });
      const tree = await readTree(folder);
      bytes[0]! ^= 1;
      writeFileSync(at('round/a'), bytes);
      await expect(artifacts.put(folder, undefined, tree)).rejects.toMatchObject({ code: 'file-corrupt' });
    }
    expect(await keysOf(artifacts.bucket)).toEqual([]);
  });
});

describe('large files', () => {
  it('are cut by their size alone, within what S3 takes', () => {
    expect(cut(1, PART)).toEqual([{ from: 0, to: 1 }]);
    expect(cut(2 * PART, PART)).toHaveLength(2);
    expect(cut(2 * PART + 1, PART).at(-1)).toEqual({ from: 2 * PART, to: 2 * PART + 1 });
    expect(cut(2 * PART, 1)).toHaveLength(2);
    const many = cut(2e12, PART);
    expect(many.length).toBeLessThanOrEqual(10_000);
    expect(many.at(-1)!.to).toBe(2e12);
  });

  it('an upload that was killed is gone on with: parts that stand are not sent again', async () => {
    const bucket = await s3.bucket();
    const bytes = randomBytes(4 * PART + 1000);
    const file = fill('big', { 'adapter.safetensors': bytes });
    const name = at('big/adapter.safetensors');
    const key = await keyOf(name);
    // Three parts go at a time: when so much has passed, one at least is whole, and not all are.
    const tap = await Tap.open(s3.port, { up: 3.5 * PART });
    const settings = JSON.stringify({ ...s3.settings(bucket.name), endpoint: tap.url });
    const sender = spawn(
      process.execPath,
      [projectPath('dist/tests/support/artifact-sender.mjs'), settings, file, String(PART)],
      {
        stdio: 'inherit',
      },
    );
    const standing = async () => {
      for await (const { id } of bucket.uploads(key)) {
        const page = await bucket.client.send(new ListPartsCommand({ ...bucket.at(key), UploadId: id }));
        return page.Parts?.length ?? 0;
      }
      return 0;
    };
    await until(async () => (await standing()) >= 1, 'a part to stand');
    const gone = once(sender, 'exit');
    sender.kill('SIGKILL');
    await gone;
    tap.close();
    const before = await standing();
    expect(before).toBeGreaterThanOrEqual(1);
    expect(before).toBeLessThan(5);
    const upload = { file: name, bytes: bytes.length, sha256: await fileHash(name), partBytes: PART };
    const sent = await putInParts(bucket, key, upload);
    expect(sent).toBeGreaterThanOrEqual(1);
    expect(sent).toBeLessThanOrEqual(5 - before);
    const { hash } = await open(bucket).put(file);
    await open(bucket).get(hash, at('copy'));
    expect(readFileSync(at('copy/adapter.safetensors')).equals(bytes)).toBe(true);
  });

  it('two that send the same file at once both find it there', async () => {
    const bucket = await s3.bucket();
    const folder = fill('big', { a: randomBytes(2 * PART) });
    const [one, two] = await Promise.all([open(bucket).put(folder), open(bucket).put(folder)]);
    expect(one.hash).toBe(two.hash);
    await open(bucket).get(one.hash, at('copy'));
    expect(readFileSync(at('copy/a')).equals(readFileSync(at('big/a')))).toBe(true);
  });
});

describe('who may', () => {
  const refusal = async (more: object) => {
    const bucket = await s3.bucket();
    const wrong = new Bucket({ ...s3.settings(bucket.name), ...more }, 1);
    return open(wrong)
      .probe()
      .catch((error) => error);
  };

  it('the right keys: written, read and taken away again', async () => {
    const artifacts = open(await s3.bucket());
    await artifacts.probe();
    expect(await keysOf(artifacts.bucket)).toEqual([]);
  });

  it.each([
    ['a wrong secret', { secretAccessKey: 'not-the-secret' }, 'ACCLAIM_BUCKET_SECRET'],
    ['an unknown key', { accessKeyId: 'nobody' }, 'ACCLAIM_BUCKET_KEY_ID'],
    ['no such bucket', { bucket: 'not-there' }, 'ACCLAIM_BUCKET'],
  ])('%s is refused with the hint, and without the secret', async (_, more, hint) => {
    const error = await refusal(more);
    expect(error).toMatchObject({ code: 'bucket-refused', hint: expect.stringContaining(hint) });
    expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(
      /not-the-secret|acclaim-test-secret/,
    );
  });

  it('the doctor writes and reads, and says what is wrong', async () => {
    const { name } = await s3.bucket();
    const artifacts = { ...s3.settings(name), partMb: 16, cacheMb: 100, keepDays: 7 };
    expect(await checkBucket(artifacts)).toMatchObject({ state: 'ok', found: expect.stringContaining(name) });
    expect(await checkBucket({ ...artifacts, bucket: null })).toMatchObject({ state: 'off' });
    const wrong = await checkBucket({ ...artifacts, secretAccessKey: 'not-the-secret' });
    expect(wrong).toMatchObject({ state: 'fail', code: 'bucket-refused' });
    expect(JSON.stringify(wrong)).not.toContain('not-the-secret');
  });

  it('nobody there', async () => {
    const error = await refusal({ endpoint: 'http://127.0.0.1:9' });
    expect(error).toMatchObject({ code: 'bucket-unreachable', hint: expect.stringContaining('ENDPOINT') });
  });
});

describe('collecting', () => {
  it('takes what is old, uploads that nobody ended too, and what is wanted is sent again before that', async () => {
    const bucket = await s3.bucket();
    const folder = fill('round', { a: 'first' });
    const { hash } = await open(bucket).put(folder);
    await bucket.client.send(new CreateMultipartUploadCommand(bucket.at('sha256/ab/abandoned')));
    const later = (days: number) => open(bucket, { now: () => Date.now() + days * DAY });
    expect(await later(6).collect()).toEqual({ objects: 0, bytes: 0, uploads: 0 });
    expect((await later(3).put(folder)).sent).toBe(0);
    expect((await later(4).put(folder)).sent, 'past half its life').toBeGreaterThan(0);
    expect(await later(8).collect()).toMatchObject({ objects: 2, uploads: 1 });
    expect(await keysOf(bucket)).toEqual([]);
    await expect(open(bucket).get(hash, at('copy'))).rejects.toMatchObject({ code: 'artifact-missing' });
  });
});
