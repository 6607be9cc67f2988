/** What views make, as whoever reads it is told. */
import { type Told, told } from '../../src/words/tell.js';

/** The same function, whose result is in the language; in English where none is named. */
export function spoken<A extends unknown[], R>(view: (...args: A) => R, language?: string) {
  return (...args: A): Told<R> => told(view(...args), language);
}
