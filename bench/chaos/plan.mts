// What befalls a run, as a function of its seed: one fault, when it comes and how long it lasts. A point is a
// stage of a round and some milliseconds, so that it is the same one on a machine of any speed. Kinds take
// turns over the seeds.
import { Rng } from '../../src/rng.js';

export interface Plan {
  seed: number;
  kind: string;
  round: number;
  stage: string;
  afterMs: number;
  forMs: number;
  victim: string | null;
}

interface Kind {
  lasts?: readonly [number, number];
  victims?: readonly string[];
}

/** Kind -> what is drawn for it. Times in ms; `locks` = how long an engine may be silent. */
export const kinds: Readonly<Record<string, Kind>> = {
  'bot killed': { lasts: [100, 4000] },
  'engine killed': { lasts: [100, 4000], victims: ['working', 'a', 'b'] },
  'its computing process killed': { victims: ['working', 'a', 'b'] },
  'Redis killed': { lasts: [100, 4000] },
  'engine frozen': { lasts: [3500, 6000], victims: ['working', 'a', 'b'] },
  'line to Redis cut': { lasts: [200, 6000], victims: ['bot', 'working', 'a', 'b'] },
  'line to Redis stalled': { lasts: [200, 6000], victims: ['bot', 'working', 'a', 'b'] },
  'line to Discord cut': { victims: ['resumed', 'forgotten'] },
  'disk full': { lasts: [200, 4000] },
};

/** Of a round, in order: as `/api/status` calls them, and how long each may take, ms. */
export const stages: Readonly<Record<string, number>> = {
  generating: 900,
  posting: 300,
  open: 1200,
  closing: 100,
  learning: 1200,
};

/** What makes a session quick: it learns little. */
const short = ['learner.steps=2', 'learner.batch=4', 'learner.microBatch=4'];

export type Size = 'small' | 'brief' | 'usual' | 'large' | 'whole';

export interface Sizes {
  rounds: number;
  sheets: number;
  slower: number;
  settings: readonly string[];
  ends?: 'open';
}

/**
 * Size -> rounds of a session, sheets of a round, how much longer than `stages` drawing and learning take,
 * and what of the settings makes it so; a run that `ends` open has no votes. whole: what is drawn and learned
 * by default.
 */
export const sizes: Readonly<Record<Size, Sizes>> = {
  small: {
    ...{ rounds: 3, sheets: 2, slower: 1 },
    settings: ['session.images=4', 'session.cells=2', 'sampler.steps=4', ...short],
  },
  brief: {
    ...{ rounds: 2, sheets: 2, slower: 1 },
    settings: ['session.images=4', 'session.cells=2', 'sampler.steps=4', ...short],
  },
  usual: { rounds: 1, sheets: 2, slower: 3, settings: short },
  large: {
    ...{ rounds: 1, sheets: 8, slower: 2, ends: 'open' },
    settings: ['session.images=64', 'sampler.steps=2'],
  },
  whole: { rounds: 3, sheets: 2, slower: 5, settings: [] },
};
const works = new Set(['generating', 'learning']);
/** Seconds after which an engine that says nothing is taken for lost. */
export const lockSeconds = 3;

export function planOf(seed: number, size: Size = 'small'): Plan {
  const { rounds, slower } = sizes[size];
  const rng = new Rng(seed, 0, 'chaos');
  const names = Object.keys(kinds);
  const kind = names[seed % names.length]!;
  const { lasts, victims } = kinds[kind]!;
  const round = 1 + rng.integer(rounds);
  const stage = rng.choice(Object.keys(stages));
  const afterMs = rng.integer(stages[stage]! * (works.has(stage) ? slower : 1));
  const forMs = lasts ? lasts[0] + rng.integer(lasts[1] - lasts[0]) : 0;
  return { seed, kind, round, stage, afterMs, forMs, victim: victims ? rng.choice(victims) : null };
}

export const described = ({ kind, round, stage, afterMs, forMs, victim }: Plan): string =>
  `${kind}${victim === null ? '' : ` (${victim})`}, round ${round} ${stage} + ${afterMs} ms${forMs > 0 ? `, for ${forMs} ms` : ''}`;
