// What is said into the composer: an echo for its sender, the command for the server, the answer below it.
import { call } from './api.js';
import { askFirst } from './asking.js';
import { isBest, toggleBest, withdrawBest } from './marks.js';
import { add, get, marksOf, messagesOf, met, refreshMe, set } from './store.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

let lines = 0;
/** A line that stands on this page alone. @param {Partial<Message>} fill */
function stand(fill) {
  const none = { pictures: [], reactions: [], buttons: [], progress: null, data: {}, mine: [] };
  const at = Date.now() + (get().me?.skew ?? 0);
  const id = `echo${++lines}`;
  add({
    id,
    channel: get().channel,
    kind: 'reply',
    at,
    editedAt: null,
    seq: 0,
    title: '',
    text: '',
    ...none,
    ...fill,
  });
}

/** Sends what was typed, or asks first. @param {string} text */
export function say(text) {
  const line = /^\/(?!acclaim\b)/i.test(text) ? `/acclaim ${text.slice(1)}` : text;
  askFirst(line, () => void send(line));
}

/** @param {string} line */
async function send(line) {
  // Before there is any session what is said still stands somewhere.
  if (get().channel === '') set({ channel: 'general' });
  set({ said: get().said + 1 });
  stand({ text: line, echo: true });
  const best = /^\/acclaim\s+best\s+([a-z]{1,2}[1-9]|#\d{1,3}|none)$/i.exec(line)?.[1];
  if (best?.toLowerCase() === 'none') withdrawBest(openBallots());
  else if (best && starByName(best.toUpperCase())) return;
  if (!/^\/acclaim\b/i.test(line)) return answer(t('say.plain.title'), t('say.plain'));
  await met();
  try {
    const { replies } = await call('/api/command', { channel: get().channel || 'general', text: line });
    for (const reply of replies) add(reply);
    await refreshMe();
  } catch (error) {
    answer(t('say.failed'), error.message);
  }
}

const openBallots = () => messagesOf(get().channel).filter((m) => m.kind === 'ballot' && m.data.open);

/** `best B4` on an open ballot is the very mark that the star makes, so that the page shows it. @param {string} name */
function starByName(name) {
  const cellOf = (/** @type {Message} */ m) => m.data.cells.find((c) => c.name === name && c.url);
  const message = openBallots().findLast(cellOf);
  if (!message) return false;
  const { number } = cellOf(message);
  if (!isBest(message, marksOf(message), number)) toggleBest(message, number);
  answer(t('say.best.title'), t('say.best', { name }));
  return true;
}

/** @param {string} title @param {string} text */
function answer(title, text) {
  stand({ title, text });
  set({ spoken: `${title}. ${text}` });
}
