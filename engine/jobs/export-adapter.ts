/** Job `export-adapter`: a checkpoint's adapter as a file of its own, in diffusers' LoRA format, metadata included. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { readCheckpoint } from '../io/checkpoint.js';
import { sha256 } from '../io/folder.js';

export async function exportAdapter(
  payload: JobPayload<'export-adapter'>,
): Promise<JobResult<'export-adapter'>> {
  readCheckpoint(payload.checkpoint); // refuses a folder that is not whole
  const temporary = `${payload.out}.${randomUUID()}.tmp`;
  mkdirSync(dirname(payload.out), { recursive: true });
  try {
    copyFileSync(join(payload.checkpoint, 'adapter.safetensors'), temporary);
    const data = readFileSync(temporary);
    renameSync(temporary, payload.out);
    return { file: payload.out, bytes: data.length, sha256: sha256(data) };
  } finally {
    rmSync(temporary, { force: true });
  }
}
