/** A session with one round and one ballot, as the rows that make it, for tests of the store. */
import type { RowChange } from '../../../src/domain/state/decision.js';
import { World } from '../../support/world.js';

/** Rows of a session `s` up to an open vote. */
export function openSessionRows(): RowChange[] {
  const world = new World({ imagesPerRound: 4 }, false);
  world.settle();
  return JSON.parse(JSON.stringify(world.rows).replaceAll('"cat', '"s')) as RowChange[];
}
