// The frame: sidebar, channel, dialogs, and the line that speaks to screen readers.
import { useEffect } from 'preact/hooks';
import { Banners } from './banners.js';
import { Composer } from './composer.js';
import { Dialogs } from './dialogs.js';
import { DuelPage } from './duel-page.js';
import { EndedBar } from './ended.js';
import { Feed } from './feed.js';
import { keepFocus } from './focus.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { keyed } from './keys.js';
import { Lightbox } from './lightbox.js';
import { Sparkline } from './plot.js';
import { consent } from './queue.js';
import { RoundBar } from './round-bar.js';
import { firstPicture, openRound } from './rounds.js';
import { Sidebar } from './sidebar.js';
import { set, useStore } from './store.js';
import { percent } from './text.js';
import { t } from './words.js';

export function App() {
  const s = useStore((state) => state);
  const session = s.sessions.filter((x) => x.channel === s.channel).at(-1);
  useEffect(() => {
    document.title = s.channel ? `#${s.channel} · Acclaim` : 'Acclaim';
  }, [s.channel]);
  useEffect(keepFocus);
  useEffect(() => {
    addEventListener('keydown', keyed);
    return () => removeEventListener('keydown', keyed);
  }, []);
  if (s.duel)
    return html`
      <${DuelPage} />
      <${Lightbox} />
      <${Dialogs} onConsent=${consent} />
      <${Said} toast=${s.toast} spoken=${s.spoken} />
    `;
  return html`
    <a class="skip" href="#feed-end" onClick=${skip}>${t(openRound(s.channel).length > 0 ? 'skip.pictures' : 'skip.newest')}</a>
    <div class="frame" data-drawer=${s.drawerOpen ? 'open' : 'closed'}>
      <${Sidebar} />
      <div class="scrim" onClick=${() => set({ drawerOpen: false })}></div>
      <main class="channel" inert=${s.drawerOpen && innerWidth < 800}>
        <${Header} session=${session} channel=${s.channel} me=${s.me} />
        <${Banners} />
        <${Feed} channel=${s.channel} loaded=${s.loaded} ended=${session?.state === 'ended'} />
        <footer class="dock">
          <${RoundBar} channel=${s.channel} />
          ${session?.state === 'ended' && openRound(s.channel).length === 0 && html`<${EndedBar} session=${session} />`}
          <${Composer} />
        </footer>
      </main>
    </div>
    <${Lightbox} />
    <${Dialogs} onConsent=${consent} />
    <${Said} toast=${s.toast} spoken=${s.spoken} />
  `;
}

/** What is said for a moment, and to screen readers. @param {{toast: {text: string, id: number} | null, spoken: string}} props */
function Said({ toast, spoken }) {
  return html`
    ${toast && html`<div class="toast" role="alert" popover="manual" ref=${above} key=${toast.id}>${toast.text}</div>`}
    <div class="unseen" role="status" aria-live="polite">${spoken}</div>
  `;
}

/** Over whatever is asked or enlarged. @param {HTMLElement | null} el */
function above(el) {
  if (el && !el.matches(':popover-open')) el.showPopover();
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  const picture = firstPicture();
  picture?.closest('article')?.scrollIntoView({ block: 'start' });
  (picture ?? document.getElementById('feed-end'))?.focus({ preventScroll: picture !== null });
}

/** What the newest share is of. */
const judgedWords = (/** @type {any} */ last) =>
  last
    ? t('top.judged', { round: last.round, judged: last.judged, n: last.pictures, liked: last.liked })
    : '';

/** @param {{session: any, channel: string, me: any}} props */
function Header({ session, channel, me }) {
  const latest = session?.approval.at(-1);
  const mayExport =
    session?.adapter !== false &&
    session?.approval.length > 0 &&
    me?.role !== 'member' &&
    me?.role !== 'moderator';
  return html`
    <header class="top">
      <button class="icon-button only-phone" aria-label=${t('channels')} onClick=${() => set({ drawerOpen: true })}><${Icon} name="menu" /></button>
      <div class="top-words">
        <h1>${channel ? html`<span class="hash">#</span>${channel}` : 'Acclaim'}</h1>
        ${session && html`<p title=${session.prompt}>${session.prompt}</p>`}
      </div>
      ${
        latest !== undefined &&
        html`<div class="top-figure" title=${judgedWords(session.judged?.at(-1))}>
          ${session.approval.length > 1 && html`<${Sparkline} values=${session.approval} />`}
          <span><strong>${percent(latest)}</strong><small>${t('top.approval')}</small></span>
        </div>`
      }
      ${
        mayExport &&
        html`<a class="button top-download" href=${`/api/sessions/${encodeURIComponent(session.id)}/adapter`} download>
          <${Icon} name="download" /><span>${t('top.lora')}</span><span class="unseen">${t('top.lora.more')}</span>
        </a>`
      }
    </header>
  `;
}
