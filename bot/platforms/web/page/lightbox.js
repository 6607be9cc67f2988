// One picture large, with its marks. Arrow keys go through all pictures of the round; Enter or G marks it
// good, D (in a gallery) not good, S names it the best, F flags it, Escape closes and gives the focus back.
import { useEffect, useRef, useState } from 'preact/hooks';
import { closeLarge, openLarge } from './address.js';
import { askFlag } from './asking.js';
import { isFavourite, toggleFavourite } from './favourites.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import {
  faultsIn,
  faultsSaid,
  gotWords,
  isBest,
  isCalled,
  isFlagged,
  sideOf,
  toggleBest,
  toggleCalled,
  toggleFault,
  toggleSide,
  wordOf,
} from './marks.js';
import { faultWord } from './names.js';
import { pictureAt } from './rounds.js';
import { get, marksOf, press, reveal, useStore } from './store.js';
import { Picture, useVeil } from './veil.js';
import { t } from './words.js';

/** A picture of a round, where it stands. @typedef {{message: import('./store.js').Message, cell: any}} At */

/** What is large, and the pictures beside it. */
function useLarge() {
  const open = useStore((s) => s.lightbox);
  useStore((s) => s.messages);
  useStore((s) => s.waiting);
  const messages = (open?.group ?? [])
    .map((/** @type {string} */ id) => get().messages.get(id))
    .filter(Boolean);
  /** @type {At[]} */
  const cells = messages.flatMap((m) => m.data.cells.map((cell) => ({ cell, message: m })));
  const go = (/** @type {number} */ step) =>
    open && openLarge({ ...open, index: (open.index + step + cells.length) % cells.length });
  return { at: open ? cells[open.index] : undefined, go };
}

/** Shows the dialog while there is a picture; the focus goes back to the one that was seen last. @param {At | undefined} at */
function useDialog(at) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const seen = useRef(/** @type {{id: string, n: number} | null} */ (null));
  if (at) seen.current = { id: at.message.id, n: at.cell.number };
  const open = at !== undefined;
  useEffect(() => {
    const el = dialog.current;
    if (open && el && !el.open) el.showModal();
    if (open) return;
    if (el?.open) el.close();
    if (seen.current) pictureAt(seen.current.id, seen.current.n)?.focus();
    seen.current = null;
  }, [open]);
  return dialog;
}

const inGallery = (/** @type {At} */ { message }) => message.data.style === 'gallery';
const inDuel = (/** @type {At} */ { message }) => message.data.style === 'duel';
const isVotable = (/** @type {At} */ { message, cell }) => Boolean(message.data.open && cell.url);

/** What people are there to say of it. @param {At} at */
function call(at) {
  const { message, cell } = at;
  if (inGallery(at)) toggleSide(message, cell.number, 'good');
  else toggleCalled(message, cell.number);
}

/** True where the key meant something. @param {KeyboardEvent} e @param {At} at @param {(step: number) => void} go */
function act(e, at, go) {
  const key = e.key.toLowerCase();
  const onButton = /** @type {HTMLElement} */ (e.target).closest('button') !== null;
  const { message, cell } = at;
  if (key === 'arrowright') go(1);
  else if (key === 'arrowleft') go(-1);
  else if (!isVotable(at)) return false;
  else if (!inDuel(at) && (key === 'g' || (key === 'enter' && !onButton))) call(at);
  else if (key === 'd' && inGallery(at)) toggleSide(message, cell.number, 'bad');
  else if (key === 's') toggleBest(message, cell.number);
  else if (key === 'f') flag(at);
  else return false;
  return true;
}

export function Lightbox() {
  const { at, go } = useLarge();
  const dialog = useDialog(at);
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    if (at && act(e, at, go)) e.preventDefault();
  };
  return html`
    <dialog class="lightbox" ref=${dialog} aria-label=${t('large.label')} onClose=${closeLarge} onKeyDown=${keyed} onClick=${(e) => e.target === dialog.current && closeLarge()}>
      ${at && html`<${Large} at=${at} go=${go} />`}
    </dialog>
  `;
}

/** @param {{at: At, go: (step: number) => void}} props */
function Large({ at, go }) {
  const { message, cell } = at;
  const marks = marksOf(message);
  const veiled = message.data.blurred === true;
  const hidden = useVeil(cell.url ?? '', veiled);
  const side = sideOf(message, marks, cell.number);
  const shown = cell.url
    ? html`<${Picture} url=${cell.url} alt=${cell.alt} veiled=${veiled} key=${cell.url} large />${hidden && html`<button class="button veil" onClick=${() => reveal(cell.url)}>${t('cell.show')}</button>`}`
    : html`<div class="cell-held lightbox-held" role="img" aria-label=${cell.alt}><${Icon} name="none" /><span>${t('cell.held')}</span></div>`;
  return html`
    <div class="lightbox-top">
      <p><strong>${cell.name}</strong> <span>${t('round', { round: message.data.round })}</span></p>
      ${cell.url && !hidden && html`<${Take} key=${cell.name} message=${message} cell=${cell} veiled=${veiled} />`}
      <button class="icon-button" aria-label=${t('close')} onClick=${closeLarge}><${Icon} name="close" /></button>
    </div>
    <div class="lightbox-stage">
      <button class="icon-button" aria-label=${t('large.previous')} onClick=${() => go(-1)}><${Icon} name="left" /></button>
      ${shown}
      <button class="icon-button" aria-label=${t('large.next')} onClick=${() => go(1)}><${Icon} name="right" /></button>
    </div>
    <div class="lightbox-acts">
      ${isVotable(at) ? html`<${Acts} at=${at} marks=${marks} side=${side} />` : html`<${Got} at=${at} />`}
    </div>
    ${isVotable(at) && side !== 'good' && faultsIn(message).length > 0 && html`<${Why} message=${message} cell=${cell} marks=${marks} />`}
  `;
}

/** What can be said of it. @param {{at: At, marks: Set<string>, side: 'good' | 'bad' | null}} props */
function Acts({ at, marks, side }) {
  const { message, cell } = at;
  const n = cell.number;
  const gallery = inGallery(at);
  // A sheet has one word for a picture, a gallery has both.
  const main = message.data.says === 'unsafe' && !gallery ? 'bad' : 'good';
  const best = isBest(message, marks, n);
  const flagged = isFlagged(marks, n);
  return html`
    ${!inDuel(at) && html`<button class="button mark-good" aria-pressed=${gallery ? side === 'good' : isCalled(message, marks, n)} autofocus onClick=${() => call(at)}><${Icon} name=${main === 'bad' ? 'none' : 'check'} />${wordOf(message, main)}<kbd>G</kbd></button>`}
    ${gallery && html`<button class="button mark-bad" aria-pressed=${side === 'bad'} onClick=${() => toggleSide(message, n, 'bad')}><${Icon} name="none" />${wordOf(message, 'bad')}<kbd>D</kbd></button>`}
    <button class="button mark-best" aria-pressed=${best} onClick=${() => toggleBest(message, n)}><${Icon} name="star" filled=${best} />${t('mark.best')}<kbd>S</kbd></button>
    <button class="button mark-flag" aria-pressed=${flagged} onClick=${() => flag(at)}><${Icon} name="flag" filled=${flagged} />${t(flagged ? 'mark.flagged' : 'mark.flag')}<kbd>F</kbd></button>
  `;
}

/** What it got, once voting is over. @param {{at: At}} props */
function Got({ at: { message, cell } }) {
  const best = message.data.open ? isBest(message, marksOf(message), cell.number) : cell.best;
  const got = cell.seen === null ? t('large.closed') : gotWords(message, cell);
  const said = best && cell.seen !== null ? t('large.best', { got }) : got;
  return html`<p class="lightbox-got">${best && html`<${Icon} name="star" filled />`}${said}</p>`;
}

/** Reports a picture, once that was asked about, or takes the report back. @param {{message: import('./store.js').Message, cell: any}} at */
function flag({ message, cell }) {
  const done = () => void press(message, on ? 'unflag' : 'flag', cell.name);
  const on = isFlagged(marksOf(message), cell.number);
  if (on || !get().me?.consented) done();
  else askFlag(cell.name, done);
}

/** What may be taken along: the picture as a file, and the words and numbers that it was drawn from. @param {{message: import('./store.js').Message, cell: any, veiled: boolean}} props */
function Take({ message, cell, veiled }) {
  const { session, round, prompt, seed, model } = message.data;
  const favourite = useStore((s) => isFavourite(s.favourites, message, cell));
  const words = [prompt, seed !== undefined && `seed ${seed}, round ${round}, picture ${cell.index}`, model]
    .filter(Boolean)
    .join('\n');
  const [said, setSaid] = useState('');
  // Only pages of this machine, or with TLS, have a clipboard.
  const copy = () =>
    (navigator.clipboard?.writeText(words) ?? Promise.reject()).then(
      () => setSaid(t('large.copied')),
      () => setSaid(t('large.copy.not')),
    );
  const name = `${session}-round-${round}-${cell.name.replace('#', '')}.png`;
  return html`
    <span class="lightbox-take">
      <span role="status">${said}</span>
      <button class="icon-button" aria-pressed=${favourite} aria-label=${t('cell.favourite', { name: cell.name })} title=${t('large.favourite')} onClick=${() => toggleFavourite(message, cell)}><${Icon} name="heart" filled=${favourite} /></button>
      <a class="icon-button" aria-label=${t('large.download')} title=${t('large.download')} href=${veiled ? `${cell.url}&clear=1` : cell.url} download=${name}><${Icon} name="download" /></a>
      <button class="icon-button" aria-label=${t('large.copy')} title=${t('large.copy')} onClick=${copy}><${Icon} name="copy" /></button>
    </span>
  `;
}

/** Of a picture that is not good: what is wrong with it. @param {{message: import('./store.js').Message, cell: any, marks: Set<string>}} props */
function Why({ message, cell, marks }) {
  const said = faultsSaid(message, marks, cell.number).map(({ id }) => id);
  return html`
    <div class="lightbox-why" role="group" aria-label=${t('large.why', { name: cell.name })}>
      <span aria-hidden="true">${t('large.why.short')}</span>
      ${faultsIn(message)
        .map((fault) => ({ ...fault, word: faultWord(fault) }))
        .map(
          ({ id, word }) =>
            html`<button key=${id} class="button" data-fault=${id} aria-pressed=${said.includes(id)} onClick=${() => toggleFault(message, cell.number, id)}>${said.includes(id) && html`<${Icon} name="check" />`}${word}</button>`,
        )}
    </div>
  `;
}
