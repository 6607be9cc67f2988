// One picture large, with its marks. Arrow keys go through all pictures of the round; Enter or G marks it good, D (in a
// gallery) not good, S names it the best, F flags it, Escape closes and gives the focus back.
import { useEffect, useRef, useState } from 'preact/hooks';
import { closeLarge, openLarge } from './address.js';
import { askFlag } from './asking.js';
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
import { pictureAt } from './rounds.js';
import { get, marksOf, press, reveal, useStore } from './store.js';
import { Picture, useVeil } from './veil.js';

export function Lightbox() {
  const open = useStore((s) => s.lightbox);
  useStore((s) => s.messages);
  useStore((s) => s.waiting);
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const seen = useRef(/** @type {{id: string, n: number} | null} */ (null));
  useEffect(() => {
    const el = dialog.current;
    if (open && el && !el.open) el.showModal();
    if (open) return;
    if (el?.open) el.close();
    // Back to the picture that was seen last.
    if (seen.current) pictureAt(seen.current.id, seen.current.n)?.focus();
    seen.current = null;
  }, [open]);
  const messages = (open?.group ?? [])
    .map((/** @type {string} */ id) => get().messages.get(id))
    .filter(Boolean);
  const cells = messages.flatMap((m) => m.data.cells.map((cell) => ({ cell, message: m })));
  const at = open ? cells[open.index] : undefined;
  if (at) seen.current = { id: at.message.id, n: at.cell.number };
  const close = closeLarge;
  const go = (/** @type {number} */ step) =>
    open && openLarge({ ...open, index: (open.index + step + cells.length) % cells.length });
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
    else if (votable && key === 'f') flag(at);
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
          ${at.cell.url && !hidden && html`<${Take} key=${at.cell.name} message=${at.message} cell=${at.cell} veiled=${veiled} />`}
          <button class="icon-button" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
        </div>
        <div class="lightbox-stage">
          <button class="icon-button" aria-label="Previous picture" onClick=${() => go(-1)}><${Icon} name="left" /></button>
          ${at.cell.url ? html`<${Picture} url=${at.cell.url} alt=${at.cell.alt} veiled=${veiled} key=${at.cell.url} large />${hidden && html`<button class="button veil" onClick=${() => reveal(at.cell.url)}>Show</button>`}` : html`<div class="cell-held lightbox-held" role="img" aria-label=${at.cell.alt}><${Icon} name="none" /><span>Held back</span></div>`}
          <button class="icon-button" aria-label="Next picture" onClick=${() => go(1)}><${Icon} name="right" /></button>
        </div>
        <div class="lightbox-acts">
          ${
            votable
              ? html`
              <button class="button mark-good" aria-pressed=${gallery ? side === 'good' : called} autofocus onClick=${say}><${Icon} name=${main === 'bad' ? 'none' : 'check'} />${wordOf(at.message, main)}<kbd>G</kbd></button>
              ${gallery && html`<button class="button mark-bad" aria-pressed=${side === 'bad'} onClick=${() => toggleSide(at.message, at.cell.number, 'bad')}><${Icon} name="none" />${wordOf(at.message, 'bad')}<kbd>D</kbd></button>`}
              <button class="button mark-best" aria-pressed=${best} onClick=${() => toggleBest(at.message, at.cell.number)}><${Icon} name="star" filled=${best} />Best<kbd>S</kbd></button>
              <button class="button mark-flag" aria-pressed=${isFlagged(marks, at.cell.number)} onClick=${() => flag(at)}><${Icon} name="flag" filled=${isFlagged(marks, at.cell.number)} />${isFlagged(marks, at.cell.number) ? 'Flagged' : 'Flag'}<kbd>F</kbd></button>`
              : html`<p class="lightbox-got">${best && html`<${Icon} name="star" filled />`}${at.cell.seen === null ? 'Voting has closed' : `${gotWords(at.message, at.cell)}${best ? ', the best of the round' : ''}`}</p>`
          }
        </div>
        ${votable && side !== 'good' && faultsIn(at.message).length > 0 && html`<${Why} message=${at.message} cell=${at.cell} marks=${marks} />`}`
      }
    </dialog>
  `;
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
  const words = [prompt, seed !== undefined && `seed ${seed}, round ${round}, picture ${cell.index}`, model]
    .filter(Boolean)
    .join('\n');
  const [said, setSaid] = useState('');
  // Only pages of this machine, or with TLS, have a clipboard.
  const copy = () =>
    (navigator.clipboard?.writeText(words) ?? Promise.reject()).then(
      () => setSaid('Copied'),
      () => setSaid('This browser does not let the page copy'),
    );
  const name = `${session}-round-${round}-${cell.name.replace('#', '')}.png`;
  return html`
    <span class="lightbox-take">
      <span role="status">${said}</span>
      <a class="icon-button" aria-label="Download this picture" title="Download this picture" href=${veiled ? `${cell.url}&clear=1` : cell.url} download=${name}><${Icon} name="download" /></a>
      <button class="icon-button" aria-label="Copy prompt and seed" title="Copy prompt and seed" onClick=${copy}><${Icon} name="copy" /></button>
    </span>
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
