// The rows of the table: which learner gets how many votes on which task, and the floor its mean must reach.
// The papers' learners are recorded without the guard's upper bound of variety, which they do not have.
const unbounded = ['learner.maxDiversity=1000'];

export interface PlanRow {
  task: string;
  learner: string;
  votes: number;
  /** Least share of success that the mean must reach. */
  floor?: number;
  perRound?: number;
  seeds?: readonly number[];
  set?: readonly string[];
}

export const rows: readonly PlanRow[] = [
  { task: 'hazard', learner: 'acclaim', votes: 64, floor: 0.85 },
  { task: 'cat', learner: 'acclaim', votes: 64, floor: 0.85 },
  { task: 'rose', learner: 'acclaim', votes: 64, floor: 0.85 },
  { task: 'mountain', learner: 'acclaim', votes: 64, floor: 0.85 },
  { task: 'hand', learner: 'acclaim', votes: 256, floor: 0.6 },
  {
    task: 'hazard',
    learner: 'hero',
    votes: 384,
    floor: 0.6,
    perRound: 64,
    seeds: [12, 13, 14, 15, 16],
    set: unbounded,
  },
  {
    task: 'hazard',
    learner: 'd3po',
    votes: 384,
    perRound: 64,
    seeds: [12, 13, 14, 15, 16],
    set: unbounded,
  },
];

/**
 * What the default learner must keep, as means over the seeds: share of all diversity, of the diversity of
 * good pictures (and its worst seed), and how far above its floor the total variation of a trait may lie.
 */
export const bounds = { diversity: 0.65, dgood: 0.93, worstDgood: 0.85, aboveFloor: 0.1 };

/** Seeds of the report, where a row names none: none of them was used to choose a setting of its learner. */
export const seeds = [17, 18, 19, 20, 21];

export const runName = ({ task, learner, votes }: PlanRow, seed: number): string =>
  `${task}-${learner}-${votes}-s${seed}`;
