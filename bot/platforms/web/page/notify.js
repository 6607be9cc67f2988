// Browser notifications: asked for once, after somebody was done with a round; told while the page is out of
// sight.
import { openChannel } from './address.js';
import { drawer } from './drawer.js';
import { get, set } from './store.js';
import { t } from './words.js';

/** Rounds that were told of: their sheets come one by one. @type {Set<string>} */
const told = new Set();

/** Whether it may be asked for: never twice, and not where the browser has its answer. */
export const mayAsk = () =>
  'Notification' in globalThis && Notification.permission === 'default' && drawer.get('notify') === null;

/** The answer to our own question; on yes the browser asks its own. @param {boolean} wanted */
export async function answerNotify(wanted) {
  drawer.set('notify', wanted ? 'asked' : 'no');
  set({ offer: false });
  if (wanted) await Notification.requestPermission().catch(() => {});
}

/** A ballot has come over the live line. @param {import('./store.js').Message} message */
export function notify({ kind, channel, data }) {
  const round = `${data.session} ${data.round}`;
  if (kind !== 'ballot' || !data.open || told.has(round)) return;
  told.add(round);
  if (!document.hidden || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
  try {
    const note = new Notification(t('notify.open', { round: data.round }), {
      body: data.prompt,
      tag: round,
      icon: '/page/logo.svg',
    });
    note.addEventListener('click', () => {
      window.focus();
      if (get().channel !== channel) openChannel(channel);
      note.close();
    });
  } catch {
    // Some phones tell only through a service worker, which we have none of.
  }
}
