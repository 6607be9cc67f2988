/**
 * A short form of bench/fuzz: whatever a stranger writes is taken, or refused with one coded error and a
 * mend.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFuzz, type Readers } from '../../bench/fuzz/cases.mjs';
import { makeOthers } from '../../bench/fuzz/others.mjs';
import { readAdapters } from '../../engine/adapters/read.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { loadTokenizer } from '../../engine/models/tokenizer.js';
import { decodeListing } from '../../engine/pull/listing.js';
import { selectFiles } from '../../engine/pull/select.js';
import { blurred } from '../../src/images/convert.js';
import { decodePicture, readPngNotes } from '../../src/images/png.js';
import { readRaster } from '../../src/images/read.js';
import { shrink } from '../../src/images/shrink.js';
import { backup } from '../../src/store/backup.js';
import { restore } from '../../src/store/restore.js';
import { Store } from '../../src/store/store.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-fuzz-'));
const ours = { backup, blurred, decodePicture, readPngNotes, readRaster, restore, shrink, Store };
const others = await makeOthers(ours, tmpdir());
const readers = {
  ...{ readAdapters, readSafetensors, loadPipeline, loadTokenizer, decodeListing, selectFiles },
  ...others.readers,
};
const tiny = 'tests/fixtures/tiny';
const fixtures = {
  model: `${tiny}/sd15/model`,
  adapter: `${tiny}/sd15-adapters/attention.kohya.safetensors`,
  sharded: null,
  index: '',
  ...others.from,
};
const fuzz = makeFuzz(readers as Readers, fixtures, dir);
afterAll(() => fuzz.close());

it('three hundred mutated inputs', { timeout: 240_000 }, async () => {
  const refused = new Set<string>();
  for (let k = 0; k < 300; k++) {
    const { target, refused: code } = await fuzz.run(7, k);
    if (code !== null) refused.add(target);
  }
  expect([...refused].sort(), 'every reader had something to refuse').toEqual([...fuzz.names].sort());
});
