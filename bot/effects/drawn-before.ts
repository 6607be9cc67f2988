/** What jobs of drawing beside the rounds came to, put down beside their pictures: none is drawn twice. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifMissing } from '../../src/files/reading.js';
import { type JobResult, jobSchemas } from '../../src/queue/jobs.js';

/** What a job came to that was done before; null where it was not, or not to its end. */
export async function knownResult(out: string): Promise<JobResult<'evaluate'> | null> {
  const text = await readFile(`${out}.json`, 'utf8').catch(ifMissing(null));
  if (text === null) return null;
  try {
    return jobSchemas.evaluate.result.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whole, or not at all. */
export async function putDown(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`);
  await rename(`${file}.new`, file);
}
