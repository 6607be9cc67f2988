/** Runs cases in a thread of its own, so that one that hangs can be ended; says of each where it is. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { readAdapters } from '../../dist/engine/adapters/read.js';
import { readSafetensors } from '../../dist/engine/io/safetensors.js';
import { loadPipeline } from '../../dist/engine/models/pipeline.js';
import { loadTokenizer } from '../../dist/engine/models/tokenizer.js';
import { decodeListing } from '../../dist/engine/pull/listing.js';
import { selectFiles } from '../../dist/engine/pull/select.js';
import { blurred } from '../../dist/src/images/convert.js';
import { decodePicture, readPngNotes } from '../../dist/src/images/png.js';
import { readRaster } from '../../dist/src/images/read.js';
import { shrink } from '../../dist/src/images/shrink.js';
import { backup } from '../../dist/src/store/backup.js';
import { restore } from '../../dist/src/store/restore.js';
import { Store } from '../../dist/src/store/store.js';
import { makeFuzz } from './cases.mjs';
import { makeOthers } from './others.mjs';

const { seed, from, to, fixtures, only } = workerData;
const ours = { backup, blurred, decodePicture, readPngNotes, readRaster, restore, shrink, Store };
const others = await makeOthers(ours, tmpdir());
const readers = {
  ...{ readAdapters, readSafetensors, loadPipeline, loadTokenizer, decodeListing, selectFiles },
  ...others.readers,
};
const given = { ...fixtures, ...others.from };
const fuzz = makeFuzz(readers, given, mkdtempSync(join(tmpdir(), 'acclaim-fuzz-')), only?.split(','));
for (let k = from; k < to; k++) {
  parentPort.postMessage({ begins: k });
  try {
    parentPort.postMessage({ k, ...(await fuzz.run(seed, k)) });
  } catch (error) {
    parentPort.postMessage({ k, target: error.target, fault: error.message });
  }
}
fuzz.close();
