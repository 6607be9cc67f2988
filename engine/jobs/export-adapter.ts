/**
 * Job `export-adapter`: a checkpoint's adapter as people take it away: a LoRA file in diffusers' or kohya's
 * format, or a new model with the LoRA merged into its weights. What it was made of is said in the metadata.
 */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobPayload, JobResult, StackedAdapter } from '../../src/queue/jobs.js';
import { writeKohya } from '../adapters/kohya.js';
import { writeMerged } from '../adapters/merge-model.js';
import { type Layer, readAdapter, readWeighted } from '../adapters/read.js';
import { checkFiles } from '../adapters/stack.js';
import type { Sampler } from '../diffusion/schedule.js';
import { type Checkpoint, readCheckpoint, stackInMetadata, untilOf } from '../io/checkpoint.js';
import { sha256 } from '../io/folder.js';
import { openSafetensors } from '../io/safetensors.js';
import { loadPipeline, type Pipeline } from '../models/pipeline.js';
import type { WorkerContext } from '../worker.js';
import { paced } from './pace.js';

type Payload = JobPayload<'export-adapter'>;

/**
 * A checkpoint's adapter for other programs, alone or merged into a copy of its model; `sampler`: as the
 * session is drawn, of which the LoRAs are merged into it as well. Errors: checkpoint-corrupt, and those of
 * writing; with `sampler` usage (only a merged model can have it), file-not-found, model-changed.
 */
export async function exportAdapter(
  payload: Payload,
  { progress }: Pick<WorkerContext, 'progress'>,
  sampler?: Sampler,
): Promise<JobResult<'export-adapter'>> {
  const checkpoint = readCheckpoint(payload.checkpoint); // refuses a folder that is not whole
  const until = untilOf(checkpoint.manifest.params);
  if (sampler && payload.format !== 'merged')
    throw new AcclaimError(
      'usage',
      'a LoRA by itself cannot hold those that the session is drawn with',
      'Take `--format merged` for a model that holds all of them.',
    );
  const made = await written(payload, checkpoint, progress, sampler);
  return until < 1 ? { ...made, until } : made;
}

async function written(
  payload: Payload,
  checkpoint: Checkpoint,
  progress: WorkerContext['progress'],
  sampler: Sampler | undefined,
): Promise<JobResult<'export-adapter'>> {
  const adapter = join(payload.checkpoint, 'adapter.safetensors');
  if (payload.format === 'diffusers') return asFile(payload.out, (file) => copyFileSync(adapter, file));
  const pipeline = await openBase(payload, checkpoint);
  const provenance = originOf(adapter);
  if (payload.format === 'kohya') {
    const layers: Layer[] = readAdapter(pipeline, payload.checkpoint);
    return asFile(payload.out, (file) => writeKohya(pipeline, layers, file, provenance));
  }
  const stack = sampler?.stack ?? [];
  checkFiles(stack);
  const others = stack.map(({ file: path, weight }) => ({ path, weight }));
  const layers = readWeighted(pipeline, [{ path: payload.checkpoint, weight: 1 }, ...others]);
  const report = paced(progress);
  const said = sampler?.stack ? mergedWith(provenance, sampler, stack) : provenance;
  await writeMerged(pipeline, layers, payload.out, said, (done, total) => report('write', done, total));
  return { file: payload.out, bytes: bytesOf(payload.out), sha256: await modelHash(payload.out) };
}

/** The model that the checkpoint was learned on: layers are named and merged by it. */
async function openBase({ model, checkpoint: dir }: Payload, { manifest }: Checkpoint): Promise<Pipeline> {
  const pipeline = await loadPipeline(model);
  const hash = await modelHash(model);
  if (hash === manifest.model.sha256) return pipeline;
  throw new AcclaimError(
    'usage',
    `${dir} was made with another model (${manifest.model.sha256.slice(0, 12)}, not ${hash.slice(0, 12)})`,
    'Name the model that the session ran on: --model.',
  );
}

const originOf = (file: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(openSafetensors(file).metadata).filter(([key]) => key.startsWith('acclaim.')),
  );

/** What a model says of itself that has the stack in it. */
function mergedWith(
  { 'acclaim.drawn_with': _, ...origin }: Record<string, string>,
  { scheduler, steps, guidance, eta }: Sampler,
  stack: readonly StackedAdapter[],
): Record<string, string> {
  return {
    ...origin,
    'acclaim.merged_with': stackInMetadata(stack),
    'acclaim.sampler': JSON.stringify({ scheduler, steps, guidance, eta }),
  };
}

function asFile(out: string, write: (file: string) => void): JobResult<'export-adapter'> {
  const temporary = `${out}.${randomUUID()}.tmp`;
  mkdirSync(dirname(out), { recursive: true });
  try {
    write(temporary);
    const data = readFileSync(temporary);
    renameSync(temporary, out);
    return { file: out, bytes: data.length, sha256: sha256(data) };
  } finally {
    rmSync(temporary, { force: true });
  }
}

function bytesOf(path: string): number {
  if (statSync(path).isFile()) return statSync(path).size;
  const files = (readdirSync(path, { recursive: true }) as string[]).map((name) =>
    statSync(join(path, name)),
  );
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
