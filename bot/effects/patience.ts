/** How long the bot waits before it tries again; tests take shorter ones. All in ms. */
export interface Patience {
  /** After the first try that failed; doubled each time, up to `mostMs`. */
  retryMs: number;
  mostMs: number;
  /**
   * How long a start waits for a platform before it goes on without: the platform is tried further beside it.
   */
  connectMs: number;
}

/** What a bot has where it is given none. */
export const defaultPatience: Patience = { retryMs: 500, mostMs: 60_000, connectMs: 15_000 };
