/** What is asked of a simulation, and what comes of it. */
import type { CrowdRoundFigures } from './crowd/voters.js';
import type { Figures, FiguresOf } from './figures.js';
import type { SimulatedRound } from './success.js';
import type { Verdict } from './voters.js';

export interface SimulateOptions {
  task: string;
  learner?: string | undefined;
  /** Votes in all: a vote is one image judged by one voter. Of a crowd rounds are counted instead. */
  votes?: number | undefined;
  /** Who votes: a crowd's name or file, in place of `voters` that all see alike; and for how many rounds. */
  crowd?: string | undefined;
  rounds?: number | undefined;
  /** Images a round. */
  perRound: number;
  /** `key=value` over the configuration. */
  set?: readonly string[] | undefined;
  seed: number;
  /** Probability that a voter takes an image for its opposite. */
  flip: number;
  voters: number;
  /** Voters say what is wrong with what they do not like. */
  reasons?: boolean | undefined;
  /** Threads of the engine; several simulations side by side want one each. */
  threads?: number | undefined;
  /** Noises of each final figure. */
  figures?: number | undefined;
  /** Which of them; all when missing. */
  figuresOf?: FiguresOf | undefined;
  /** Where pictures of the untuned model are kept between runs; null = nowhere. */
  cache?: string | null | undefined;
  /** File for the JSON; none when missing. */
  json?: string | undefined;
  onProgress?: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** What `--json` holds. */
export interface SimulateResult {
  task: string;
  learner: string;
  seed: number;
  votes: number;
  flip: number;
  crowd?: string;
  rounds: (SimulatedRound & {
    /** What was shown, and what is so: `--undrawn --pictures` votes on it anew. */
    pictures: Pick<Verdict, 'index' | 'good'>[];
    crowd?: CrowdRoundFigures;
  })[];
  final: Figures;
  seconds: number;
}
