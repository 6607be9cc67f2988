// Plain text with **bold** as elements (never as markup), names of sessions as links where asked for, and
// times as people read them. What the catalogue sets apart (bold, code, keys) likewise.
import { html } from './html.js';
import { language, locale, t } from './words.js';

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

/** What the catalogue says, as elements. @param {Parameters<typeof t>[0]} key @param {Record<string, string | number>} [values] */
export function rich(key, values) {
  return t(key, values)
    .split(/(\*\*.+?\*\*|`.+?`|\[\[.+?\]\])/)
    .map((part) => {
      if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`;
      if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
      return part.startsWith('[[') ? html`<kbd>${part.slice(2, -2)}</kbd>` : part;
    });
}

/** @type {{of: string, clock: Intl.DateTimeFormat, day: Intl.DateTimeFormat} | undefined} */
let made;
/** Dates and times in the reader's language. */
function formats() {
  const of = language();
  if (made?.of === of) return made;
  const clock = new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' });
  const day = new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'long' });
  made = { of, clock, day };
  return made;
}

/** @param {number} at */
export const timeOf = (at) => formats().clock.format(at);

/** @param {number} at */
export function dayOf(at) {
  const today = new Date().toDateString();
  return new Date(at).toDateString() === today ? t('day.today') : formats().day.format(at);
}

/** @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return t('span.seconds', { n: s });
  const minutes = Math.round(s / 60);
  if (minutes < 100) return t('span.minutes', { n: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t('span.hours', { n: hours }) : t('count.day', { n: Math.round(hours / 24) });
}

/** @param {number} share */
export const percent = (share) => t('percent', { n: Math.round(share * 100) });
