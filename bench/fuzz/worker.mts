/** Runs cases in a thread of its own, so that one that hangs can be ended; says of each where it is. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { type Fixtures, makeFuzz, type Outcome } from './cases.mjs';
import { backupParts, pictureSources } from './others.mjs';

export interface Work {
  seed: number;
  from: number;
  to: number;
  fixtures: Omit<Fixtures, 'backup' | 'pictures'>;
  only: string | undefined;
}

export type Said =
  | { begins: number }
  | ({ k: number } & Outcome)
  | { k: number; target: string; fault: string };

const { seed, from, to, fixtures, only } = workerData as Work;
const say = (said: Said) => parentPort!.postMessage(said);
const given = { ...fixtures, backup: await backupParts(), pictures: await pictureSources() };
const fuzz = makeFuzz(given, mkdtempSync(join(tmpdir(), 'acclaim-fuzz-')), only?.split(','));
for (let k = from; k < to; k++) {
  say({ begins: k });
  try {
    say({ k, ...(await fuzz.run(seed, k)) });
  } catch (error) {
    const { target, message } = error as Error & { target: string };
    say({ k, target, fault: message });
  }
}
fuzz.close();
