/**
 * A short form of bench/fuzz: whatever a stranger writes is taken, or refused with one coded error and a
 * mend.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFuzz } from '../../bench/fuzz/cases.mjs';
import { backupParts, pictureSources } from '../../bench/fuzz/others.mjs';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-fuzz-'));
const tiny = 'tests/fixtures/tiny';
const fixtures = {
  model: `${tiny}/sd15/model`,
  adapter: `${tiny}/sd15-adapters/attention.kohya.safetensors`,
  sharded: null,
  index: '',
  backup: await backupParts(),
  pictures: await pictureSources(),
};
const fuzz = makeFuzz(fixtures, dir);
afterAll(() => fuzz.close());

it('three hundred mutated inputs', { timeout: 240_000 }, async () => {
  const refused = new Set<string>();
  for (let k = 0; k < 300; k++) {
    const { target, refused: code } = await fuzz.run(7, k);
    if (code !== null) refused.add(target);
  }
  expect([...refused].sort(), 'every reader had something to refuse').toEqual([...fuzz.names].sort());
});
