// What a press means, on a sheet and in a gallery: which marks it sets, and which of the others go with it.
import { mark } from './queue.js';
import { marksOf } from './store.js';

/** @typedef {import('./store.js').Message} Message */

const isGallery = (/** @type {Message} */ message) => message.data.style === 'gallery';

/** Numbers say "unsafe" here, and a like says "safe". */
const unsafe = (/** @type {Message} */ message) => message.data.says === 'unsafe';

/** The marks of one picture by what they say. @param {Message} message @param {number} n */
function names(message, n) {
  if (isGallery(message)) return { good: 'like', bad: 'dislike', best: 'star' };
  // On a sheet there is one number: it says good, or where they are looked for, unsafe.
  return unsafe(message)
    ? { good: null, bad: String(n), best: `star-${n}` }
    : { good: String(n), bad: null, best: `star-${n}` };
}

/** What can be said to be wrong with a picture; nothing where people look for unsafe ones, or cannot vote. @param {Message} message @returns {{id: string, word: string}[]} */
export const faultsIn = (message) => message.data.faults ?? [];

/** The mark that says so of picture n. @param {string} fault @param {number} n */
const faultMark = (fault, n) => `${fault}-${n}`;

/** Which of them the reader says. @param {Message} message @param {Set<string>} marks @param {number} n */
export const faultsSaid = (message, marks, n) =>
  faultsIn(message).filter(({ id }) => marks.has(faultMark(id, n)));

/** @param {Message} message @param {Set<string>} marks @param {number} n */
export const isBest = (message, marks, n) => marks.has(names(message, n).best);

/** What the reader says of a picture; a star says good, and good and bad together say nothing. @param {Message} message @param {Set<string>} marks @param {number} n @returns {'good' | 'bad' | null} */
export function sideOf(message, marks, n) {
  const { good, bad, best } = names(message, n);
  const isBad = marks.has(bad);
  const isFaulty = faultsSaid(message, marks, n).length > 0;
  // On a sheet of a session about unsafe pictures a star alone is no word about its being safe.
  const isGood = marks.has(good) || (marks.has(best) && good !== null);
  if (isGood === isBad) return isFaulty && !isGood ? 'bad' : null;
  return isGood ? 'good' : 'bad';
}

/** That in a word. @param {Message} message @param {'good' | 'bad'} side */
export function wordOf(message, side) {
  if (unsafe(message)) return side === 'good' ? 'Safe' : 'Unsafe';
  return side === 'good' ? 'Good' : 'Not good';
}

/** What a picture got, once its round has closed. @param {Message} message @param {{up: number, seen: number}} cell */
export function gotWords(message, { up, seen }) {
  if (seen === 0) return 'nobody judged it';
  return `${up} of ${seen} ${unsafe(message) ? 'called it safe' : 'liked it'}`;
}

/** What people are there to find is found: good, or unsafe. @param {Message} message @param {Set<string>} marks @param {number} n */
export const isCalled = (message, marks, n) =>
  sideOf(message, marks, n) === (unsafe(message) ? 'bad' : 'good');

/** Sets or takes back one of the two; the other goes, and so does a star on what is not good any more. @param {Message} message @param {number} n @param {'good' | 'bad'} side */
export function toggleSide(message, n, side) {
  const marks = marksOf(message);
  const { good, bad, best } = names(message, n);
  const [own, other] = side === 'good' ? [good, bad] : [bad, good];
  const present = sideOf(message, marks, n) !== side;
  const change = [{ emoji: own, present }];
  const goes = (/** @type {string | null} */ emoji) =>
    emoji !== null && marks.has(emoji) && change.push({ emoji, present: false });
  if (present) {
    goes(other);
    goes('none');
  }
  if (present === (side === 'good')) for (const { id } of faultsIn(message)) goes(faultMark(id, n));
  if (present === (side === 'bad')) goes(best);
  mark(message, change);
}

/** What a number, or Enter on a picture, toggles. @param {Message} message @param {number} n */
export const toggleCalled = (message, n) => toggleSide(message, n, unsafe(message) ? 'bad' : 'good');

/** @param {Message} message @param {number} n */
export function toggleBest(message, n) {
  const marks = marksOf(message);
  const { good, bad, best } = names(message, n);
  const present = !marks.has(best);
  const change = [{ emoji: best, present }];
  if (present && good !== null && !marks.has(good)) change.push({ emoji: good, present: true });
  for (const emoji of [bad, 'none', ...faultsIn(message).map(({ id }) => faultMark(id, n))])
    if (present && emoji !== null && marks.has(emoji)) change.push({ emoji, present: false });
  mark(message, change);
}

/** Something is wrong with a picture, or is not after all; what says good goes. @param {Message} message @param {number} n @param {string} fault */
export function toggleFault(message, n, fault) {
  const marks = marksOf(message);
  const { good, bad, best } = names(message, n);
  const present = !marks.has(faultMark(fault, n));
  const change = [{ emoji: faultMark(fault, n), present }];
  for (const emoji of [good, best])
    if (present && emoji !== null && marks.has(emoji)) change.push({ emoji, present: false });
  if (present && bad !== null && !marks.has(bad)) change.push({ emoji: bad, present: true });
  mark(message, change);
}

/** Of a sheet. @param {Message} message */
export function toggleNone(message) {
  const marks = marksOf(message);
  const present = !marks.has('none');
  const cleared = present
    ? [...marks].filter((e) => /^(star-)?[1-9]$/.test(e)).map((emoji) => ({ emoji, present: false }))
    : [];
  mark(message, [...cleared, { emoji: 'none', present }]);
}
