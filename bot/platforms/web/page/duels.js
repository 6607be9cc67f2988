// Duels: which of two pictures is the better one, or both are good, or none is. One answer a pair.
import { marksOf } from './store.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {'left' | 'right' | 'both' | 'neither'} Says */

/** @type {readonly Says[]} */
export const answers = ['left', 'right', 'both', 'neither'];

export const isDuel = (/** @type {Message | undefined} */ message) => message?.data.style === 'duel';

/** What the reader has answered. @param {Message} message @returns {Says | null} */
export function answerOf(message) {
  const marks = marksOf(message);
  return answers.find((says) => marks.has(says)) ?? null;
}

/** Pairs that can be answered, in their order: those of which a picture is shown. @param {Message[]} messages */
export const askedOf = (messages) => messages.filter((m) => m.data.cells.some((c) => c.url));

/** How far the reader is. @param {Message[]} messages */
export function progressOf(messages) {
  const asked = askedOf(messages);
  const open = asked.filter((m) => answerOf(m) === null);
  return { asked, open, done: asked.length - open.length, of: asked.length };
}

/** Whether the pair can be answered so: of a picture that is held back nothing is asked. @param {Message} message @param {Says} says */
export function mayAnswer({ data: { cells } }, says) {
  const [left, right] = cells;
  if (says === 'neither') return true;
  if (says === 'both') return Boolean(left?.url && right?.url);
  return Boolean((says === 'left' ? left : right)?.url);
}
