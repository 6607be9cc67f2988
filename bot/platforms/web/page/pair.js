// What models of a session drew of the same noises: two of them over each other, with a slider that wipes from
// the first to a later one, and where there are several later ones a second slider that says which.
import { useState } from 'preact/hooks';
import { html } from './html.js';
import { reveal, useStore } from './store.js';
import { Picture } from './veil.js';
import { t } from './words.js';

/** @typedef {{after: number, cells: {url: string | null, alt: string}[]}} Step */

/** @param {{steps: Step[], veiled: boolean}} props */
export function Pair({ steps, veiled }) {
  const [wiped, wipe] = useState(50);
  const [chosen, choose] = useState(/** @type {number | null} */ (null));
  const newest = steps.length - 1;
  const at = Math.min(chosen ?? newest, newest);
  const [first, later] = [steps[0], steps[at]];
  const urls = [first, later].flatMap((step) =>
    step.cells.map((cell) => cell.url).filter((url) => url !== null),
  );
  const _covered = useStore((s) => veiled && urls.some((url) => !s.revealed.has(url)));
  const value = t('pair.value', { n: wiped, name: named(first), other: named(later) });
  return html`
    <figure class="pair">
      <figcaption>${t('pair.title')}</figcaption>
      <div class="pair-cells" style=${{ '--wiped': `${wiped}%` }}>${first.cells.map((cell, i) => html`<div class="pair-cell" key=${i}>${one(later.cells[i], veiled, 'pair-later')}${one(cell, veiled, 'pair-first')}</div>`)}<${Cover} cells=${[...first.cells, ...later.cells]} veiled=${veiled} /></div>
      <p class="pair-names" aria-hidden="true"><span>${named(first)}</span><span>${named(later)}</span></p>
      <label class="pair-slider"><span class="unseen">${t('pair.wipe')}</span><input type="range" min="0" max="100" value=${wiped} aria-valuetext=${value} onInput=${(/** @type {any} */ e) => wipe(Number(e.target.value))} /></label>
      ${newest > 1 && html`<label class="pair-slider"><span>${t('pair.which')}</span><input type="range" min="1" max=${newest} value=${at} aria-valuetext=${named(later)} onInput=${(/** @type {any} */ e) => choose(Number(e.target.value))} /></label>`}
    </figure>
  `;
}

/**
 * The same noises at other strengths of what was learned: a slider goes through them, from the model as it was.
 * @param {{steps: {strength: number, cells: Step['cells']}[], veiled: boolean, round?: number}} props
 */
export function Strengths({ steps, veiled, round }) {
  const [chosen, choose] = useState(/** @type {number | null} */ (null));
  const at = chosen ?? steps.findIndex(({ strength }) => strength === 1);
  const { cells, strength } = steps[at] ?? steps[0];
  return html`
    <figure class="pair">
      ${round !== undefined && html`<figcaption>${t('strength.title', { round })}</figcaption>`}
      <div class="pair-cells pair-four">${cells.map((cell, i) => html`<div class="pair-cell" key=${i}>${one(cell, veiled, 'pair-later')}</div>`)}<${Cover} cells=${cells} veiled=${veiled} /></div>
      <label class="pair-slider"><span>${t('strength.slider', { strength })}</span><input type="range" min="0" max=${steps.length - 1} value=${at} aria-valuetext=${String(strength)} onInput=${(/** @type {any} */ e) => choose(Number(e.target.value))} /></label>
    </figure>
  `;
}

/** While a picture below it is veiled. @param {{cells: Step['cells'], veiled: boolean}} props */
function Cover({ cells, veiled }) {
  const urls = cells.flatMap(({ url }) => url ?? []);
  const covered = useStore((s) => veiled && urls.some((url) => !s.revealed.has(url)));
  return covered && html`<button class="veil" onClick=${() => urls.map(reveal)}>${t('cell.show')}</button>`;
}

/** @param {Step} step */
const named = ({ after }) => (after === 0 ? t('pair.first') : t('pair.after', { round: after }));

/** One that nobody is shown leaves its place empty. @param {Step['cells'][number] | undefined} cell @param {boolean} veiled @param {string} name */
const one = (cell, veiled, name) =>
  html`<span class=${name}>${cell?.url && html`<${Picture} url=${cell.url} alt=${cell.alt} veiled=${veiled} />`}</span>`;
