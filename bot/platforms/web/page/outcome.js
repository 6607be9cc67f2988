// A closed round: who won, how much of it was liked, and how that compares.
import { html } from './html.js';
import { Icon } from './icons.js';
import { Pair } from './pair.js';
import { say } from './say.js';
import { press, useStore } from './store.js';
import { percent, rich, Text } from './text.js';
import { Revealable } from './veil.js';
import { t } from './words.js';

/** @param {{message: import('./store.js').Message}} props */
export function Outcome({ message }) {
  const { approval, previous, best, round, voters, words, more, blurred, alike, pair } = message.data;
  const moderates = useStore((s) => s.me !== null && s.me.role !== 'member');
  const story = useStory(message);
  const points = previous === null ? null : Math.round(approval * 100) - Math.round(previous * 100);
  return html`
    <div class="outcome">
      ${best?.url && html`<figure><${Revealable} url=${best.url} alt=${best.alt} veiled=${blurred} /><figcaption><${Icon} name="star" filled />${t('outcome.won', { name: best.name })}</figcaption></figure>`}
      <div class="outcome-words">
        <h2>${t('outcome.title', { round })}</h2>
        <p class="outcome-figure">${approval === null ? rich('outcome.approval.none') : rich('outcome.approval', { share: percent(approval) })} ${points !== null && html`<span class=${`change ${points > 0 ? 'change-up' : points < 0 ? 'change-down' : ''}`}>${points > 0 ? '▲ +' : points < 0 ? '▼ −' : '= '}${t('count.point', { n: Math.abs(points) })}</span>`}</p>
        <div class="bar bar-outcome" aria-hidden="true"><span style=${{ transform: `scaleX(${approval ?? 0})` }}></span></div>
        <p class="outcome-sub">${words} <span class="sep" aria-hidden="true">·</span> ${t('count.voter', { n: voters })}</p>
        ${more && html`<div class="prose outcome-more"><${Text} text=${more} /></div>`}
        ${pair && html`<${Pair} steps=${pair} veiled=${blurred} />`}
        ${story && html`<p class="outcome-story"><button class="link" onClick=${story}>${t('outcome.story')}</button></p>`}
        ${alike && html`<div class="alike"><${Text} text=${alike} /></div>`}
        ${moderates && message.buttons.length > 0 && html`<p class="alike-buttons">${message.buttons.map((b) => html`<button key=${b.id} class="button" onClick=${() => press(message, b.id, b.value ?? null)}>${b.label}</button>`)}</p>`}
      </div>
    </div>
  `;
}

/** Leads to the session's story: the one that stands below, else one that is asked for. @param {import('./store.js').Message} message */
function useStory({ data: { session }, at }) {
  const told = useStore((s) =>
    [...s.messages.values()].findLast((m) => m.kind === 'story' && m.data.session === session && m.at >= at),
  );
  const mayAsk = useStore((s) => s.me?.commands.some((c) => c.words === 'session story' && c.allowed));
  const row = () => document.getElementById(`group-${told?.id}`);
  const show = () => {
    row()?.scrollIntoView({ block: 'start' });
    /** @type {HTMLElement | null | undefined} */ (row()?.querySelector('h2'))?.focus({
      preventScroll: true,
    });
  };
  if (told) return show;
  return mayAsk ? () => say('/acclaim session story') : null;
}
