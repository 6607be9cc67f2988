// The favourites as small pictures, each of which opens large.
import { favouritesOf, openFavourite } from './favourites.js';
import { html } from './html.js';
import { useStore } from './store.js';
import { Picture } from './veil.js';
import { t } from './words.js';

export function FavouriteList() {
  const list = favouritesOf(useStore((s) => s));
  if (list.length === 0) return html`<p>${t('favourites.none')}</p>`;
  return html`<ul class="favourites">${list.map(({ message, cell }) => html`<${One} key=${`${message.id} ${cell.number}`} message=${message} cell=${cell} />`)}</ul>`;
}

/** @param {{message: import('./store.js').Message, cell: any}} props */
function One({ message, cell }) {
  const { prompt, round, blurred } = message.data;
  return html`
    <li>
      <button onClick=${() => openFavourite(message, cell)}>
        <${Picture} url=${cell.url} alt=${cell.alt} veiled=${blurred} />
        <span>${t('favourites.of', { name: cell.name, round })}</span>
      </button>
      <p title=${prompt}>${prompt}</p>
    </li>
  `;
}
