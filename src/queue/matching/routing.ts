/**
 * Which engines can do a job, in which order they ask for jobs, and why none can do one. Pure. BullMQ knows
 * nothing of what a worker can do, and each of its workers asks one queue.
 */
import type { Held } from '../contract.js';
import { gigabytes } from '../predict.js';
import type { Beat, Need } from './ability.js';

const holds = (beat: Beat, { models }: Need) => models.every((model) => beat.models.includes(model));
const fits = (beat: Beat, { memoryMb }: Need) => beat.memoryMb >= memoryMb;
/** It sees the data folder that the bot has. */
const shares = (beat: Beat, { folder }: Need) => folder === null || beat.folder === folder;

/** The engine could do the job, were it free. */
export function able(beat: Beat, need: Need): boolean {
  const free = !beat.draining && !need.not.includes(beat.engine);
  return free && shares(beat, need) && holds(beat, need) && fits(beat, need);
}

/** An engine that has not asked a queue for so long asks it first, ms. */
const PATIENCE_MS = 20_000;

/** In this order. */
const ranks = ['kept waiting', 'warm', 'cold'] as const;

/** In which order an engine asks for needs that it meets; `since`: ms since it last did. `warm`: models. */
export function inOrder(needs: readonly Need[], since: (need: Need) => number, warm: readonly string[]) {
  const rankOf = (need: Need): (typeof ranks)[number] => {
    if (since(need) > PATIENCE_MS) return 'kept waiting';
    return need.models.every((model) => warm.includes(model)) ? 'warm' : 'cold';
  };
  return needs
    .map((need) => ({ need, rank: rankOf(need) }))
    .sort((a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank) || since(b.need) - since(a.need));
}

/** Memory in classes, so that jobs alike share a queue: two digits, rounded up. */
export function memoryClass(mb: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(mb, 1))) - 1);
  return Math.ceil(mb / step) * step;
}

const onlyOlder = 'no engine of this version is there, only older ones, which are to be updated';

/** Engines that a job does not go to. */
export interface Barred {
  /** Set aside: what they write is not in the bot's folder. */
  aside: ReadonlySet<string>;
  /** Those that have said that it does not fit into theirs. */
  short: ReadonlySet<string>;
  /** Engines of an older version are there. */
  older: boolean;
}

/** Why nobody can do it, however free; null where somebody can. `need` names nobody. */
export function lacking(engines: readonly Beat[], need: Need, { aside, short, older }: Barred): Held | null {
  const there = engines.filter((beat) => !beat.draining);
  if (there.length === 0) return { code: 'no-engine', message: older ? onlyOlder : 'no engine is there' };
  const sharing = there.filter((beat) => shares(beat, need) && !aside.has(beat.engine));
  if (sharing.length === 0)
    return { code: 'no-folder', message: "no engine that is there has the bot's data folder" };
  const holders = sharing.filter((beat) => holds(beat, need));
  if (holders.length === 0) return { code: 'no-model', message: 'no engine that is there has its model' };
  if (holders.some((beat) => fits(beat, need) && !short.has(beat.engine))) return null;
  const most = Math.max(...holders.map(({ memoryMb }) => memoryMb));
  const message =
    most < need.memoryMb
      ? `it takes about ${gigabytes(need.memoryMb)} of memory, and no engine with its model has more than ${gigabytes(most)}`
      : 'it takes more memory than any engine with its model has';
  return { code: 'no-memory', message };
}
