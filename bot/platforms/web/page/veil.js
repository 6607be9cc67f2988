// One picture. Where the session's pictures are veiled the server sends a blurred copy, and the clear one
// only to who asks for it; an answer that it may not be shown any more puts the veil back.
import { html } from './html.js';
import { get, reveal, set, toast, useStore } from './store.js';
import { t } from './words.js';

/** @param {string} url @param {boolean} veiled */
export function useVeil(url, veiled) {
  const shown = useStore((s) => s.revealed.has(url));
  return veiled && !shown;
}

/** `large`: with all its pixels, else in as many as a sheet shows. `small`: where that is there already; null: on its way. `now`: in the same moment as what is around it. @param {{url: string, alt: string, veiled: boolean, large?: boolean, small?: string | null, now?: boolean}} props */
export function Picture({ url, alt, veiled, large = false, small, now = false }) {
  const hidden = useVeil(url, veiled);
  const lost = () => {
    if (!veiled || hidden) return;
    const revealed = new Set(get().revealed);
    revealed.delete(url);
    set({ revealed });
    toast(t('cell.gone'));
  };
  const single = `${url}${veiled && !hidden ? '&clear=1' : ''}${large ? '' : '&small=1'}`;
  return html`<img src=${small === undefined ? single : small} alt=${alt} data-veiled=${hidden} loading=${now ? 'eager' : 'lazy'} decoding=${now ? 'sync' : 'async'} onError=${lost} />`;
}

/** A picture that stands alone, with its button while it is veiled. @param {{url: string, alt: string, veiled: boolean}} props */
export function Revealable({ url, alt, veiled }) {
  const hidden = useVeil(url, veiled);
  return html`<span class="revealable"><${Picture} url=${url} alt=${alt} veiled=${veiled} />${hidden && html`<button class="veil" aria-label=${t('cell.show.alt', { alt })} onClick=${() => reveal(url)}>${t('cell.show')}</button>`}</span>`;
}
