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
import { makeFuzz } from './cases.mjs';

const { seed, from, to, fixtures } = workerData;
const readers = { readAdapters, readSafetensors, loadPipeline, loadTokenizer, decodeListing, selectFiles };
const fuzz = makeFuzz(readers, fixtures, mkdtempSync(join(tmpdir(), 'acclaim-fuzz-')));
for (let k = from; k < to; k++) {
  parentPort.postMessage({ begins: k });
  try {
    parentPort.postMessage({ k, ...(await fuzz.run(seed, k)) });
  } catch (error) {
    parentPort.postMessage({ k, target: error.target, fault: error.message });
  }
}
fuzz.close();
