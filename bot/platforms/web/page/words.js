// The page in the language of its reader: the one that was chosen here, else the first that the browser asks
// for and we have, else English. The server is told by a cookie, and says what it says (notices, answers, the
// words of a card) in the same language.
import { drawer } from './drawer.js';
import { en } from './words/en.js';
import { ja } from './words/ja.js';

/** By the tag that stands in the document. @type {Record<string, Record<string, string | Record<string, string>>>} */
export const catalogues = { en, ja };

const asked = () => [drawer.get('language'), ...(globalThis.navigator?.languages ?? [])];
const known = (/** @type {unknown} */ tag) => String(tag).toLowerCase().split('-')[0];

let now =
  asked()
    .map(known)
    .find((tag) => Object.hasOwn(catalogues, tag)) ?? 'en';
let plural = new Intl.PluralRules(now);

export const language = () => now;

/** For dates: as the browser's own words for the language have them. */
export const locale = () => asked().find((tag) => tag && known(tag) === now) ?? now;

/** From now on, and on the next visit. @param {string} tag */
export function speak(tag) {
  now = tag;
  plural = new Intl.PluralRules(tag);
  drawer.set('language', tag);
  tellServer();
  document.documentElement.lang = tag;
}

/** Cookies go along with every request, also with that of the live line. */
function tellServer() {
  // Once, at a press: the Cookie Store is not there without TLS.
  // biome-ignore lint/suspicious/noDocumentCookie: see above
  if (globalThis.document) document.cookie = `language=${now}; path=/; max-age=31536000; samesite=lax`;
}
if (drawer.get('language')) tellServer();

/** What the catalogue says. @param {keyof typeof en} key @param {Record<string, string | number>} [values] `n` chooses the plural @returns {string} */
export function t(key, values = {}) {
  const said = catalogues[now][key];
  const text = typeof said === 'string' ? said : (said[plural.select(Number(values.n))] ?? said.other);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
