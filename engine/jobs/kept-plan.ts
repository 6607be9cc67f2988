/**
 * What a job planned by the speed of its machine, put down beside what it will write: a job that is run again
 * after its engine died follows the same plan, whatever speed is measured then, and so writes the same bytes.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { sha256 } from '../io/folder.js';

/** The same for all deliveries of a job; named as what they write is, and cleared away with that. */
const fileOf = (out: string): string => `${out.replace(/\.try-\d+$/, '')}.try-plan.json`;

/** The plan of the job that writes `out`. `about`: all that it depends on but speed. */
export function keptPlan<P>(out: string, about: unknown, schema: z.ZodType<P>, make: () => P): P {
  const key = sha256(JSON.stringify(about));
  const found = planIn(fileOf(out), key, schema);
  if (found) return found;
  // In the order of the schema, as one that is read: what is written of it has the same bytes.
  const plan = schema.parse(make());
  mkdirSync(dirname(out), { recursive: true });
  const partial = `${fileOf(out)}.partial`;
  writeFileSync(partial, `${JSON.stringify({ key, plan })}\n`);
  renameSync(partial, fileOf(out));
  return plan;
}

/** Once the job has written what it was asked for. */
export const dropPlan = (out: string): void => rmSync(fileOf(out), { force: true });

/** One that cannot be read is none. */
function planIn<P>(file: string, key: string, schema: z.ZodType<P>): P | null {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    return kept.key === key ? (schema.safeParse(kept.plan).data ?? null) : null;
  } catch {
    return null;
  }
}
