// Marks by keys, from wherever the focus is but in a field or a dialog: digits on the sheet in hand, letters
// of the picture in focus or of a sheet, arrows that answer a duel, Ctrl+Z for the last mark. Keys of the enlarged picture are its own
// (lightbox.js).
import { answerByKey } from './duel-marks.js';
import { isDuel } from './duels.js';
import { toggleBest, toggleCalled, toggleNone, toggleSide, undo } from './marks.js';
import { openRound, pictureAt, placesOf, sheetInHand } from './rounds.js';
import { get, set } from './store.js';

/** @typedef {import('./store.js').Message} Message */

/** Text is typed there, or something else is asked. @param {EventTarget | null} target */
function elsewhere(target) {
  const el = target instanceof Element ? target : null;
  return el?.closest('input, textarea, select, [contenteditable]') != null;
}

/** @param {KeyboardEvent} e */
export function keyed(e) {
  if (elsewhere(e.target) || e.altKey) return;
  const messages = openRound();
  const large = get().lightbox !== null;
  const asked = !large && document.querySelector('dialog[open]') !== null;
  if (messages.length === 0 || asked) return;
  const key = e.key.toLowerCase();
  if (e.ctrlKey || e.metaKey) {
    if (key !== 'z' || e.shiftKey) return;
    undo();
  } else if (large || !act(messages, key, e.target)) return;
  e.preventDefault();
}

/** True where the key meant something. @param {Message[]} messages @param {string} key @param {EventTarget | null} target */
function act(messages, key, target) {
  if (isDuel(messages[0])) return answerByKey(messages, key, target);
  if (/^[0-9]$/.test(key)) return digit(messages, Number(key));
  const at = target instanceof Element ? target.closest('[data-number]') : null;
  const message = messages.find((m) => m.id === at?.getAttribute('data-message'));
  const n = Number(at?.getAttribute('data-number'));
  const cell = message?.data.cells.find((c) => c.number === n);
  if (message && cell?.url && letters[key]) {
    letters[key](message, n);
    return true;
  }
  const sheet = messages.find((m) => m.data.style !== 'gallery' && m.data.sheet.toLowerCase() === key);
  if (!sheet) return false;
  set({ sheet: sheet.id });
  const [first] = placesOf([sheet]);
  if (first) pictureAt(first.message.id, first.n)?.focus();
  return true;
}

/** @param {Message[]} messages @param {number} n */
function digit(messages, n) {
  const sheet = sheetInHand(messages);
  // A gallery's pictures are more than digits, and have letters.
  if (sheet.data.style === 'gallery') return false;
  if (n === 0) toggleNone(sheet);
  else if (sheet.data.cells.some((c) => c.number === n && c.url)) toggleCalled(sheet, n);
  else return false;
  return true;
}

/** Of the picture in focus. @type {Record<string, (message: Message, n: number) => void>} */
const letters = {
  g: (message, n) =>
    message.data.style === 'gallery' ? toggleSide(message, n, 'good') : toggleCalled(message, n),
  d: (message, n) => message.data.style === 'gallery' && toggleSide(message, n, 'bad'),
  s: toggleBest,
};
