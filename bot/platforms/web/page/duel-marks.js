// What answers a duel: a press or an arrow key. Another answer takes the place of the one before.
import { answers, mayAnswer, progressOf } from './duels.js';
import { put } from './marks.js';
import { marksOf, set } from './store.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {import('./duels.js').Says} Says */

/** @param {Message[]} messages of the round @param {Message} message @param {Says} says */
export function answer(messages, message, says) {
  if (!mayAnswer(message, says)) return;
  const kept = [...marksOf(message)].filter((e) => !answers.includes(/** @type {Says} */ (e)));
  put([{ message, next: new Set([...kept, says]) }]);
  const { done, of } = progressOf(messages);
  set({ spoken: t('duel.said', { says: t(`duel.${says}`), done, of }) });
}

const arrows = /** @type {Record<string, Says>} */ ({
  arrowleft: 'left',
  arrowright: 'right',
  arrowup: 'both',
  arrowdown: 'neither',
});

/** The next open pair by a key; true where it meant something. @param {Message[]} messages @param {string} key @param {EventTarget | null} target */
export function answerByKey(messages, key, target) {
  const says = arrows[key];
  const free = target === document.body || (target instanceof Element && target.closest('.duel') !== null);
  const [next] = progressOf(messages).open;
  if (!says || !free || !next) return false;
  answer(messages, next, says);
  return true;
}
