// A round of duels: one pair at a time, its pictures side by side, answered by a press or an arrow key. A long
// press or the corner enlarges. Pictures are fetched ahead, so that each pair shows at once.
import { useBatches, useSmall } from './batches.js';
import { enlarge, useHold } from './cell.js';
import { answer } from './duel-marks.js';
import { mayAnswer, progressOf } from './duels.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { undo, undoable } from './marks.js';
import { reveal, useStore } from './store.js';
import { Picture, useVeil } from './veil.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {import('./duels.js').Says} Says */

/** `alone`: nothing else is on the screen. @param {{messages: Message[], alone?: boolean}} props */
export function Duel({ messages, alone = false }) {
  useStore((s) => s.waiting);
  const { open, done, of } = progressOf(messages);
  const [pair] = open;
  // Every picture once, in the order in which the pairs are asked: each is there before its turn.
  useBatches(messages);
  const { says = 'good' } = messages[0].data;
  return html`
    <div class=${alone ? 'duel duel-alone' : 'duel'} role="group" aria-label=${t('duel.label', { round: messages[0].data.round })}>
      <div class="duel-progress">
        <progress max=${of} value=${done} aria-label=${t('duel.progress', { done, of })}></progress>
        <span aria-hidden="true">${t('duel.progress', { done, of })}</span>
        <button class="many" title=${t('many.undo.words')} aria-disabled=${!undoable(messages)} onClick=${undo}><${Icon} name="undo" />${t('many.undo')}</button>
      </div>
      ${pair ? html`<${Pair} pair=${pair} messages=${messages} says=${says} />` : html`<p class="duel-over" role="status"><${Icon} name="check" />${t('duel.over', { n: of })}</p>`}
    </div>
  `;
}

/** @param {{pair: Message, messages: Message[], says: string}} props */
function Pair({ pair, messages, says }) {
  const [left, right] = pair.data.cells;
  const act = (/** @type {Says} */ which) =>
    html`<button class=${`button duel-act duel-${which}`} disabled=${!mayAnswer(pair, which)} onClick=${() => answer(messages, pair, which)}><kbd aria-hidden="true">${signs[which]}</kbd>${wordOf(which, says, right === undefined)}</button>`;
  return html`
    <div class=${right ? 'duel-pair' : 'duel-pair duel-one'}>
      <${Side} cell=${left} says="left" pair=${pair} messages=${messages} />
      ${right && html`<${Side} cell=${right} says="right" pair=${pair} messages=${messages} />`}
    </div>
    <div class=${right ? 'duel-acts' : 'duel-acts duel-one'}>
      ${act('left')}
      ${right && html`${act('both')}${act('neither')}${act('right')}`}
      ${!right && act('neither')}
    </div>
  `;
}

/** What a button says; of a picture alone: good or not, or where unsafe ones are looked for, unsafe or not. @param {Says} which @param {string} says @param {boolean} single */
function wordOf(which, says, single) {
  if (!single) return t(`duel.${which}`);
  if (says === 'unsafe') return t(which === 'left' ? 'mark.unsafe' : 'mark.safe');
  return t(which === 'left' ? 'mark.good' : 'mark.notgood');
}

const signs = { left: '←', right: '→', both: '↑', neither: '↓' };

/** One of the two; a press says that it is the better one. @param {{cell: any, says: Says, pair: Message, messages: Message[]}} props */
function Side({ cell, says, pair, messages }) {
  const veiled = pair.data.blurred === true;
  const hidden = useVeil(cell.url ?? '', veiled);
  const small = useSmall(pair, cell);
  const larger = () => enlarge(messages, pair, cell.number);
  const hold = useHold(larger);
  if (!cell.url)
    return html`<div class="duel-side cell-held" role="img" aria-label=${cell.alt}><${Icon} name="none" /><span>${t('cell.held')}</span></div>`;
  const press = () => (hidden ? reveal(cell.url) : answer(messages, pair, says));
  const label = t('cell.label', {
    words: cell.alt,
    act: t(hidden ? 'cell.blurred' : `duel.${says}`),
  });
  return html`
    <div class="duel-side" data-message=${pair.id} data-number=${cell.number}>
      <button class="duel-picture" aria-label=${label} onClick=${press} ...${hold.on}>
        <${Picture} url=${cell.url} alt="" veiled=${veiled} small=${small} now />
        ${hidden && html`<span class="veil" aria-hidden="true">${t('cell.show')}</span>`}
      </button>
      <button class="corner" tabindex="-1" aria-label=${t('cell.enlarge.name', { name: cell.name })} title=${t('cell.enlarge')} onClick=${larger}><${Icon} name="enlarge" /></button>
    </div>
  `;
}
