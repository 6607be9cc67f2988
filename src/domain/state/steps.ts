/**
 * Long work as a generator that yields between its steps, each a few milliseconds at most: whoever runs it
 * decides when it goes on, so that a crowd's round is judged without anything else having to wait. `finish`
 * runs it in one go.
 */
export type Steps<T> = Generator<void, T, void>;

/** Takes all steps in one go. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
