// The round that is open in a channel, and its pictures in reading order.
import { isDuel, progressOf } from './duels.js';
import { get, messagesOf } from './store.js';

/** @typedef {import('./store.js').Message} Message */

/** The open ballots of the newest round. @param {string} channel @returns {Message[]} */
export function openRound(channel = get().channel) {
  const ballots = messagesOf(channel).filter((m) => m.kind === 'ballot' && m.data.open);
  const last = ballots.at(-1);
  return ballots.filter((m) => m.data.session === last?.data.session && m.data.round === last?.data.round);
}

/** Pictures that can be voted on, sheet after sheet. @param {Message[]} messages @returns {{message: Message, n: number, name: string}[]} */
export function placesOf(messages) {
  return messages.flatMap((message) =>
    message.data.cells.filter((c) => c.url).map((c) => ({ message, n: c.number, name: c.name })),
  );
}

/** The sheet that digits mark: the one touched last, or the first of the round. @param {Message[]} messages */
export function sheetInHand(messages) {
  return messages.find((m) => m.id === get().sheet) ?? messages[0];
}

/** A picture's own button. @param {string} message @param {number} n @returns {HTMLElement | null} */
export const pictureAt = (message, n) =>
  document.querySelector(
    `[data-message="${CSS.escape(message)}"][data-number="${n}"] :is(.cell-picture, .duel-picture)`,
  );

/** The first picture of the round that is open, where the eyes and the focus go. @returns {HTMLElement | null} */
export function firstPicture() {
  const round = openRound();
  // Of duels the first that is not answered.
  const [first] = placesOf(isDuel(round[0]) ? progressOf(round).open : round);
  return first ? pictureAt(first.message.id, first.n) : null;
}
