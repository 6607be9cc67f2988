// `#duel`: the pairs of a session that goes on and nothing else, for a phone in one hand.
import { useEffect } from 'preact/hooks';
import { openChannel } from './address.js';
import { Banners } from './banners.js';
import { Duel } from './duel.js';
import { isDuel, progressOf } from './duels.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { RoundBar } from './round-bar.js';
import { openRound } from './rounds.js';
import { channels, set, useStore } from './store.js';
import { t } from './words.js';

/** The channel with pairs to answer: the one looked at, else one with open pairs, else any with duels. @param {string} now */
function duelChannel(now) {
  const all = [now, ...channels()].filter((name) => isDuel(openRound(name)[0]));
  return all.find((name) => progressOf(openRound(name)).open.length > 0) ?? all[0];
}

export function DuelPage() {
  const s = useStore((state) => state);
  // A round that was begun is seen to its end, its Done among it.
  const stays = isDuel(openRound(s.channel)[0]);
  const channel = stays ? s.channel : duelChannel(s.channel);
  useEffect(() => {
    if (channel !== undefined && channel !== s.channel) set({ channel });
  }, [channel]);
  const messages = channel === undefined ? [] : openRound(channel);
  const { prompt, criterion, says = 'good' } = messages[0]?.data ?? {};
  const over = messages.length > 0 && progressOf(messages).open.length === 0;
  return html`
    <main class="duel-page">
      <header class="duel-top">
        <div>
          <h1>${messages.length > 0 ? t(`duel.ask.${says}`, { prompt }) : t('duel.none')}</h1>
          ${criterion && says === 'good' && html`<p>${t('ballot.criterion', { criterion })}</p>`}
        </div>
        <button class="icon-button" aria-label=${t('duel.leave')} title=${t('duel.leave')} onClick=${() => openChannel(channel ?? s.channel)}><${Icon} name="close" /></button>
      </header>
      <${Banners} />
      ${messages.length > 0 ? html`<${Duel} messages=${messages} alone />` : html`<p class="duel-over">${t(s.loaded ? 'duel.wait' : 'feed.opening')}</p>`}
      ${over && html`<footer class="duel-dock"><${RoundBar} channel=${channel} /></footer>`}
    </main>
  `;
}
