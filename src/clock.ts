/** The time, handed in wherever it matters, so that tests and simulations have their own. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
