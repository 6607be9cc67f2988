// A closed round: who won, how much of it was liked, and how that compares.
import { html } from './html.js';
import { Icon } from './icons.js';
import { press, useStore } from './store.js';
import { count, percent, Text } from './text.js';
import { Revealable } from './veil.js';

/** @param {{message: import('./store.js').Message}} props */
export function Outcome({ message }) {
  const { approval, previous, best, round, voters, words, liked, images, blurred, alike } = message.data;
  const moderates = useStore((s) => s.me !== null && s.me.role !== 'member');
  const points = previous === null ? null : Math.round(approval * 100) - Math.round(previous * 100);
  return html`
    <div class="outcome">
      ${best?.url && html`<figure><${Revealable} url=${best.url} alt=${best.alt} veiled=${blurred} /><figcaption><${Icon} name="star" filled />${best.name} won</figcaption></figure>`}
      <div class="outcome-words">
        <h2>Round ${round} is closed</h2>
        <p class="outcome-figure"><strong>${approval === null ? 'No' : percent(approval)}</strong> approval ${points !== null && html`<span class=${`change ${points > 0 ? 'change-up' : points < 0 ? 'change-down' : ''}`}>${points > 0 ? '▲ +' : points < 0 ? '▼ −' : '= '}${count(Math.abs(points), 'point')}</span>`}</p>
        <div class="bar bar-outcome" aria-hidden="true"><span style=${{ transform: `scaleX(${approval ?? 0})` }}></span></div>
        <p class="outcome-sub">${words ?? `${liked} of ${count(images, 'picture')} liked`} <span class="sep" aria-hidden="true">·</span> ${count(voters, 'voter')}</p>
        <div class="prose outcome-more"><${Text} text=${message.text
          .replace(alike ?? '', '')
          .split('. ')
          .slice(1)
          .filter((s) => !/won\b|Approval (rose|fell|stayed)/.test(s))
          .join('. ')} /></div>
        ${alike && html`<div class="alike"><${Text} text=${alike} />${moderates && message.buttons.length > 0 && html`<p class="alike-buttons">${message.buttons.map((b) => html`<button key=${b.id} class="button" onClick=${() => press(message, b.id, b.value ?? null)}>${b.label}</button>`)}</p>`}</div>`}
      </div>
    </div>
  `;
}
