// What cannot be taken back, or reaches others, is asked about once, with what happens then.
import { html } from './html.js';
import { get, set } from './store.js';

/** @typedef {import('./store.js').Asked} Asked */

/** Commands by their first words. @type {[RegExp, Omit<Asked, 'then'>][]} */
const grave = [
  [
    /^me forget$/,
    {
      title: 'Forget you?',
      words:
        'All that leads to you is deleted, for good. In closed rounds your votes stay counted under names that lead nowhere; in the open one they are withdrawn.',
      act: 'Forget me',
    },
  ],
  [
    /^session stop$/,
    {
      title: 'End this session?',
      words: 'No more rounds are drawn, for nobody. What it learned is kept, and a branch can go on from it.',
      act: 'End it',
    },
  ],
  [
    /^session leave\b/,
    {
      title: 'Leave this session?',
      words: 'The channel takes no more part in it. It comes back only by a new code from the others.',
      act: 'Leave',
    },
  ],
  [
    /^session rollback\b/,
    {
      title: 'Go back to an earlier round?',
      words:
        'The next round starts from what was learned then. Later rounds stay to be seen, and teach nothing.',
      act: 'Go back',
    },
  ],
  [
    /^round redo$/,
    {
      title: 'Throw this round away?',
      words: 'Its pictures and the marks on them are given up, for everybody, and others are drawn.',
      act: 'Draw anew',
    },
  ],
  [
    /^hide\b/,
    {
      title: 'Take this picture away?',
      words: 'Nobody sees it any more and its file is deleted, for good.',
      act: 'Take it away',
    },
  ],
];

/** Does it, or asks first where the command is one of those. @param {string} line as it is sent @param {() => void} then */
export function askFirst(line, then) {
  const words = line
    .replace(/^\/acclaim\s+/i, '')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ');
  const found = grave.find(([begins]) => begins.test(words))?.[1];
  if (found) set({ asked: { ...found, then } });
  else then();
}

/** A report of a picture. @param {string} name @param {() => void} then */
export function askFlag(name, then) {
  set({
    asked: {
      title: `Report ${name}?`,
      words:
        'For a picture that should not be shown, not for one that is merely bad. Moderators are told, and enough reports hold it back. You can take yours back while the round is open.',
      act: 'Report it',
      then,
    },
  });
}

export function Question() {
  const asked = get().asked;
  const answer = (/** @type {boolean} */ yes) => {
    set({ asked: null });
    if (yes) asked?.then();
  };
  if (!asked) return null;
  return html`
    <p>${asked.words}</p>
    <div class="dialog-acts">
      <button class="button" autofocus onClick=${() => answer(false)}>Keep it as it is</button>
      <button class="button button-grave" onClick=${() => answer(true)}>${asked.act}</button>
    </div>
  `;
}
