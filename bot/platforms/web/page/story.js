// A session's story: the first round beside the latest, approval by round, and the LoRA to take home.
import { html } from './html.js';
import { Icon } from './icons.js';
import { Pair, Strengths } from './pair.js';
import { Plot } from './plot.js';
import { useStore } from './store.js';
import { percent, Text } from './text.js';
import { Revealable } from './veil.js';
import { t } from './words.js';

/** @param {{message: import('./store.js').Message}} props */
export function Story({ message }) {
  const role = useStore((s) => s.me?.role);
  const { first, latest, approval, adapter, session, blurred, pair, strengths, strengthsOf } = message.data;
  const mayExport = adapter && role !== 'member' && role !== 'moderator';
  return html`
    <div class="story">
      <h2 tabindex="-1">${message.title}</h2>
      <div class="prose"><${Text} text=${message.text} /></div>
      <div class="story-sides">
        ${first && html`<${Side} side=${first} of="story.first" veiled=${blurred} />`}
        ${latest && html`<span class="story-arrow" aria-hidden="true"><${Icon} name="right" /></span><${Side} side=${latest} of="story.latest" veiled=${blurred} />`}
      </div>
      ${pair && html`<${Pair} steps=${pair} veiled=${blurred} />`}
      ${strengths && html`<${Strengths} steps=${strengths} veiled=${blurred} round=${strengthsOf} />`}
      ${approval.length > 0 && html`<figure class="story-plot"><figcaption>${t('story.plot')}</figcaption><${Plot} points=${approval} /></figure>`}
      ${mayExport && html`<a class="button" href=${`/api/sessions/${encodeURIComponent(session)}/adapter`} download><${Icon} name="download" />${t('story.lora')}</a>`}
    </div>
  `;
}

/** @param {{side: {round: number, approval: number | null, cells: {url: string, alt: string}[]}, of: 'story.first' | 'story.latest', veiled: boolean}} props */
function Side({ side, of, veiled }) {
  return html`
    <figure class="story-side">
      <figcaption><strong>${t(of, { round: side.round })}</strong>${side.approval !== null && html`<span>${percent(side.approval)}</span>`}</figcaption>
      <div class="story-cells">${side.cells.map((c) => html`<${Revealable} key=${c.url} url=${c.url} alt=${c.alt} veiled=${veiled} />`)}</div>
    </figure>
  `;
}
