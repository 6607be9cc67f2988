/**
 * Reading the YAML files of config/ and of users: one error that names the file and what is wrong in it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { readFault } from '../files/reading.js';

/** One line a problem: `votes.quorum: expected a number`. */
export function problemLines(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const where = issue.path.join('.');
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
}

/** Names of the YAML files in a folder, without their ending, sorted. */
export function yamlNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** A YAML file as plain values; undefined where it is empty. Errors: those of reading it, config-invalid. */
export function readYaml(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw readFault(error, file, { hint: 'Check the path.' });
  }
  try {
    return parse(text) ?? {};
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new AcclaimError('config-invalid', `${file}: ${why}`, 'Mend the YAML.', { cause });
  }
}

/**
 * The value as the schema has it. Errors: config-invalid, which names every field that is wrong and `source`.
 */
export function checked<T extends z.ZodType>(
  schema: T,
  value: unknown,
  source: string,
  hint: string,
): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = problemLines(result.error);
  throw new AcclaimError('config-invalid', `${source}: ${lines.join('; ')}`, hint, { cause: result.error });
}
