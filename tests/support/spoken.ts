/** What views make, as whoever reads it is told. */
import { type Told, told } from '../../src/words/tell.js';

/**
 * The same function, whose result is in the language; in English where none is named.
 *
 * @throws if a text was put into a string before anybody told it.
 */
export function spoken<A extends unknown[], R>(view: (...args: A) => R, language?: string) {
  return (...args: A): Told<R> => {
    const said = told(view(...args), language);
    if (JSON.stringify(said)?.includes('[object Object]')) throw new Error('a text was made a string untold');
    return said;
  };
}
