/** How artifacts are named, and which lists of files are none. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseTree, readTree, textHash, treeHash, treeStamp } from '../../../src/artifacts/tree.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-tree-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** SHA-256 of "abc" and of nothing: FIPS 180-4's examples. */
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('a folder is named by its paths and bytes, wherever it lies and however it was filled', async () => {
  for (const [name, order] of [
    ['one', ['b', 'a/x']],
    ['two', ['a/x', 'b']],
  ] as const)
    for (const path of order) {
      mkdirSync(join(dir, name, 'a'), { recursive: true });
      writeFileSync(join(dir, name, path), path === 'b' ? 'abc' : '');
    }
  const text = `{"files":{"a/x":{"bytes":0,"sha256":"${nothing}"},"b":{"bytes":3,"sha256":"${abc}"}}}`;
  const one = await readTree(join(dir, 'one'));
  expect(treeHash(one)).toBe(textHash(text));
  expect(treeHash(await readTree(join(dir, 'two')))).toBe(treeHash(one));
  expect(parseTree(text, textHash(text))).toEqual(one);
});

test('a file by itself is an artifact; one that is not there is a clear error', async () => {
  const file = join(dir, 'lora.safetensors');
  writeFileSync(file, 'abc');
  const tree = await readTree(file);
  expect(tree).toEqual({ files: { '': { bytes: 3, sha256: abc } } });
  writeFileSync(file, 'abd');
  expect(treeHash(await readTree(file))).not.toBe(treeHash(tree));
  await expect(readTree(join(dir, 'gone'))).rejects.toMatchObject({ code: 'file-not-found' });
});

test('a stamp changes with what is written, and not by reading', async () => {
  writeFileSync(join(dir, 'a'), 'abc');
  const before = await treeStamp(dir);
  await readTree(dir);
  expect(await treeStamp(dir)).toBe(before);
  writeFileSync(join(dir, 'a'), 'abd');
  utimesSync(join(dir, 'a'), 1, 1);
  expect(await treeStamp(dir)).not.toBe(before);
});

test.each(['../up', '/abs', 'a//b', 'a/../b', 'a/.', 'C:/x', 'a\\b', 'a\nb', 'a/'])(
  'a list that names %j is refused',
  (path) => {
    const text = JSON.stringify({ files: { [path]: { bytes: 3, sha256: abc } } });
    expect(() => parseTree(text, textHash(text))).toThrow(
      expect.objectContaining({ code: 'artifact-corrupt' }),
    );
  },
);

test.each([
  ['it is another text', '{"files":{}}', abc],
  ['it is no JSON', 'abc', abc],
  [
    'a file and a folder at once',
    `{"files":{"":{"bytes":3,"sha256":"${abc}"},"a":{"bytes":3,"sha256":"${abc}"}}}`,
  ],
  ['no hash', '{"files":{"a":{"bytes":3,"sha256":"00"}}}'],
])('refused: %s', (_, text, hash = textHash(text)) => {
  expect(() => parseTree(text, hash)).toThrow(expect.objectContaining({ code: 'artifact-corrupt' }));
});
