/** Which engine gets a job: one that can do it and has nothing of ours to do; of these, one that holds its models warm. Pure. */
import type { Beat, Need } from './wire.js';

export function able(beat: Beat, need: Need): boolean {
  return (
    !beat.draining && beat.memoryMb >= need.memoryMb && need.models.every((m) => beat.models.includes(m))
  );
}

/** Undefined when nobody who is free can do it. Ties go to the first by id, so that the choice can be told beforehand. */
export function choose(engines: Iterable<Beat>, busy: ReadonlySet<string>, need: Need): Beat | undefined {
  const warmth = (beat: Beat) => need.models.filter((m) => beat.warm.includes(m)).length;
  return [...engines]
    .filter((beat) => !busy.has(beat.engine) && able(beat, need))
    .sort((a, b) => warmth(b) - warmth(a) || (a.engine < b.engine ? -1 : 1))[0];
}
