// Approval by round as inline SVG: a full plot with axes and a table for screen readers, and a sparkline.
import { html } from './html.js';
import { percent } from './text.js';
import { t } from './words.js';

const [width, height, left, right, top, bottom] = [640, 240, 48, 20, 20, 34];

/** @param {{points: {round: number, share: number, picked?: number, variety?: number, loss?: number}[]}} props */
export function Plot({ points }) {
  const x = (/** @type {number} */ i) =>
    left + (width - left - right) * (points.length === 1 ? 0.5 : i / (points.length - 1));
  const y = (/** @type {number} */ share) => top + (height - top - bottom) * (1 - share);
  const line = points
    .map((p, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(p.share).toFixed(1)}`)
    .join('');
  /** Through the rounds that have such a share. @param {(p: any) => number | undefined} of */
  const through = (of) =>
    points
      .flatMap((p, i) => {
        const share = of(p);
        return share === undefined ? [] : [`${x(i).toFixed(1)} ${y(Math.min(1, share)).toFixed(1)}`];
      })
      .map((at, i) => `${i === 0 ? 'M' : 'L'}${at}`)
      .join('');
  const varied = through((p) => p.variety);
  // Each learner has a measure of its own: what tells is how it goes.
  const most = Math.max(...points.map((p) => p.loss ?? 0));
  const losses = most > 0 ? through((p) => p.loss && p.loss / most) : '';
  const [picked, known, lost] = [points.some((p) => p.picked !== undefined), varied !== '', losses !== ''];
  const cell = (/** @type {number | undefined} */ share) =>
    html`<td>${share === undefined ? '' : percent(share)}</td>`;
  const stride = Math.max(1, Math.ceil((points.length - 1) / 9));
  const last = points.at(-1);
  return html`
    <svg class="plot" viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
      ${[0, 0.5, 1].map((share) => html`<g key=${share}><path class="plot-grid" d=${`M${left} ${y(share)}H${width - right}`} /><text class="plot-label" x=${left - 8} y=${y(share) + 4} text-anchor="end">${percent(share)}</text></g>`)}
      <path class="plot-area" d=${`${line}L${x(points.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`} />
      <path class="plot-line" d=${line} />
      ${known && html`<path class="plot-variety" d=${varied} />`}
      ${lost && html`<path class="plot-loss" d=${losses} />`}
      ${points.map((p, i) => p.picked !== undefined && html`<circle key=${p.round} class="plot-picked" cx=${x(i)} cy=${y(p.picked)} r="3.5"><title>${t('plot.dot.picked', { round: p.round, share: percent(p.picked) })}</title></circle>`)}
      ${points.map((p, i) => html`<g key=${p.round}><circle class="plot-dot" cx=${x(i)} cy=${y(p.share)} r="4.5"><title>${t('plot.dot', { round: p.round, share: percent(p.share) })}</title></circle>${(i % stride === 0 || i === points.length - 1) && html`<text class="plot-label" x=${x(i)} y=${height - 10} text-anchor="middle">${p.round}</text>`}</g>`)}
      <text class="plot-last" x=${x(points.length - 1)} y=${y(last.share) + (last.share > 0.85 ? 24 : -14)} text-anchor=${points.length === 1 ? 'middle' : 'end'}>${percent(last.share)}</text>
    </svg>
    <table class="unseen"><caption>${t('story.plot')}</caption><thead><tr><th>${t('plot.round')}</th><th>${t('plot.approval')}</th>${picked && html`<th>${t('plot.picked')}</th>`}${known && html`<th>${t('plot.variety')}</th>`}${lost && html`<th>${t('plot.loss')}</th>`}</tr></thead><tbody>${points.map((p) => html`<tr key=${p.round}><td>${p.round}</td><td>${percent(p.share)}</td>${picked && cell(p.picked)}${known && cell(p.variety)}${lost && html`<td>${p.loss === undefined ? '' : p.loss.toPrecision(3)}</td>`}</tr>`)}</tbody></table>
    ${(picked || known || lost) && html`<p class="plot-key">${[picked && t('plot.key.picked'), known && t('plot.key.variety'), lost && t('plot.key.loss')].filter(Boolean).join(' ')}</p>`}
  `;
}

/** @param {{values: number[]}} props */
export function Sparkline({ values }) {
  const list = values.length === 1 ? [values[0], values[0]] : values.slice(-20);
  const points = list.map(
    (v, i) => `${(2 + (60 * i) / (list.length - 1)).toFixed(1)},${(22 - 18 * v).toFixed(1)}`,
  );
  const [cx, cy] = points.at(-1).split(',');
  return html`<svg class="spark" viewBox="0 0 66 26" aria-hidden="true"><polyline points=${points.join(' ')} /><circle cx=${cx} cy=${cy} r="2.8" /></svg>`;
}
