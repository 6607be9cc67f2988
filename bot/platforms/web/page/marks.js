// What a press means, on a sheet and in a gallery: which marks it sets, and which of the others go with it;
// for one picture, for a range, for the whole round; and the way back.
import { markWords } from './names.js';
import { markAll } from './queue.js';
import { openRound, placesOf } from './rounds.js';
import { get, isStar, marksOf, set } from './store.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */
/** Marks that a message is to have. @typedef {{message: Message, next: Set<string>}} Wanted */

const isGallery = (/** @type {Message} */ message) => message.data.style === 'gallery';

/** Numbers say "unsafe" here, and a like says "safe". */
const unsafe = (/** @type {Message} */ message) => message.data.says === 'unsafe';

/** The marks of one picture by what they say. @param {Message} message @param {number} n */
function names(message, n) {
  if (isGallery(message)) return { good: 'like', bad: 'dislike', best: 'star' };
  // A duel says which is better, and nothing of one alone but that it is the best.
  if (message.data.style === 'duel') return { good: null, bad: null, best: `star-${n}` };
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

/** The reader has reported it. @param {Set<string>} marks @param {number} n */
export const isFlagged = (marks, n) => marks.has(`flag-${n}`);

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

/** @param {Message} message @param {'good' | 'bad'} side */
export function sideName(message, side) {
  if (unsafe(message)) return side === 'good' ? 'safe' : 'unsafe';
  return side === 'good' ? 'good' : 'notgood';
}

/** That in a word. @param {Message} message @param {'good' | 'bad'} side */
export function wordOf(message, side) {
  return t(`mark.${sideName(message, side)}`);
}

/** What a picture got, once its round has closed. @param {Message} message @param {{up: number, seen: number}} cell */
export function gotWords(message, { up, seen }) {
  if (seen === 0) return t('got.nobody');
  return t(unsafe(message) ? 'got.safe' : 'got.good', { up, seen });
}

/** @param {Message} message */
const calledSide = (message) => (unsafe(message) ? 'bad' : 'good');

/** What people are there to find is found: good, or unsafe. @param {Message} message @param {Set<string>} marks @param {number} n */
export const isCalled = (message, marks, n) => sideOf(message, marks, n) === calledSide(message);

// The marks that follow from a word, as new sets
// --------------------------------------------------------------------

/** One of the two is said, or taken back; the other goes, and so does a star on what is not good any more. @param {Message} message @param {Set<string>} marks @param {number} n @param {'good' | 'bad'} side @param {boolean} on */
function withSide(message, marks, n, side, on) {
  const next = new Set(marks);
  const { good, bad, best } = names(message, n);
  const [own, other] = side === 'good' ? [good, bad] : [bad, good];
  if (on) {
    if (own !== null) next.add(own);
    next.delete(other);
    next.delete('none');
  } else next.delete(own);
  if (on === (side === 'good')) for (const { id } of faultsIn(message)) next.delete(faultMark(id, n));
  if (on === (side === 'bad')) next.delete(best);
  return next;
}

/** @param {Message} message @param {Set<string>} marks @param {number} n @param {boolean} on */
function withBest(message, marks, n, on) {
  const next = new Set(marks);
  const { good, bad, best } = names(message, n);
  if (!on) {
    next.delete(best);
    return next;
  }
  next.add(best);
  if (good !== null) next.add(good);
  next.delete(bad);
  next.delete('none');
  for (const { id } of faultsIn(message)) next.delete(faultMark(id, n));
  return next;
}

/** Something is wrong with a picture, or is not after all; what says good goes. @param {Message} message @param {Set<string>} marks @param {number} n @param {string} fault @param {boolean} on */
function withFault(message, marks, n, fault, on) {
  const next = new Set(marks);
  const { good, bad, best } = names(message, n);
  if (!on) {
    next.delete(faultMark(fault, n));
    return next;
  }
  next.add(faultMark(fault, n));
  next.delete(good);
  next.delete(best);
  if (bad !== null) next.add(bad);
  return next;
}

/** Nothing of what people look for is on this sheet, or is this picture of a gallery. @param {Message} message @param {Set<string>} marks @param {boolean} on */
function withNone(message, marks, on) {
  if (isGallery(message)) return withSide(message, marks, 1, unsafe(message) ? 'good' : 'bad', on);
  if (message.data.style === 'duel')
    return new Set([
      ...[...marks].filter((e) => !/^(left|right|both|neither)$/.test(e)),
      ...(on ? ['neither'] : []),
    ]);
  const next = new Set(on ? [...marks].filter((e) => !/^(star-)?[1-9]$/.test(e)) : marks);
  if (on) next.add('none');
  else next.delete('none');
  return next;
}

/** @param {Message} message @param {Set<string>} marks */
const places = (message, marks) =>
  placesOf([message]).map(({ n }) => ({ n, on: isCalled(message, marks, n) }));

// Acts
// ---------------------------------------------------------------------------------------------------------------

/** The marks before each of the latest acts. @type {{message: Message, marks: {emoji: string, present: boolean}[]}[][]} */
let past = [];
const mostPast = 100;
/** The picture marked last: a range begins there. @type {{id: string, n: number} | null} */
let anchor = null;

/** Changes what stands on these messages into what is wanted, as one act. @param {Wanted[]} wanted */
export function put(wanted) {
  const changes = wanted.flatMap(({ message, next }) => {
    const marks = marksOf(message);
    const change = [
      ...[...marks].filter((e) => !next.has(e)).map((emoji) => ({ emoji, present: false })),
      ...[...next].filter((e) => !marks.has(e)).map((emoji) => ({ emoji, present: true })),
    ];
    return change.length > 0 ? [{ message, marks: change }] : [];
  });
  if (changes.length === 0) return;
  past = [...past, markAll(changes)].slice(-mostPast);
}

/** Takes the latest act back. Whatever was made on a round that has closed stays. */
export function undo() {
  const open = new Set(openRound().map((m) => m.id));
  for (let act = past.pop(); act; act = past.pop()) {
    const changes = act
      .filter(({ message }) => open.has(message.id))
      .map(({ message, marks }) => ({ message: get().messages.get(message.id) ?? message, marks }));
    if (changes.length === 0) continue;
    markAll(changes);
    const words = changes.flatMap(({ message, marks }) => marks.map((one) => markWords(message, one)));
    set({ spoken: t('undo.done', { marks: words.join('; ') }) });
    return;
  }
  set({ spoken: t('undo.nothing') });
}

/** Whether a round has an act to take back. @param {Message[]} messages */
export const undoable = (messages) =>
  past.some((act) => act.some((one) => messages.some((m) => m.id === one.message.id)));

/** Done: `bare`, which have no mark, are said to hold nothing good where `none`. There is no way back from here. @param {Message[]} messages @param {Message[]} bare @param {boolean} none */
export function finish(messages, bare, none) {
  const last = messages.at(-1);
  const rest = bare.filter((m) => none && m !== last);
  put(rest.map((message) => ({ message, next: withNone(message, marksOf(message), true) })));
  const own = none && bare.includes(last) ? withNone(last, marksOf(last), true) : marksOf(last);
  put([{ message: last, next: new Set(own).add('done') }]);
  past = [];
}

/** Sets or takes back one of the two. @param {Message} message @param {number} n @param {'good' | 'bad'} side */
export function toggleSide(message, n, side) {
  const marks = marksOf(message);
  const on = sideOf(message, marks, n) !== side;
  anchor = { id: message.id, n };
  set({ sheet: message.id });
  put([{ message, next: withSide(message, marks, n, side, on) }]);
}

/** What a press on a picture, a number, or Enter on it enlarged, toggles. @param {Message} message @param {number} n */
export const toggleCalled = (message, n) => toggleSide(message, n, calledSide(message));

/** @param {Message} message @param {number} n */
export function toggleBest(message, n) {
  const marks = marksOf(message);
  set({ sheet: message.id });
  put([{ message, next: withBest(message, marks, n, !isBest(message, marks, n)) }]);
}

/** Names no picture the best any more. @param {Message[]} messages */
export function withdrawBest(messages) {
  const others = (/** @type {Message} */ m) => [...marksOf(m)].filter((e) => !isStar(e));
  put(messages.map((message) => ({ message, next: new Set(others(message)) })));
}

/** Something is wrong with a picture, or is not after all. @param {Message} message @param {number} n @param {string} fault */
export function toggleFault(message, n, fault) {
  const marks = marksOf(message);
  const on = !marks.has(faultMark(fault, n));
  set({ sheet: message.id });
  put([{ message, next: withFault(message, marks, n, fault, on) }]);
}

/** Of a sheet. @param {Message} message */
export function toggleNone(message) {
  const marks = marksOf(message);
  set({ sheet: message.id });
  put([{ message, next: withNone(message, marks, !marks.has('none')) }]);
}

/** All from the picture marked last to this one become what that one is. @param {Message[]} messages of the round @param {Message} message @param {number} n */
export function callRange(messages, message, n) {
  const all = placesOf(messages);
  const at = all.findIndex((p) => p.message.id === message.id && p.n === n);
  const from = all.findIndex((p) => p.message.id === anchor?.id && p.n === anchor.n);
  if (from < 0) return toggleCalled(message, n);
  const first = all[from].message;
  const on = isCalled(first, marksOf(first), all[from].n);
  const range = all.slice(Math.min(from, at), Math.max(from, at) + 1);
  anchor = { id: message.id, n };
  callThese(messages, range, on);
}

/** These pictures become called, or not, as one act. @param {Message[]} messages of the round @param {{message: Message, n: number}[]} places @param {boolean} on */
export function callThese(messages, places, on) {
  put(
    messages.map((m) => ({
      message: m,
      next: places
        .filter((p) => p.message === m)
        .reduce(
          (marks, p) => (isCalled(m, marks, p.n) === on ? marks : withSide(m, marks, p.n, calledSide(m), on)),
          marksOf(m),
        ),
    })),
  );
}

/** Each picture becomes what `wanted` makes of it; a message on which nothing is called then says so. @param {Message[]} messages @param {(on: boolean) => boolean} wanted */
function callEach(messages, wanted) {
  put(
    messages
      .filter((m) => placesOf([m]).length > 0)
      .map((message) => {
        const marks = marksOf(message);
        const called = places(message, marks).map(({ n, on }) => ({ n, on: wanted(on) }));
        if (!called.some(({ on }) => on)) return { message, next: withNone(message, marks, true) };
        const side = calledSide(message);
        const next = called.reduce((all, { n, on }) => withSide(message, all, n, side, on), marks);
        return { message, next };
      }),
  );
}

/** All of the round are good, or unsafe where that is looked for. @param {Message[]} messages */
export const callAll = (messages) => callEach(messages, () => true);
/** None is. @param {Message[]} messages */
export const callNone = (messages) => callEach(messages, () => false);
/** Those that were are not, those that were not are. @param {Message[]} messages */
export const invert = (messages) => callEach(messages, (on) => !on);
