// One picture with what is said of it. While its round is open a press on it marks it, with Shift all from
// the one marked last; the corner, a long press or Enter enlarges. In a closed round it enlarges. Keys for it
// are in keys.js.
import { useRef } from 'preact/hooks';
import { openLarge } from './address.js';
import { useSmall } from './batches.js';
import { beginDrag, dragSpent, isPainted } from './drag.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import {
  callRange,
  faultsSaid,
  gotWords,
  isBest,
  isCalled,
  sideOf,
  toggleBest,
  toggleCalled,
  wordOf,
} from './marks.js';
import { faultWord } from './names.js';
import { reveal, useStore } from './store.js';
import { Picture, useVeil } from './veil.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

/** How long a finger rests on a picture to see it large, ms, and how far it may slip, px. */
const longPress = 450;
const slip = 10;

const capital = (/** @type {string} */ word) => word[0].toUpperCase() + word.slice(1);

/** @param {Message[]} messages of the round @param {Message} message @param {number} n */
export function enlarge(messages, message, n) {
  const before = messages
    .slice(0, messages.indexOf(message))
    .reduce((sum, m) => sum + m.data.cells.length, 0);
  openLarge({ group: messages.map((m) => m.id), index: before + n - 1 });
}

/** `starred`: its star is a button on it. `stop`: Tab stops at it. @param {{cell: any, messages: Message[], message: Message, marks: Set<string>, starred?: boolean, stop: boolean}} props */
export function Cell({ cell, messages, message, marks, starred = true, stop }) {
  const { blurred, open } = message.data;
  const n = cell.number;
  const side = open ? sideOf(message, marks, n) : null;
  const [fault] = open ? faultsSaid(message, marks, n) : [];
  const word = side && (side === 'bad' && fault ? capital(faultWord(fault)) : wordOf(message, side));
  const hidden = useVeil(cell.url ?? '', blurred);
  const best = open ? isBest(message, marks, n) : cell.best;
  const liked = !open && cell.liked;
  const painted = useStore((s) => s.painted);
  const look = [
    'cell',
    side === 'bad' && 'cell-bad',
    (side === 'good' || liked) && 'cell-good',
    best && 'cell-best',
    !open && liked === false && 'cell-faded',
    isPainted(painted, message, n) && 'cell-painted',
  ];
  return html`
    <div class=${look.filter(Boolean).join(' ')} data-message=${message.id} data-number=${n}>
      ${
        cell.url
          ? html`<${Face} cell=${cell} messages=${messages} message=${message} marks=${marks} hidden=${hidden} best=${best} stop=${stop} />`
          : html`<div class="cell-picture cell-held" role="img" aria-label=${cell.alt}><${Icon} name="none" /><span>${t('cell.held')}</span></div>`
      }
      <span class="badge" aria-hidden="true">${cell.name}</span>
      ${word && html`<span class=${side === 'good' ? 'said-side' : 'said-side said-bad'} aria-hidden="true"><${Icon} name=${side === 'good' ? 'check' : 'none'} />${word}</span>`}
      ${open && cell.url && html`<button class="corner" tabindex="-1" aria-label=${t('cell.enlarge.name', { name: cell.name })} title=${t('cell.enlarge')} onClick=${() => enlarge(messages, message, n)}><${Icon} name="enlarge" /></button>`}
      ${starred && open && cell.url && html`<button class="star" tabindex="-1" aria-pressed=${best} aria-label=${t('cell.is.best', { name: cell.name })} title=${t('cell.best.title')} onClick=${() => toggleBest(message, n)}><${Icon} name="star" filled=${best} /></button>`}
      ${!open && html`<span class="got" aria-hidden="true">${best && html`<${Icon} name="star" filled />`}${cell.seen === null ? '' : `${cell.up} / ${cell.seen}`}</span>`}
    </div>
  `;
}

/** The picture itself, as a button. @param {{cell: any, messages: Message[], message: Message, marks: Set<string>, hidden: boolean, best: boolean, stop: boolean}} props */
function Face({ cell, messages, message, marks, hidden, best, stop }) {
  const { open, blurred, says = 'good' } = message.data;
  const n = cell.number;
  const hold = useHold(() => enlarge(messages, message, n));
  const down = (/** @type {PointerEvent} */ e) => {
    hold.on.onPointerDown(e);
    beginDrag(e, messages, message, n);
  };
  const larger = () => enlarge(messages, message, n);
  const marking = open && !hidden;
  const press = (/** @type {MouseEvent} */ e) => {
    // Keys press without a finger.
    if (dragSpent() && e.detail > 0) return;
    if (hidden) reveal(cell.url);
    else if (!open) larger();
    else if (e.shiftKey) callRange(messages, message, n);
    else toggleCalled(message, n);
  };
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    if (!marking || e.key !== 'Enter' || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    larger();
  };
  const words = [
    cell.alt,
    best && t('cell.best.said'),
    !open && cell.seen !== null && gotWords(message, cell),
  ];
  const act = t(hidden ? 'cell.blurred' : open ? `cell.mark.${says}` : 'cell.enlarge');
  const label = t('cell.label', { words: words.filter(Boolean).join(', '), act });
  return html`<button class="cell-picture" tabindex=${stop ? 0 : -1} aria-pressed=${marking ? isCalled(message, marks, n) : undefined} aria-label=${label} onClick=${press} onKeyDown=${keyed} ...${marking ? { ...hold.on, onPointerDown: down, onDragStart: (e) => e.preventDefault() } : {}}><${Picture} url=${cell.url} alt="" veiled=${blurred} small=${useSmall(message, cell)} />${hidden && html`<span class="veil" aria-hidden="true">${t('cell.show')}</span>`}</button>`;
}

/** Wherever the finger comes up, what is there now is not pressed. */
function swallowPress() {
  const swallow = (/** @type {Event} */ e) => {
    e.preventDefault();
    e.stopPropagation();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  const over = () => removeEventListener('click', swallow, true);
  addEventListener('pointerdown', over, { capture: true, once: true });
}

/** A finger that rests: `act` is done once, and the press that ends it is none. @param {() => void} act */
export function useHold(act) {
  const held = useRef({ timer: 0, x: 0, y: 0 });
  const { current } = held;
  const end = () => clearTimeout(current.timer);
  return {
    on: {
      onPointerDown(/** @type {PointerEvent} */ e) {
        end();
        if (e.pointerType === 'mouse') return;
        Object.assign(current, { x: e.clientX, y: e.clientY });
        current.timer = setTimeout(() => {
          swallowPress();
          act();
        }, longPress);
      },
      onPointerMove(/** @type {PointerEvent} */ e) {
        if (Math.hypot(e.clientX - current.x, e.clientY - current.y) > slip) end();
      },
      onPointerUp: end,
      onPointerCancel: end,
      // The system's own menu would cover what is enlarged.
      onContextMenu: (/** @type {PointerEvent} */ e) => e.pointerType !== 'mouse' && e.preventDefault(),
    },
  };
}
