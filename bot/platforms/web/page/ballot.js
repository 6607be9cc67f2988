// A round's sheets, or the pictures of its gallery. Open: pictures that are marked by a press, a chip for
// each number, none of these, and what marks many at once. Closed: the same pictures smaller, with what each
// got. Tab stops once at the pictures of a round; arrows go on from there.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useBatches } from './batches.js';
import { Cell } from './cell.js';
import { Duel } from './duel.js';
import { isDuel } from './duels.js';
import { Gallery } from './gallery.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { callAll, callNone, invert, isCalled, toggleCalled, toggleNone, undo, undoable } from './marks.js';
import { sheetInHand } from './rounds.js';
import { marksOf, set, useStore } from './store.js';
import { rich, Text, timeOf } from './text.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {{messages: Message[]}} props */
export function Round({ messages }) {
  useStore((s) => s.waiting);
  const { data, at } = messages[0];
  const { open } = data;
  const several = messages.length > 1;
  const gallery = data.style === 'gallery';
  const duel = isDuel(messages[0]);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  useAbove(box);
  useBatches(messages);
  const stop = useStop(messages);
  // Of a picture that is held back nothing is asked.
  const asking = messages.find((m) => m.data.cells.some((c) => c.url)) ?? messages[0];
  return html`
    <div ref=${box} class=${open ? 'round round-open' : 'round round-closed'} onKeyDown=${walk} onFocusIn=${stop.moved}>
      <div class="round-above">
        <div class="round-head">
          <h2>${t('round', { round: data.round })}</h2>
          <span class=${open ? 'pill pill-open' : 'pill'}>${t(open ? 'ballot.open' : 'ballot.closed')}</span>
          <time datetime=${new Date(at).toISOString()}>${timeOf(at)}</time>
          ${open && !duel && html`<${Many} messages=${messages} />`}
        </div>
        <div class="prose">${open ? html`<${Text} text=${asking.text} />` : html`<${Text} text=${summary(messages)} />`}</div>
      </div>
      ${duel && open && html`<${Duel} messages=${messages} /><a class="link duel-link" href="#duel">${t('duel.alone')}</a>`}
      ${duel && !open && html`<${Gallery} messages=${eachOnce(messages)} stop=${stop.at} />`}
      ${
        !duel &&
        (gallery
          ? html`<${Gallery} messages=${messages} stop=${stop.at} />`
          : html`<div class=${several ? 'sheets sheets-several' : 'sheets'}>${messages.map((m) => html`<${Sheet} key=${m.id} message=${m} messages=${messages} stop=${stop.at} />`)}</div>`)
      }
    </div>
  `;
}

/** Each picture where it stands first. @param {Message[]} messages */
function eachOnce(messages) {
  const seen = new Set();
  const first = (/** @type {any} */ { index }) => !seen.has(index) && seen.add(index);
  return messages.map((m) => ({ ...m, data: { ...m.data, cells: m.data.cells.filter(first) } }));
}

/** What the sheets came to, said once. @param {Message[]} messages */
function summary(messages) {
  const { words } = messages[0].data;
  if (!words) return messages[0].text;
  const best = messages.flatMap((m) => m.data.cells).find((c) => c.best);
  return best ? t('ballot.best', { words, name: best.name }) : t('ballot.words', { words });
}

/** Tells the style how much stands above the pictures, which take what is left of the window. @param {{current: HTMLElement | null}} box */
function useAbove(box) {
  useLayoutEffect(() => {
    const above = box.current?.querySelector('.round-above');
    if (!above) return;
    const tell = () => box.current?.style.setProperty('--above', `${above.getBoundingClientRect().height}px`);
    tell();
    const watch = new ResizeObserver(tell);
    watch.observe(above);
    return () => watch.disconnect();
  }, []);
}

/** The one picture of the round where Tab stops: the first, or where the focus was last. @param {Message[]} messages */
function useStop(messages) {
  const [last, setLast] = useState('');
  const names = messages.flatMap((m) => m.data.cells.filter((c) => c.url).map((c) => c.name));
  return {
    at: names.includes(last) ? last : (names[0] ?? ''),
    moved(/** @type {FocusEvent} */ e) {
      const cell = /** @type {HTMLElement} */ (e.target).closest('[data-number]');
      const message = messages.find((m) => m.id === cell?.getAttribute('data-message'));
      const found = message?.data.cells.find((c) => String(c.number) === cell?.getAttribute('data-number'));
      if (found) setLast(found.name);
    },
  };
}

/** Arrows go from picture to picture, by what the eye sees. @param {KeyboardEvent} e */
function walk(e) {
  const from = /** @type {HTMLElement} */ (e.target);
  if (!from.matches('.cell-picture') || e.ctrlKey || e.metaKey || e.altKey) return;
  const all = /** @type {HTMLElement[]} */ ([
    .../** @type {HTMLElement} */ (e.currentTarget).querySelectorAll('button.cell-picture'),
  ]);
  const i = all.indexOf(from);
  const steps = {
    ArrowRight: () => all[i + 1],
    ArrowLeft: () => all[i - 1],
    ArrowDown: () => nearest(from, all, 1),
    ArrowUp: () => nearest(from, all, -1),
    Home: () => all[0],
    End: () => all.at(-1),
  };
  const to = steps[e.key]?.();
  if (!steps[e.key]) return;
  e.preventDefault();
  to?.focus();
}

/** The picture next below or above. @param {HTMLElement} from @param {HTMLElement[]} all @param {1 | -1} way */
function nearest(from, all, way) {
  const middle = (/** @type {HTMLElement} */ el) => {
    const { left, top, width, height } = el.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = middle(from);
  const far = (/** @type {HTMLElement} */ el) => {
    const [ex, ey] = middle(el);
    return Math.abs(ey - y) * 4 + Math.abs(ex - x);
  };
  return all
    .filter((el) => (middle(el)[1] - y) * way > from.offsetHeight / 2)
    .sort((a, b) => far(a) - far(b))[0];
}

/** What marks the whole round in one press, and the way back. @param {{messages: Message[]}} props */
function Many({ messages }) {
  const { says = 'good', round } = messages[0].data;
  const act = (name, words, icon, of, off = false) =>
    html`<button class="many" aria-label=${t('many.named', { name, words })} title=${words} aria-disabled=${off} onClick=${() => off || of(messages)}>${icon && html`<${Icon} name=${icon} />`}${name}</button>`;
  return html`
    <div class="manies" role="group" aria-label=${t('many.label', { round })}>
      ${act(t(`many.all.${says}`), t(`many.all.${says}.words`), 'check', callAll)}
      ${act(t('many.none'), t(`many.none.${says}.words`), 'none', callNone)}
      ${act(t('many.invert'), t('many.invert.words'), null, invert)}
      ${act(t('many.undo'), t('many.undo.words'), 'undo', undo, !undoable(messages))}
    </div>
  `;
}

/** @param {{message: Message, messages: Message[], stop: string}} props */
function Sheet({ message, messages, stop }) {
  useStore((s) => s.sheet);
  const { cells, open, sheet } = message.data;
  const several = messages.length > 1;
  const marks = marksOf(message);
  const inHand = open && several && sheetInHand(messages).id === message.id;
  return html`
    <div class=${inHand ? 'sheet sheet-in-hand' : 'sheet'} role=${open ? 'region' : 'group'} aria-label=${t(open ? 'sheet' : 'sheet.of', { sheet, round: message.data.round })} onFocusIn=${() => open && set({ sheet: message.id })}>
      ${several && html`<h3>${t('sheet', { sheet })}${inHand && html`<span class="sheet-keys">${rich('sheet.keys', { n: cells.length })}</span>`}</h3>`}
      <div class="cells" data-count=${cells.length}>
        ${cells.map((cell) => html`<${Cell} key=${cell.name} cell=${cell} messages=${messages} message=${message} marks=${marks} stop=${cell.name === stop} />`)}
      </div>
      ${open && html`<${Chips} message=${message} marks=${marks} />`}
    </div>
  `;
}

/** @param {{message: Message, marks: Set<string>}} props */
function Chips({ message, marks }) {
  const { cells, says = 'good', sheet } = message.data;
  const none = marks.has('none');
  return html`
    <div class="chips" role="group" aria-label=${t(`chips.${says}`, { sheet })}>
      ${cells.map((cell) => {
        const on = isCalled(message, marks, cell.number);
        return html`<button key=${cell.name} class="chip" data-emoji=${cell.number} tabindex="-1" aria-pressed=${on} disabled=${!cell.url} aria-label=${t(`cell.is.${says}`, { name: cell.name })} onClick=${() => toggleCalled(message, cell.number)}>${on && html`<${Icon} name="check" />`}${cell.name}</button>`;
      })}
      <button class="chip chip-none" data-emoji="none" aria-label=${t(`chip.none.${says}`, { sheet })} title=${t('chip.none.title')} aria-pressed=${none} onClick=${() => toggleNone(message)}><${Icon} name=${none ? 'check' : 'none'} />${t('chip.none')}</button>
      <p class="unseen">${t(`chips.marked.${says}`, { n: [...marks].filter((e) => /^[1-9]$/.test(e)).length })}</p>
    </div>
  `;
}
