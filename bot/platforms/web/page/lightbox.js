// One picture large, with its marks. Arrow keys go through all pictures of the round; Enter or G marks it good, D (in a
// gallery) not good, S names it the best, F flags it, Escape closes and gives the focus back.
import { useEffect, useRef } from 'preact/hooks';
import { html } from './html.js';
import { Icon } from './icons.js';
import {
  faultsIn,
  faultsSaid,
  gotWords,
  isBest,
  isCalled,
  sideOf,
  toggleBest,
  toggleCalled,
  toggleFault,
  toggleSide,
  wordOf,
} from './marks.js';
import { pictureAt } from './rounds.js';
import { get, marksOf, press, reveal, set, useStore } from './store.js';
import { Picture, useVeil } from './veil.js';

export function Lightbox() {
  const open = useStore((s) => s.lightbox);
  useStore((s) => s.messages);
  useStore((s) => s.waiting);
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const el = dialog.current;
    if (open && el && !el.open) el.showModal();
    if (!open && el?.open) el.close();
  }, [open]);
  const messages = (open?.group ?? [])
    .map((/** @type {string} */ id) => get().messages.get(id))
    .filter(Boolean);
  const cells = messages.flatMap((m) => m.data.cells.map((cell) => ({ cell, message: m })));
  const at = open ? cells[open.index] : undefined;
  const close = () => {
    if (get().lightbox === null) return;
    set({ lightbox: null });
    // Back to the picture that was seen last.
    if (at) setTimeout(() => pictureAt(at.message.id, at.cell.number)?.focus());
  };
  const go = (/** @type {number} */ step) =>
    open && set({ lightbox: { ...open, index: (open.index + step + cells.length) % cells.length } });
  const votable = at?.message.data.open && at.cell.url;
  const gallery = at?.message.data.style === 'gallery';
  const say = () =>
    gallery ? toggleSide(at.message, at.cell.number, 'good') : toggleCalled(at.message, at.cell.number);
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    if (!at) return;
    const key = e.key.toLowerCase();
    const onButton = /** @type {HTMLElement} */ (e.target).closest('button') !== null;
    if (key === 'arrowright') go(1);
    else if (key === 'arrowleft') go(-1);
    else if (votable && (key === 'g' || (key === 'enter' && !onButton))) say();
    else if (votable && key === 'd' && gallery) toggleSide(at.message, at.cell.number, 'bad');
    else if (votable && key === 's') toggleBest(at.message, at.cell.number);
    else if (votable && key === 'f') void press(at.message, 'flag', at.cell.name);
    else return;
    e.preventDefault();
  };
  const marks = at ? marksOf(at.message) : new Set();
  const side = at && sideOf(at.message, marks, at.cell.number);
  const called = at && isCalled(at.message, marks, at.cell.number);
  // A sheet has one word for a picture, a gallery has both.
  const main = at?.message.data.says === 'unsafe' && !gallery ? 'bad' : 'good';
  const veiled = at?.message.data.blurred === true;
  const hidden = useVeil(at?.cell.url ?? '', veiled);
  const best = at && (at.message.data.open ? isBest(at.message, marks, at.cell.number) : at.cell.best);
  return html`
    <dialog class="lightbox" ref=${dialog} aria-label="Picture, enlarged" onClose=${close} onKeyDown=${keyed} onClick=${(e) => e.target === dialog.current && close()}>
      ${
        at &&
        html`
        <div class="lightbox-top">
          <p><strong>${at.cell.name}</strong> <span>Round ${at.message.data.round}</span></p>
          <button class="icon-button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
        </div>
        <div class="lightbox-stage">
          <button class="icon-button" aria-label="Previous picture" onClick=${() => go(-1)}><${Icon} name="left" /></button>
          ${at.cell.url ? html`<${Picture} url=${at.cell.url} alt=${at.cell.alt} veiled=${veiled} key=${at.cell.url} />${hidden && html`<button class="button veil" onClick=${() => reveal(at.cell.url)}>Show</button>`}` : html`<div class="cell-held lightbox-held" role="img" aria-label=${at.cell.alt}><${Icon} name="none" /><span>Held back</span></div>`}
          <button class="icon-button" aria-label="Next picture" onClick=${() => go(1)}><${Icon} name="right" /></button>
        </div>
        <div class="lightbox-acts">
          ${
            votable
              ? html`
              <button class="button mark-good" aria-pressed=${gallery ? side === 'good' : called} autofocus onClick=${say}><${Icon} name=${main === 'bad' ? 'none' : 'check'} />${wordOf(at.message, main)}<kbd>G</kbd></button>
              ${gallery && html`<button class="button mark-bad" aria-pressed=${side === 'bad'} onClick=${() => toggleSide(at.message, at.cell.number, 'bad')}><${Icon} name="none" />${wordOf(at.message, 'bad')}<kbd>D</kbd></button>`}
              <button class="button mark-best" aria-pressed=${best} onClick=${() => toggleBest(at.message, at.cell.number)}><${Icon} name="star" filled=${best} />Best<kbd>S</kbd></button>
              <button class="button" onClick=${() => void press(at.message, 'flag', at.cell.name)}><${Icon} name="flag" />Flag<kbd>F</kbd></button>`
              : html`<p class="lightbox-got">${best && html`<${Icon} name="star" filled />`}${at.cell.seen === null ? 'Voting has closed' : `${gotWords(at.message, at.cell)}${best ? ', the best of the round' : ''}`}</p>`
          }
        </div>
        ${votable && side !== 'good' && faultsIn(at.message).length > 0 && html`<${Why} message=${at.message} cell=${at.cell} marks=${marks} />`}`
      }
    </dialog>
  `;
}

/** Of a picture that is not good: what is wrong with it. @param {{message: import('./store.js').Message, cell: any, marks: Set<string>}} props */
function Why({ message, cell, marks }) {
  const said = faultsSaid(message, marks, cell.number).map(({ id }) => id);
  return html`
    <div class="lightbox-why" role="group" aria-label=${`What is wrong with ${cell.name}?`}>
      <span aria-hidden="true">Why not?</span>
      ${faultsIn(message).map(({ id, word }) => html`<button key=${id} class="button" data-fault=${id} aria-pressed=${said.includes(id)} onClick=${() => toggleFault(message, cell.number, id)}>${said.includes(id) && html`<${Icon} name="check" />`}${word}</button>`)}
    </div>
  `;
}
