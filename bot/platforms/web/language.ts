/**
 * In which language a request wants to be answered: the one that was chosen on the page, which leaves it in a
 * cookie, else the one that the browser wants most of those that we have.
 */
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { getCookie } from 'hono/cookie';
import { languageOf, languages } from '../../../src/words/tell.js';

/** Set by the page's own script (page/words.js). */
const cookie = 'language';

export function languageFor(c: Context): string {
  const chosen = languageOf(getCookie(c, cookie));
  if (chosen !== undefined) return chosen;
  return accepts(c, {
    header: 'Accept-Language',
    supports: [...languages],
    default: 'en',
    match: (wanted, { default: none }) =>
      [...wanted]
        .sort((a, b) => b.q - a.q)
        .map(({ type }) => languageOf(type))
        .find((tag) => tag !== undefined) ?? none,
  });
}
