/**
 * A seeded draw of mutants: each is in it or not by a hash of itself, so that a sample stays what it is
 * however it is run.
 */
import { createHash } from 'node:crypto';

/** In 0 ... 1, from `seed/file:line:column mutator -> replacement`; the file relative to the project. */
export function lot(seed, { file, line, column, mutatorName, replacement }) {
  const key = `${seed}/${file}:${line}:${column} ${mutatorName} -> ${replacement}`;
  return createHash('sha256').update(key).digest().readUInt32BE() / 2 ** 32;
}
