// A round's sheets, or the pictures of its gallery. Open: pictures that enlarge, a chip for each number, none of these, a
// star for the best. Closed: the same pictures smaller, with what each got. Keys 1-9 and 0 mark the sheet that has the focus.
import { Gallery } from './gallery.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import {
  faultsSaid,
  gotWords,
  isBest,
  isCalled,
  sideOf,
  toggleBest,
  toggleCalled,
  toggleNone,
  wordOf,
} from './marks.js';
import { marksOf, reveal, set, useStore } from './store.js';
import { count, Text } from './text.js';
import { Picture, useVeil } from './veil.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {{messages: Message[]}} props */
export function Round({ messages }) {
  const { data } = messages[0];
  const several = messages.length > 1;
  const gallery = data.style === 'gallery';
  // Of a picture that is held back nothing is asked.
  const asking = messages.find((m) => m.data.cells.some((c) => c.url)) ?? messages[0];
  return html`
    <div class=${data.open ? 'round' : 'round round-closed'}>
      <div class="round-head">
        <h3>Round ${data.round}</h3>
        <span class=${data.open ? 'pill pill-open' : 'pill'}>${data.open ? 'Voting is open' : 'Closed'}</span>
      </div>
      <div class="prose"><${Text} text=${data.open ? asking.text : summary(messages)} /></div>
      ${
        gallery
          ? html`<${Gallery} messages=${messages} cell=${Cell} enlarge=${enlarge} />`
          : html`<div class=${several ? 'sheets sheets-several' : 'sheets'}>${messages.map((m) => html`<${Sheet} key=${m.id} message=${m} messages=${messages} named=${several} />`)}</div>`
      }
    </div>
  `;
}

/** What the sheets came to, said once. @param {Message[]} messages */
function summary(messages) {
  const { words } = messages[0].data;
  if (!words) return messages[0].text;
  const best = messages.flatMap((m) => m.data.cells).find((c) => c.best);
  return `${words}.${best ? ` **${best.name}** was the best.` : ''}`;
}

/** @param {{message: Message, messages: Message[], named: boolean}} props */
function Sheet({ message, messages, named }) {
  useStore((s) => s.waiting);
  const { cells, open, sheet } = message.data;
  const marks = marksOf(message);
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    if (!open || e.ctrlKey || e.metaKey || e.altKey) return;
    const n = Number(e.key);
    if (e.key === '0') toggleNone(message);
    else if (n >= 1 && n <= cells.length) toggleCalled(message, n);
    else return;
    e.preventDefault();
  };
  return html`
    <section class="sheet" aria-label=${`Sheet ${sheet}`} onKeyDown=${keyed}>
      ${named && html`<h4>Sheet ${sheet}</h4>`}
      <div class="cells" data-count=${cells.length}>
        ${cells.map((cell, i) => html`<${Cell} key=${cell.name} cell=${cell} message=${message} marks=${marks} open=${open} enlarge=${() => enlarge(messages, message, i)} />`)}
      </div>
      ${open && html`<${Chips} message=${message} marks=${marks} />`}
    </section>
  `;
}

/** @param {Message[]} messages @param {Message} message @param {number} i */
function enlarge(messages, message, i) {
  const before = messages.slice(0, messages.indexOf(message)).reduce((n, m) => n + m.data.cells.length, 0);
  set({ lightbox: { group: messages.map((m) => m.id), index: before + i } });
}

const capital = (/** @type {string} */ word) => word[0].toUpperCase() + word.slice(1);

/** One picture with what is said of it; `starred`: its star is a button on it. @param {{cell: any, message: Message, marks: Set<string>, open: boolean, enlarge: () => void, starred?: boolean}} props */
function Cell({ cell, message, marks, open, enlarge: show, starred = true }) {
  const { style, blurred } = message.data;
  const side = open ? sideOf(message, marks, cell.number) : null;
  const [fault] = open ? faultsSaid(message, marks, cell.number) : [];
  const word = side && (side === 'bad' && fault ? capital(fault.word) : wordOf(message, side));
  const hidden = useVeil(cell.url ?? '', blurred);
  const best = open ? isBest(message, marks, cell.number) : cell.best;
  const liked = !open && cell.liked;
  const words = [
    cell.alt,
    word && `marked ${word.toLowerCase()}`,
    best && 'the best',
    !open && cell.seen !== null && gotWords(message, cell),
  ];
  return html`
    <div class=${`cell ${side === 'bad' ? 'cell-bad' : ''} ${side === 'good' || liked ? 'cell-good' : ''} ${best ? 'cell-best' : ''} ${!open && liked === false ? 'cell-faded' : ''}`}>
      ${
        cell.url
          ? html`<button class="cell-picture" aria-label=${`${words.filter(Boolean).join(', ')}. ${hidden ? 'Blurred. Show' : 'Enlarge'}`} onClick=${hidden ? () => reveal(cell.url) : show}><${Picture} url=${cell.url} alt="" veiled=${blurred} />${hidden && html`<span class="veil" aria-hidden="true">Show</span>`}</button>`
          : html`<div class="cell-picture cell-held" role="img" aria-label=${cell.alt}><${Icon} name="none" /><span>Held back</span></div>`
      }
      <span class="badge" aria-hidden="true">${open && style !== 'gallery' ? cell.number : cell.name}</span>
      ${word && html`<span class=${side === 'good' ? 'said-side' : 'said-side said-bad'} aria-hidden="true"><${Icon} name=${side === 'good' ? 'check' : 'none'} />${word}</span>`}
      ${starred && open && cell.url && html`<button class="star" aria-pressed=${best} aria-label=${`${cell.name} is the best of the round`} title="The best of the round" onClick=${() => toggleBest(message, cell.number)}><${Icon} name="star" filled=${best} /></button>`}
      ${!open && html`<span class="got" aria-hidden="true">${best && html`<${Icon} name="star" filled />`}${cell.seen === null ? '' : `${cell.up} / ${cell.seen}`}</span>`}
    </div>
  `;
}

/** @param {{message: Message, marks: Set<string>}} props */
function Chips({ message, marks }) {
  const cells = message.data.cells;
  const none = marks.has('none');
  const says = message.data.says ?? 'good';
  return html`
    <div class="chips" role="group" aria-label=${`Which of these are ${says}?`}>
      ${cells.map((cell) => {
        const on = isCalled(message, marks, cell.number);
        return html`<button key=${cell.name} class="chip" data-emoji=${cell.number} aria-pressed=${on} disabled=${!cell.url} aria-label=${`${cell.name} is ${says}`} onClick=${() => toggleCalled(message, cell.number)}>${on && html`<${Icon} name="check" />`}${cell.number}</button>`;
      })}
      <button class="chip chip-none" data-emoji="none" aria-label=${`None of these is ${says}`} title="None of these" aria-pressed=${none} onClick=${() => toggleNone(message)}><${Icon} name=${none ? 'check' : 'none'} />None</button>
      <p class="unseen">${count([...marks].filter((e) => /^[1-9]$/.test(e)).length, 'picture')} marked ${says}</p>
    </div>
  `;
}
