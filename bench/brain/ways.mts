// The ways of training that bench/brain/train compares.
import type { AcclaimParams } from '../../src/config/learners.js';

/** What is otherwise than in the plainest way; nothing: base pictures' goods are fitted, in two rounds. */
export interface Way {
  /** Whose goods are fitted. */
  replay?: 'base' | 'all';
  /** Share of later rounds that the base model draws; else a half. */
  share?: number;
  /** Part of the drift adapter that is taken off. */
  lambda?: number;
  /** Noisy share of the sampling steps that the adapter is on in. */
  until?: number;
  /** Rows of a step of the drift adapter's fit, where other than the learner's. */
  driftBatch?: number;
  /** Pictures that nobody sees beside each round, and P(good) from which on they are fitted. */
  ghosts?: { pictures: number; least: number };
  /** Share of the votes that are turned round. */
  flips?: number;
  /** Temperature at which goods are replayed by what other votes say of them. */
  weigh?: number;
  doubt?: { labelDrop: number };
  rounds?: number;
  learner?: Partial<AcclaimParams>;
  /** Over `learner`, from the second round on. */
  late?: Partial<AcclaimParams>;
}

const ghosts = { pictures: 64, least: 0.8 };
const fuller = { fullUntil: 0.65, stepsPerGood: 3 };
/** And more in the first round that learns. */
const first = { fullUntil: 0.65, stepsPerGood: 4.5, firstFactor: 1.8 };
const first14 = { ...first, firstFactor: 1.4 };
const heard = { weigh: 0.2, doubt: { labelDrop: 0.25 } };
/** Goods that are contradicted are heard less still. */
const sharper = { ...heard, weigh: 0.1 };
const more = { ...ghosts, pictures: 128 };
/** What the default was while only what people saw was fitted. */
const fewer = { fullUntil: 0.5, stepsPerGood: 6 };

export const ways: Readonly<Record<string, Way>> = {
  today: { replay: 'all', share: 0, learner: fewer },
  base: { learner: fewer },
  'base-phi': { lambda: 0.5, learner: fewer },
  'base-until': { until: 0.5, learner: fewer },
  'base-phi-until': { lambda: 0.5, until: 0.5, learner: fewer },
  'base-phi1': { lambda: 1, learner: fewer },
  'base-phi75': { lambda: 0.75, learner: fewer },
  'quarter-phi': { share: 0.25, lambda: 0.5, learner: fewer },
  quarter: { share: 0.25, learner: fewer },
  'base-phi-16': { lambda: 0.5, driftBatch: 16, learner: fewer },
  'phi-30': { lambda: 0.5, learner: { ...fewer, steps: 30 } },
  'phi1-until': { lambda: 1, until: 0.5, learner: fewer },
  'base-phi-65': { lambda: 0.5, learner: fuller },
  ghosts: { ghosts, learner: fuller },
  'ghosts-phi': { lambda: 0.5, ghosts, learner: fuller },
  'ghosts-phi-own': { lambda: 0.5, ghosts, learner: fuller, share: 0 },
  'ghosts-phi-32': { lambda: 0.5, ghosts, learner: fuller, rounds: 1 },
  // The first round that learns takes more steps than later ones.
  'first-32': { lambda: 0.5, ghosts, learner: first, rounds: 1 },
  first: { lambda: 0.5, ghosts, learner: first },
  // Fewer more: also with twice as many ghosts, with three quarters of the drift adapter taken off, and with
  // votes that err, whose goods are replayed alike, or by exp(p / T).
  'first14-32': { lambda: 0.5, ghosts, learner: first14, rounds: 1 },
  first14: { lambda: 0.5, ghosts, learner: first14 },
  'more14-32': { lambda: 0.5, ghosts: more, learner: { ...first14, stepsPerGood: 3 }, rounds: 1 },
  'more14-75-32': { lambda: 0.75, ghosts: more, learner: { ...first14, stepsPerGood: 3 }, rounds: 1 },
  'more18-32': { lambda: 0.5, ghosts: more, learner: { ...first, stepsPerGood: 3 }, rounds: 1 },
  'more18-75-32': { lambda: 0.75, ghosts: more, learner: { ...first, stepsPerGood: 3 }, rounds: 1 },
  'first14-flips10': { lambda: 0.5, ghosts, learner: first14, flips: 0.1 },
  'first14-flips20': { lambda: 0.5, ghosts, learner: first14, flips: 0.2 },
  // As the learner does it: contradicted votes lose their weight, goods are heard by what other votes say, and
  // ghosts vote where the model tells more than chance.
  heard: { lambda: 0.5, ghosts, learner: first14, ...heard },
  'heard-flips10': { lambda: 0.5, ghosts, learner: first14, flips: 0.1, ...heard },
  'heard-flips20': { lambda: 0.5, ghosts, learner: first14, flips: 0.2, ...heard },
  sharper: { lambda: 0.5, ghosts, learner: first14, ...sharper },
  'sharper-flips10': { lambda: 0.5, ghosts, learner: first14, flips: 0.1, ...sharper },
  'sharper-flips20': { lambda: 0.5, ghosts, learner: first14, flips: 0.2, ...sharper },
  'first14-flips20-weighed': { lambda: 0.5, ghosts, learner: first14, flips: 0.2, weigh: 0.1 },
  // And rounds end when the vote model says that so much of what is drawn would be liked: both, or the
  // second.
  'stop9-32': { lambda: 0.5, ghosts, learner: { ...first, stopAt: 0.9 }, rounds: 1 },
  stop9: { lambda: 0.5, ghosts, learner: { ...first, stopAt: 0.9 } },
  'stop9-later': { lambda: 0.5, ghosts, learner: first, late: { stopAt: 0.9 } },
  // One round in which a fifth of the votes are turned round; goods replayed alike, and by exp(p / T).
  'ghosts-32': { ghosts, learner: fuller, rounds: 1 },
  'ghosts-32-weighed': { ghosts, learner: fuller, rounds: 1, weigh: 0.25 },
  'flips-32': { ghosts, learner: fuller, rounds: 1, flips: 0.2 },
  'flips-32-weighed': { ghosts, learner: fuller, rounds: 1, flips: 0.2, weigh: 0.25 },
  'phi-until7': { lambda: 0.5, until: 0.7, learner: fewer },
};
