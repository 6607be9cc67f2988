/** One try to get where nobody may: a name, and what it brings home. Of a table of them nothing may. */
import { expect } from 'vitest';

export interface Attempt {
  readonly name: string;
  /** What got through, in words; none = it was refused. */
  run(): Promise<readonly string[]>;
}

/** For `test.each(rows(attempts))`. */
export const rows = (attempts: readonly Attempt[]): [string, Attempt][] =>
  attempts.map((attempt) => [attempt.name, attempt]);

export async function mustFail({ run }: Attempt): Promise<void> {
  expect(await run()).toEqual([]);
}
