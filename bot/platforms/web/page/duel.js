// A round of duels: one pair at a time, its pictures side by side, answered by a press or an arrow key. The
// next pairs are fetched meanwhile, so that each shows at once.
import { useEffect, useRef } from 'preact/hooks';
import { altOf } from './cell.js';
import { answer } from './duel-marks.js';
import { mayAnswer, progressOf } from './duels.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { undo, undoable } from './marks.js';
import { reveal, useStore } from './store.js';
import { Picture, sourceOf, useVeil } from './veil.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {import('./duels.js').Says} Says */

/** Pairs that are fetched before they are asked. */
const ahead = 2;
/** Below this a pair needs no more pixels than a sheet has, px. */
const wide = 800;

/** `alone`: nothing else is on the screen. @param {{messages: Message[], alone?: boolean}} props */
export function Duel({ messages, alone = false }) {
  useStore((s) => s.waiting);
  const { open, done, of } = progressOf(messages);
  const [pair] = open;
  const large = innerWidth >= wide;
  useAhead(open.slice(1, 1 + ahead), large);
  const { says = 'good' } = messages[0].data;
  return html`
    <div class=${alone ? 'duel duel-alone' : 'duel'} role="group" aria-label=${t('duel.label', { round: messages[0].data.round })}>
      <div class="duel-progress">
        <progress max=${of} value=${done} aria-label=${t('duel.progress', { done, of })}></progress>
        <span aria-hidden="true">${t('duel.progress', { done, of })}</span>
        <button class="many" title=${t('many.undo.words')} aria-disabled=${!undoable(messages)} onClick=${undo}><${Icon} name="undo" />${t('many.undo')}</button>
      </div>
      ${pair ? html`<${Pair} pair=${pair} messages=${messages} large=${large} says=${says} />` : html`<p class="duel-over" role="status"><${Icon} name="check" />${t('duel.over', { n: of })}</p>`}
    </div>
  `;
}

/** @param {{pair: Message, messages: Message[], large: boolean, says: string}} props */
function Pair({ pair, messages, large, says }) {
  const [left, right] = pair.data.cells;
  const act = (/** @type {Says} */ which) =>
    html`<button class=${`button duel-act duel-${which}`} disabled=${!mayAnswer(pair, which)} onClick=${() => answer(messages, pair, which)}><kbd aria-hidden="true">${signs[which]}</kbd>${t(right || which !== 'left' ? (which === 'neither' && !right ? `mark.${says === 'unsafe' ? 'safe' : 'notgood'}` : `duel.${which}`) : `mark.${says}`)}</button>`;
  return html`
    <div class=${right ? 'duel-pair' : 'duel-pair duel-one'}>
      <${Side} cell=${left} says="left" pair=${pair} messages=${messages} large=${large} />
      ${right && html`<${Side} cell=${right} says="right" pair=${pair} messages=${messages} large=${large} />`}
    </div>
    <div class=${right ? 'duel-acts' : 'duel-acts duel-one'}>
      ${act('left')}
      ${right && html`${act('both')}${act('neither')}${act('right')}`}
      ${!right && act('neither')}
    </div>
  `;
}

const signs = { left: '←', right: '→', both: '↑', neither: '↓' };

/** One of the two; a press says that it is the better one. @param {{cell: any, says: Says, pair: Message, messages: Message[], large: boolean}} props */
function Side({ cell, says, pair, messages, large }) {
  const veiled = pair.data.blurred === true;
  const hidden = useVeil(cell.url ?? '', veiled);
  if (!cell.url)
    return html`<div class="duel-side cell-held" role="img" aria-label=${altOf(pair, cell)}><${Icon} name="none" /><span>${t('cell.held')}</span></div>`;
  const press = () => (hidden ? reveal(cell.url) : answer(messages, pair, says));
  const label = t('cell.label', {
    words: altOf(pair, cell),
    act: t(hidden ? 'cell.blurred' : `duel.${says}`),
  });
  return html`
    <div class="duel-side" data-message=${pair.id} data-number=${cell.number}>
      <button class="duel-picture" aria-label=${label} onClick=${press}>
        <${Picture} url=${cell.url} alt="" veiled=${veiled} large=${large} now />
        ${hidden && html`<span class="veil" aria-hidden="true">${t('cell.show')}</span>`}
      </button>
    </div>
  `;
}

/** Pictures of the pairs to come, fetched and decoded. @param {Message[]} pairs @param {boolean} large */
function useAhead(pairs, large) {
  const kept = useRef(/** @type {Map<string, HTMLImageElement>} */ (new Map()));
  const sources = pairs.flatMap((m) =>
    m.data.cells.filter((c) => c.url).map((c) => sourceOf(c.url, false, large)),
  );
  useEffect(() => {
    const before = kept.current;
    kept.current = new Map(
      sources.map((src) => {
        const known = before.get(src);
        if (known) return [src, known];
        const image = new Image();
        image.src = src;
        image.decode().catch(() => {});
        return [src, image];
      }),
    );
  }, [sources.join(' ')]);
}
