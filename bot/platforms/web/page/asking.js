// What cannot be taken back, or reaches others, is asked about once, with what happens then.
import { html } from './html.js';
import { get, set } from './store.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Asked} Asked */

/** Commands by their first words; what is said of each. @type {[RegExp, string][]} */
const grave = [
  [/^me forget$/, 'forget'],
  [/^session stop$/, 'stop'],
  [/^session leave\b/, 'leave'],
  [/^session rollback\b/, 'rollback'],
  [/^round redo$/, 'redo'],
  [/^hide\b/, 'hide'],
];

/** @param {string} of @param {() => void} then @param {Record<string, string>} [values] */
function ask(of, then, values) {
  const said = (/** @type {string} */ part) => t(`ask.${of}.${part}`, values);
  set({ asked: { title: said('title'), words: said('words'), act: said('act'), then } });
}

/** Does it, or asks first where the command is one of those. @param {string} line as it is sent @param {() => void} then */
export function askFirst(line, then) {
  const words = line
    .replace(/^\/acclaim\s+/i, '')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ');
  const found = grave.find(([begins]) => begins.test(words))?.[1];
  if (found) ask(found, then);
  else then();
}

/** A report of a picture. @param {string} name @param {() => void} then */
export function askFlag(name, then) {
  ask('flag', then, { name });
}

export function Question() {
  const asked = get().asked;
  const answer = (/** @type {boolean} */ yes) => {
    set({ asked: null });
    if (yes) asked?.then();
  };
  if (!asked) return null;
  return html`
    <p>${asked.words}</p>
    <div class="dialog-acts">
      <button class="button" autofocus onClick=${() => answer(false)}>${t('ask.keep')}</button>
      <button class="button button-grave" onClick=${() => answer(true)}>${asked.act}</button>
    </div>
  `;
}
