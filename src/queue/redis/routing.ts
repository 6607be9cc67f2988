/**
 * Which engine gets a job: one that can do it and has nothing of ours to do; of these, one on which it has
 * not failed before, and then one that holds its models warm. Pure.
 */
import type { Held } from '../contract.js';
import { gigabytes } from '../predict.js';
import type { Beat, Need } from './wire.js';

const holds = (beat: Beat, need: Need) => need.models.every((m) => beat.models.includes(m));
const fits = (beat: Beat, need: Need) => beat.memoryMb >= need.memoryMb && !need.short?.has(beat.engine);

/** It sees the data folder that the bot has, and what it wrote there was found so far. */
const shares = ({ engine, folder }: Beat, need: Need) =>
  (need.folder ?? null) === null || (folder === need.folder && !need.aside?.has(engine));

/** The engine could do the job, were it free. */
export function able(beat: Beat, need: Need): boolean {
  return !beat.draining && shares(beat, need) && holds(beat, need) && fits(beat, need);
}

/**
 * Undefined when nobody who is free can do it. Ties go to the first by id, so that the choice can be told
 * beforehand.
 */
export function choose(engines: Iterable<Beat>, busy: ReadonlySet<string>, need: Need): Beat | undefined {
  const warmth = (beat: Beat) => need.models.filter((m) => beat.warm.includes(m)).length;
  const failed = (beat: Beat) => Number(need.failed?.has(beat.engine) ?? false);
  return [...engines]
    .filter((beat) => !busy.has(beat.engine) && able(beat, need))
    .sort((a, b) => failed(a) - failed(b) || warmth(b) - warmth(a) || (a.engine < b.engine ? -1 : 1))[0];
}

/** Why nobody can do it, however free; null where somebody can. */
export function lacking(engines: Iterable<Beat>, need: Need): Held | null {
  const there = [...engines].filter((beat) => !beat.draining);
  if (there.some((beat) => able(beat, need))) return null;
  if (there.length === 0) return { code: 'no-engine', message: 'no engine is there' };
  const sharing = there.filter((beat) => shares(beat, need));
  if (sharing.length === 0)
    return { code: 'no-folder', message: "no engine that is there has the bot's data folder" };
  const holders = sharing.filter((beat) => holds(beat, need));
  if (holders.length === 0) return { code: 'no-model', message: 'no engine that is there has its model' };
  const most = Math.max(...holders.map(({ memoryMb }) => memoryMb));
  const message =
    most < need.memoryMb
      ? `it takes about ${gigabytes(need.memoryMb)} of memory, and no engine with its model has more than ${gigabytes(most)}`
      : 'it takes more memory than any engine with its model has';
  return { code: 'no-memory', message };
}
