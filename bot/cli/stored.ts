/** What a backup holds, in words. */
import { count } from '../../src/domain/state/count.js';

/** By table. */
export function rowsOf(rows: Readonly<Record<string, number>>): string {
  const { session = 0, round = 0, fact = 0, voter = 0 } = rows;
  const marks = `${count(fact, 'mark')} of ${count(voter, 'voter')}`;
  return `${count(session, 'session')}, ${count(round, 'round')}, ${marks}`;
}
