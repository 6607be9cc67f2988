// A gallery: each picture of the round with a like, a dislike and a star of its own. Closed it is one row of
// small pictures, as closed sheets are.
import { Cell } from './cell.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { isBest, sideName, sideOf, toggleBest, toggleSide, wordOf } from './marks.js';
import { marksOf } from './store.js';
import { t } from './words.js';

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
  const { name } = cell;
  const sided = (/** @type {'good' | 'bad'} */ which) => ({
    title: wordOf(message, which),
    words: t(`cell.is.${sideName(message, which)}`, { name }),
    on: side === which,
    act: () => toggleSide(message, 1, which),
  });
  const star = {
    title: t('mark.best'),
    words: t('cell.is.best', { name }),
    on: isBest(message, marks, 1),
    act: () => toggleBest(message, 1),
  };
  return html`
    <div class="gallery-item" role="group" aria-label=${t('cell.picture', { name })} data-message=${message.id} data-number="1">
      <${Cell} cell=${cell} messages=${messages} message=${message} marks=${marks} starred=${false} stop=${name === stop} />
      ${
        cell.url &&
        html`<div class="chips" role="group" aria-label=${t('cell.what', { name })}>
          <${Chip} is="like" ...${sided('good')} />
          <${Chip} is="dislike" ...${sided('bad')} />
          <${Chip} is="star" ...${star} />
        </div>`
      }
    </div>
  `;
}

/** A mark of the picture; its sign has the mark's name. @param {{is: 'like' | 'dislike' | 'star', title: string, words: string, on: boolean, act: () => void}} props */
function Chip({ is, title, words, on, act }) {
  return html`<button class=${`chip chip-${is}`} data-emoji=${is} tabindex="-1" aria-pressed=${on} aria-label=${words} title=${title} onClick=${act}><${Icon} name=${is} filled=${on} /></button>`;
}
