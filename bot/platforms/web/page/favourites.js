// Pictures that somebody likes to find again: kept in this browser alone, whatever becomes of their session.
// Clear copies of veiled pictures are no more shown here than elsewhere.
import { openLarge } from './address.js';
import { drawer } from './drawer.js';
import { get, set } from './store.js';

/** @typedef {import('./store.js').Message} Message */
/** By what never changes: the message, and the number on it. @typedef {{message: string, number: number}} Favourite */

/** More are not kept: the oldest goes. */
const most = 200;

/** @param {Favourite[]} list @param {Message} message @param {{number: number}} cell */
export const isFavourite = (list, message, cell) =>
  list.some((one) => one.message === message.id && one.number === cell.number);

/** @param {Message} message @param {{number: number}} cell */
export function toggleFavourite(message, cell) {
  const list = get().favourites;
  const others = list.filter((one) => one.message !== message.id || one.number !== cell.number);
  const own = others.length === list.length ? [{ message: message.id, number: cell.number }] : [];
  const favourites = [...others, ...own].slice(-most);
  drawer.set('favourites', favourites);
  set({ favourites });
}

/** Those that still stand here, newest first. @param {ReturnType<typeof get>} s @returns {{message: Message, cell: any}[]} */
export function favouritesOf(s) {
  return s.favourites
    .flatMap(({ message: id, number }) => {
      const message = s.messages.get(id);
      const cell = message?.data.cells?.find((/** @type {any} */ c) => c.number === number && c.url);
      return message && cell ? [{ message, cell }] : [];
    })
    .reverse();
}

/** Shows it large, alone among the pictures of its message. @param {Message} message @param {{number: number}} cell */
export function openFavourite(message, cell) {
  set({ dialog: null, drawerOpen: false });
  openLarge({ group: [message.id], index: message.data.cells.indexOf(cell) });
}
