// A gallery: each picture of the round with a like, a dislike and a star of its own. Closed it is one row of small
// pictures, as closed sheets are.
import { Cell } from './cell.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { isBest, sideOf, toggleBest, toggleSide, wordOf } from './marks.js';
import { marksOf } from './store.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {{messages: Message[], stop: string}} props */
export function Gallery({ messages, stop }) {
  if (messages[0].data.open)
    return html`<div class="gallery">${messages.map((m) => html`<${Item} key=${m.id} message=${m} messages=${messages} stop=${stop} />`)}</div>`;
  return html`
    <div class="sheets"><div class="cells">
      ${messages.map((m) => m.data.cells.map((cell) => html`<${Cell} key=${m.id} cell=${cell} messages=${messages} message=${m} marks=${marksOf(m)} stop=${cell.name === stop} />`))}
    </div></div>
  `;
}

/** @param {{message: Message, messages: Message[], stop: string}} props */
function Item({ message, messages, stop }) {
  const [cell] = message.data.cells;
  const marks = marksOf(message);
  const side = sideOf(message, marks, 1);
  const chip = (emoji, icon, label, words, on, act) =>
    html`<button class=${`chip chip-${emoji}`} data-emoji=${emoji} tabindex="-1" aria-pressed=${on} aria-label=${words} title=${label} onClick=${act}><${Icon} name=${icon} filled=${on} /></button>`;
  const [good, bad] = [wordOf(message, 'good'), wordOf(message, 'bad')];
  return html`
    <div class="gallery-item" role="group" aria-label=${`Picture ${cell.name}`} data-message=${message.id} data-number="1">
      <${Cell} cell=${cell} messages=${messages} message=${message} marks=${marks} starred=${false} stop=${cell.name === stop} />
      ${
        cell.url &&
        html`<div class="chips" role="group" aria-label=${`What is ${cell.name}?`}>
          ${chip('like', 'like', good, `${cell.name} is ${good.toLowerCase()}`, side === 'good', () => toggleSide(message, 1, 'good'))}
          ${chip('dislike', 'dislike', bad, `${cell.name} is ${bad.toLowerCase()}`, side === 'bad', () => toggleSide(message, 1, 'bad'))}
          ${chip('star', 'star', 'Best', `${cell.name} is the best of the round`, isBest(message, marks, 1), () => toggleBest(message, 1))}
        </div>`
      }
    </div>
  `;
}
