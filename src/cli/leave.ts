/**
 * The end of a process that was told to end, or has: in time, whatever still holds it. Nothing is lost by it:
 * what is durable is written whole or not at all, and an engine's job is given to another.
 */

/** From the word to leave until the process is gone: less than the ten seconds that Docker gives. */
const LEAVE_MS = 8000;
/**
 * From the end of the work until the process is gone; a socket or a timer that somebody forgot holds it no
 * longer.
 */
const LINGER_MS = 300;

/** A service that has not ended by itself is ended; `err` hears of it. */
export function leaveInTime(signal: AbortSignal, err: (text: string) => void): void {
  const end = () => {
    err('acclaim: something held up the leaving: the process is ended\n');
    process.exit(0);
  };
  const begin = () => setTimeout(end, LEAVE_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
}

/** With the exit status that is set. */
export function lingerNot(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
