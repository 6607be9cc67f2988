// What befalls a run, as a function of its seed: one fault, when it comes and how long it lasts. A point is a stage of a
// round and some milliseconds, so that it is the same one on a machine of any speed. Kinds take turns over the seeds.
import { Rng } from '../../dist/src/rng.js';

/** Kind -> what is drawn for it. Times in ms; `locks` = how long an engine may be silent. */
export const kinds = {
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
export const stages = { generating: 900, posting: 300, open: 1200, closing: 100, learning: 1200 };
export const rounds = 3;
/** Seconds after which an engine that says nothing is taken for lost. */
export const lockSeconds = 3;

export function planOf(seed) {
  const rng = new Rng(seed, 0, 'chaos');
  const names = Object.keys(kinds);
  const kind = names[seed % names.length];
  const { lasts, victims } = kinds[kind];
  const round = 1 + rng.integer(rounds);
  const stage = rng.choice(Object.keys(stages));
  const afterMs = rng.integer(stages[stage]);
  const forMs = lasts ? lasts[0] + rng.integer(lasts[1] - lasts[0]) : 0;
  return { seed, kind, round, stage, afterMs, forMs, victim: victims ? rng.choice(victims) : null };
}

export const described = ({ kind, round, stage, afterMs, forMs, victim }) =>
  `${kind}${victim === null ? '' : ` (${victim})`}, round ${round} ${stage} + ${afterMs} ms${forMs > 0 ? `, for ${forMs} ms` : ''}`;
