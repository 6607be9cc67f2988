// A round's sheets. Open: pictures that enlarge, a chip for each number, none of these, a star for the best. Closed: the
// same pictures smaller, with what each got. Keys 1-9 and 0 mark the sheet that has the focus.
import { html } from './html.js';
import { Icon } from './icons.js';
import { mark, marksOf, reveal, set, useStore } from './store.js';
import { count, Text } from './text.js';
import { Picture, useVeil } from './veil.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {Set<string>} marks @param {number} n */
const isGood = (marks, n) => marks.has(String(n)) || marks.has(`star-${n}`);

const unsafe = (/** @type {Message} */ message) => message.data.says === 'unsafe';

/** Called what a number says here: good, or unsafe. A star names a good one. @param {Message} message @param {Set<string>} marks @param {number} n */
export const isCalled = (message, marks, n) => (unsafe(message) ? marks.has(String(n)) : isGood(marks, n));

/** Marks that follow from pressing a number: none goes when something is good, a star goes with its number. @param {Message} message @param {number} n */
export function toggleGood(message, n) {
  const marks = marksOf(message);
  const present = !isCalled(message, marks, n);
  const change = [{ emoji: String(n), present }];
  if (present === unsafe(message) && marks.has(`star-${n}`))
    change.push({ emoji: `star-${n}`, present: false });
  if (present && marks.has('none')) change.push({ emoji: 'none', present: false });
  mark(message, change);
}

/** @param {Message} message @param {number} n */
export function toggleBest(message, n) {
  const marks = marksOf(message);
  const present = !marks.has(`star-${n}`);
  const change = [{ emoji: `star-${n}`, present }];
  if (present && marks.has(String(n)) === unsafe(message))
    change.push({ emoji: String(n), present: !unsafe(message) });
  if (present && marks.has('none')) change.push({ emoji: 'none', present: false });
  mark(message, change);
}

/** @param {Message} message */
export function toggleNone(message) {
  const marks = marksOf(message);
  const present = !marks.has('none');
  const cleared = present
    ? [...marks].filter((e) => /^(star-)?[1-9]$/.test(e)).map((emoji) => ({ emoji, present: false }))
    : [];
  mark(message, [...cleared, { emoji: 'none', present }]);
}

/** @param {{messages: Message[]}} props */
export function Round({ messages }) {
  const first = messages[0];
  const { data } = first;
  const several = messages.length > 1;
  return html`
    <div class=${data.open ? 'round' : 'round round-closed'}>
      <div class="round-head">
        <h3>Round ${data.round}</h3>
        <span class=${data.open ? 'pill pill-open' : 'pill'}>${data.open ? 'Voting is open' : 'Closed'}</span>
      </div>
      <div class="prose"><${Text} text=${data.open ? first.text : summary(messages)} /></div>
      <div class=${several ? 'sheets sheets-several' : 'sheets'}>
        ${messages.map((m) => html`<${Sheet} key=${m.id} message=${m} messages=${messages} named=${several} />`)}
      </div>
    </div>
  `;
}

/** What the sheets came to, said once. @param {Message[]} messages */
function summary(messages) {
  const cells = messages.flatMap((m) => m.data.cells);
  if (cells.every((c) => c.seen === null)) return messages[0].text;
  const liked = cells.filter((c) => c.seen > 0 && c.up * 2 > c.seen).length;
  const best = cells.find((c) => c.best);
  return `**${liked} of ${cells.length}** pictures were liked.${best ? ` **${best.name}** was the best.` : ''}`;
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
    else if (n >= 1 && n <= cells.length) toggleGood(message, n);
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

/** @param {{cell: any, message: Message, marks: Set<string>, open: boolean, enlarge: () => void}} props */
function Cell({ cell, message, marks, open, enlarge: show }) {
  const { says, blurred } = message.data;
  const called = open && isCalled(message, marks, cell.number);
  const good = called && says !== 'unsafe';
  const hidden = useVeil(cell.url ?? '', blurred);
  const best = open ? marks.has(`star-${cell.number}`) : cell.best;
  const liked = !open && cell.seen > 0 && cell.up * 2 > cell.seen;
  const words = [
    cell.alt,
    called && `marked ${says ?? 'good'}`,
    best && 'the best',
    !open && cell.seen !== null && `${cell.up} of ${cell.seen} liked it`,
  ];
  return html`
    <div class=${`cell ${called && !good ? 'cell-unsafe' : ''} ${good || liked ? 'cell-good' : ''} ${best ? 'cell-best' : ''} ${!open && !liked ? 'cell-faded' : ''}`}>
      ${
        cell.url
          ? html`<button class="cell-picture" aria-label=${`${words.filter(Boolean).join(', ')}. ${hidden ? 'Blurred. Show' : 'Enlarge'}`} onClick=${hidden ? () => reveal(cell.url) : show}><${Picture} url=${cell.url} alt="" veiled=${blurred} />${hidden && html`<span class="veil" aria-hidden="true">Show</span>`}</button>`
          : html`<div class="cell-picture cell-held" role="img" aria-label=${cell.alt}><${Icon} name="none" /><span>Held back</span></div>`
      }
      <span class="badge" aria-hidden="true">${open ? cell.number : cell.name}</span>
      ${called && !good && html`<span class="good unsafe" aria-hidden="true"><${Icon} name="none" />Unsafe</span>`}
      ${good && html`<span class="good" aria-hidden="true"><${Icon} name="check" />Good</span>`}
      ${open && cell.url && html`<button class="star" aria-pressed=${best} aria-label=${`${cell.name} is the best of the round`} title="The best of the round" onClick=${() => toggleBest(message, cell.number)}><${Icon} name="star" filled=${best} /></button>`}
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
        return html`<button key=${cell.name} class="chip" data-emoji=${cell.number} aria-pressed=${on} disabled=${!cell.url} aria-label=${`${cell.name} is ${says}`} onClick=${() => toggleGood(message, cell.number)}>${on && html`<${Icon} name="check" />`}${cell.number}</button>`;
      })}
      <button class="chip chip-none" data-emoji="none" aria-label=${`None of these is ${says}`} title="None of these" aria-pressed=${none} onClick=${() => toggleNone(message)}><${Icon} name=${none ? 'check' : 'none'} />None</button>
      <p class="unseen">${count([...marks].filter((e) => /^[1-9]$/.test(e)).length, 'picture')} marked ${says}</p>
    </div>
  `;
}
