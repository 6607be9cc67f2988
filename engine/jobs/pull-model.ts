/** Job `pull-model`: a model from where it is named to this machine; progress in bytes. */
import { basename } from 'node:path';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { placeOf } from '../pull/public.js';
import { pull } from '../pull/pull.js';
import { parseSource } from '../pull/source.js';
import type { WorkerContext } from '../worker.js';
import { paced } from './pace.js';

/** ms between two reports: a chunk is a few kilobytes. */
const REPORT_MS = 250;

/** Fetches a model into the models folder. Errors: those of engine/pull/pull.ts. */
export async function pullModel(
  payload: JobPayload<'pull-model'>,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'pull-model'>> {
  const { model, revision, file, local, variant, models, hub } = payload;
  const source = parseSource(model, { revision: revision ?? undefined, file: file ?? undefined, local });
  // Who sits at the machine reaches what it reaches; where a server sends on to is the server's word, not
  // theirs.
  const typed = local && source.kind === 'url' ? [placeOf(source.url)] : [];
  const report = paced(progress);
  let last = 0;
  report('pull', 0, 1);
  const { dir, pulled } = await pull({
    source,
    models,
    variant,
    hub,
    reach: { inside: [...hub.inside, ...typed] },
    signal,
    onProgress: (done, total) => {
      const now = performance.now();
      if (done < total && now - last < REPORT_MS) return;
      last = now;
      report('pull', done, total);
    },
  });
  const bytes = Object.values(pulled.files).reduce((sum, entry) => sum + entry.bytes, 0);
  return { dir, name: basename(dir).replace('--', '/'), bytes, licence: pulled.licence, pulled };
}
