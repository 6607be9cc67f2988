// A gallery: each picture of the round with a like, a dislike and a star of its own. Closed it is one row of small
// pictures, as closed sheets are. Keys G, D and S mark the picture that has the focus.
import { html } from './html.js';
import { Icon } from './icons.js';
import { isBest, sideOf, toggleBest, toggleSide, wordOf } from './marks.js';
import { marksOf, useStore } from './store.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {(messages: Message[], message: Message, i: number) => void} Enlarge */

/** `cell` draws a picture. @param {{messages: Message[], cell: any, enlarge: Enlarge}} props */
export function Gallery({ messages, cell: Cell, enlarge }) {
  useStore((s) => s.waiting);
  if (messages[0].data.open)
    return html`<div class="gallery">${messages.map((m) => html`<${Item} key=${m.id} message=${m} messages=${messages} cell=${Cell} enlarge=${enlarge} />`)}</div>`;
  return html`
    <div class="sheets"><div class="cells">
      ${messages.map((m) => m.data.cells.map((cell) => html`<${Cell} key=${m.id} cell=${cell} message=${m} marks=${marksOf(m)} open=${false} enlarge=${() => enlarge(messages, m, 0)} />`))}
    </div></div>
  `;
}

/** @param {{message: Message, messages: Message[], cell: any, enlarge: Enlarge}} props */
function Item({ message, messages, cell: Cell, enlarge }) {
  const [cell] = message.data.cells;
  const marks = marksOf(message);
  const side = sideOf(message, marks, 1);
  const acts = {
    g: () => toggleSide(message, 1, 'good'),
    d: () => toggleSide(message, 1, 'bad'),
    s: () => toggleBest(message, 1),
  };
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    const act = acts[e.key.toLowerCase()];
    if (!act || !cell.url || e.ctrlKey || e.metaKey || e.altKey) return;
    act();
    e.preventDefault();
  };
  const chip = (emoji, icon, label, words, on, act) =>
    html`<button class=${`chip chip-${emoji}`} data-emoji=${emoji} aria-pressed=${on} aria-label=${words} title=${label} onClick=${act}><${Icon} name=${icon} filled=${on} /></button>`;
  const [good, bad] = [wordOf(message, 'good'), wordOf(message, 'bad')];
  return html`
    <section class="gallery-item" aria-label=${`Picture ${cell.name}`} onKeyDown=${keyed}>
      <${Cell} cell=${cell} message=${message} marks=${marks} open=${true} starred=${false} enlarge=${() => enlarge(messages, message, 0)} />
      ${
        cell.url &&
        html`<div class="chips" role="group" aria-label=${`What is ${cell.name}?`}>
          ${chip('like', 'like', good, `${cell.name} is ${good.toLowerCase()}`, side === 'good', acts.g)}
          ${chip('dislike', 'dislike', bad, `${cell.name} is ${bad.toLowerCase()}`, side === 'bad', acts.d)}
          ${chip('star', 'star', 'Best', `${cell.name} is the best of the round`, isBest(message, marks, 1), acts.s)}
        </div>`
      }
    </section>
  `;
}
