// Plain text with **bold** as elements (never as markup), names of sessions as links where asked for, and times as people
// read them.
import { html } from './html.js';

/** `links`: a session's name -> its channel. @param {{text: string, links?: Map<string, string>}} props */
export function Text({ text, links }) {
  const strong = (/** @type {string} */ part) => {
    const channel = links?.get(part);
    return channel === undefined
      ? html`<strong>${part}</strong>`
      : html`<a class="link" href=${`#${encodeURIComponent(channel)}`}>${part}</a>`;
  };
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => html`<p>${line.split('**').map((part, i) => (i % 2 === 1 ? strong(part) : part))}</p>`);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** @param {number} at */
export const timeOf = (at) => clock.format(at);

/** @param {number} at */
export function dayOf(at) {
  const today = new Date().toDateString();
  return new Date(at).toDateString() === today ? 'Today' : day.format(at);
}

/** @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : count(Math.round(hours / 24), 'day');
}

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
