/**
 * Reading that fails says why: nothing is there, no right to it, or no descriptor left. With real limits and
 * a real user.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { projectPath } from '../../src/files/paths.js';
import { ifMissing, isThere, readFault } from '../../src/files/reading.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-reading-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const built = (path: string) => pathToFileURL(projectPath('dist', path)).href;

/** What readers of the built product throw in a process of its own: one code a reader. */
function codes(prepare: string, options: { uid?: number; limit?: number } = {}): Record<string, string> {
  const script = `
    const { readYaml } = await import('${built('src/config/files.js')}');
    const { modelFamily, resolveModel } = await import('${built('src/config/models.js')}');
    const { readRaster } = await import('${built('src/images/read.js')}');
    const { openSafetensors } = await import('${built('engine/io/safetensors.js')}');
    const { readJson } = await import('${built('engine/models/config.js')}');
    const { readLabels } = await import('${built('engine/cli/learn.js')}');
    const { treeHash, readTree } = await import('${built('src/artifacts/tree.js')}');
    const { openSync, closeSync } = await import('node:fs');
    const file = process.argv[1];
    const readers = {
      yaml: () => readYaml(file), raster: () => readRaster(file), weights: () => openSafetensors(file),
      json: () => readJson(file), labels: () => readLabels(file), tree: () => readTree(file),
      family: () => modelFamily('${projectPath('models/mini')}'), model: () => resolveModel(file),
    };
    const found = {};
    const held = [];
    ${prepare}
    for (const [name, read] of Object.entries(readers))
      try { await read(); found[name] = 'read'; } catch (error) { found[name] = error.code; }
    for (const fd of held) closeSync(fd);
    console.log(JSON.stringify(found));`;
  const { uid, limit = 256 } = options;
  const line = `ulimit -n ${limit}; exec "$0" --input-type=module -e "$1" "$2"`;
  const out = execFileSync('sh', ['-c', line, process.execPath, script, join(dir, 'some.file')], {
    encoding: 'utf8',
    ...(uid === undefined ? {} : { uid }),
  });
  return JSON.parse(out) as Record<string, string>;
}

describe('a file that cannot be read', () => {
  it('is not there', () => {
    const found = codes('');
    const { family, model, ...others } = found;
    expect(new Set(Object.values(others))).toEqual(new Set(['file-not-found']));
    expect({ family, model }).toEqual({ family: 'read', model: 'model-not-found' });
  });

  it('waits for a descriptor: nothing is said to be missing, and no model is taken for another', () => {
    writeFileSync(join(dir, 'some.file'), '{}');
    const found = codes(`for (;;) try { held.push(openSync(file, 'r')); } catch { break; }`);
    expect(new Set(Object.values(found))).toEqual(new Set(['files-exhausted']));
  });

  test.skipIf(process.getuid?.() !== 0)('belongs to somebody else (as root)', () => {
    writeFileSync(join(dir, 'some.file'), '{}', { mode: 0o600 });
    chmodSync(dir, 0o700);
    const { family, ...others } = codes('', { uid: 65534 });
    expect(family).toBe('read');
    expect(new Set(Object.values(others))).toEqual(new Set(['file-unreadable']));
  });

  it('says it in words: who can mend what', () => {
    const fault = (code: string) =>
      readFault(Object.assign(new Error(code), { code }), '/x', { hint: 'Look.' });
    expect(fault('ENFILE')).toMatchObject({ hint: expect.stringContaining('ulimit -n') });
    expect(fault('EPERM')).toMatchObject({ message: '/x may not be read by this user (EPERM)' });
    expect(fault('EIO')).toMatchObject({ code: 'file-unreadable', message: '/x cannot be read (EIO)' });
    const other = new SyntaxError('no JSON');
    expect(readFault(other, '/x', { hint: '' })).toBe(other);
  });

  it('is never taken for an empty one', () => {
    const fault = Object.assign(new Error('too many'), { code: 'EMFILE' });
    expect(() => ifMissing([])(fault)).toThrow('too many');
    expect(ifMissing([])(Object.assign(new Error('none'), { code: 'ENOENT' }))).toEqual([]);
    expect(isThere(join(dir, 'none'))).toBe(false);
  });
});
