/**
 * Handlers of events and timers that nothing leaves: an error thrown in one, or the rejection of a promise
 * that it returns, would end the process, since nobody stands above an event loop. tests/handlers.test.ts
 * sees that every handler is made here.
 */

/** `act` as a handler; `fault` hears of what it throws, now or later. */
export function safely<A extends unknown[]>(
  act: (...args: A) => unknown,
  fault: (error: unknown) => void,
): (...args: A) => void {
  const failed = (error: unknown): void => {
    try {
      fault(error);
    } catch {
      // Whoever should be told of it fails too: nobody is left to tell.
    }
  };
  return (...args) => {
    try {
      const done = act(...args);
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
