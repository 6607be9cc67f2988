// Marking by drawing the mouse over pictures: what the first becomes all become that it passes, as one act.
import { callThese, isCalled } from './marks.js';
import { get, marksOf, set } from './store.js';

/** @typedef {import('./store.js').Message} Message */
/** @type {{messages: Message[], on: boolean, places: {message: Message, n: number}[]} | null} */
let drag = null;
/** A press that ended a drag is none. */
let spent = false;

const nameOf = (/** @type {Message} */ message, /** @type {number} */ n) => `${message.id} ${n}`;

/** Whether the mouse has passed a picture in the drag that goes on. @param {Set<string>} painted @param {Message} message @param {number} n */
export const isPainted = (painted, message, n) => painted.has(nameOf(message, n));

/** The button went down on a picture. @param {PointerEvent} e @param {Message[]} messages of its round @param {Message} message @param {number} n */
export function beginDrag(e, messages, message, n) {
  spent = false;
  if (e.pointerType !== 'mouse' || e.button !== 0 || e.shiftKey) return;
  drag = { messages, on: !isCalled(message, marksOf(message), n), places: [{ message, n }] };
  addEventListener('pointerover', pass);
  addEventListener('pointerup', finish);
  addEventListener('pointercancel', giveUp);
  addEventListener('keydown', byEscape);
}

/** True once: the press that follows a drag means nothing. */
export function dragSpent() {
  const was = spent;
  spent = false;
  return was;
}

/** @param {PointerEvent} e */
function pass(e) {
  if (!drag) return;
  // The button came up where nobody told us.
  if ((e.buttons & 1) === 0) return giveUp();
  const at = e.target instanceof Element ? e.target.closest('.round-open [data-number]') : null;
  const message = drag.messages.find((m) => m.id === at?.getAttribute('data-message'));
  const n = Number(at?.getAttribute('data-number'));
  const known = drag.places.some((p) => p.message === message && p.n === n);
  if (!message?.data.cells.some((c) => c.number === n && c.url) || known) return;
  drag.places.push({ message, n });
  set({ painted: new Set(drag.places.map((p) => nameOf(p.message, p.n))) });
}

function finish() {
  const done = drag;
  giveUp();
  if (!done || done.places.length < 2) return;
  spent = true;
  // A press comes at once, or not at all.
  setTimeout(() => {
    spent = false;
  });
  const now = done.messages.map((m) => get().messages.get(m.id) ?? m);
  callThese(
    now,
    done.places.map(({ message, n }) => ({ message: now[done.messages.indexOf(message)], n })),
    done.on,
  );
}

function giveUp() {
  drag = null;
  removeEventListener('pointerover', pass);
  removeEventListener('pointerup', finish);
  removeEventListener('pointercancel', giveUp);
  removeEventListener('keydown', byEscape);
  if (get().painted.size > 0) set({ painted: new Set() });
}

/** @param {KeyboardEvent} e */
function byEscape(e) {
  if (e.key === 'Escape') giveUp();
}
