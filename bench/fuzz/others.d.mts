/** Types of others.mjs for the tests. */
import type { Fixtures, Readers } from './cases.mjs';

export function makeOthers(
  of: Readonly<Record<string, unknown>>,
  dir: string,
): Promise<{
  readers: Pick<Readers, 'restore' | 'pictures'>;
  from: Pick<Fixtures, 'backup' | 'pictures'>;
}>;
