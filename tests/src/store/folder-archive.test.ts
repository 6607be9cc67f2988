/** A folder as a download: another program unpacks what was sent, of the size that was told. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { tarOf } from '../../../src/store/folder-archive.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-tar-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const bytesOf = async (stream: AsyncIterable<unknown>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

it('holds names that are long or not ASCII, files that are empty or fill blocks, and what was there when it was asked for', async () => {
  const from = join(dir, 'from');
  const long = join(from, 'x'.repeat(120), 'y'.repeat(120));
  mkdirSync(long, { recursive: true });
  const contents = { empty: 0, block: 512, more: 70_001 };
  for (const [name, size] of Object.entries(contents)) writeFileSync(join(from, name), 'a'.repeat(size));
  writeFileSync(join(long, 'z'.repeat(120)), 'deep');
  writeFileSync(join(from, 'größer 猫.txt'), 'wide');
  const out = join(dir, 'out');
  mkdirSync(out);
  const { bytes, stream } = await tarOf(from, 'cat');
  appendFileSync(join(from, 'more'), 'later');
  const tar = await bytesOf(stream);
  expect(tar.length).toBe(bytes);
  execFileSync('tar', ['-xf', '-', '-C', out], { input: tar });
  writeFileSync(join(from, 'more'), 'a'.repeat(contents.more));
  execFileSync('diff', ['-r', from, join(out, 'cat')]);
});

it('breaks off where a file is gone, and lets go of one that nobody reads on', async () => {
  const from = join(dir, 'gone');
  mkdirSync(from);
  for (const name of ['a', 'b']) writeFileSync(join(from, name), 'a'.repeat(300_000));
  const left = await tarOf(from, 'cat');
  for await (const _ of left.stream) break;
  expect(left.stream.destroyed).toBe(true);
  const broken = await tarOf(from, 'cat');
  unlinkSync(join(from, 'b'));
  await expect(bytesOf(broken.stream)).rejects.toMatchObject({ code: 'ENOENT' });
});
