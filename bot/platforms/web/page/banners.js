// What stands above the feed while marks are not where they belong: not sent, not agreed to, not counted yet,
// or too late.
import { html } from './html.js';
import { answerNotify } from './notify.js';
import { seenLate } from './queue.js';
import { set, useStore, waitingCount } from './store.js';
import { rich } from './text.js';
import { t } from './words.js';

const mostNamed = 12;

export function Banners() {
  const s = useStore((state) => state);
  const waiting = waitingCount(s);
  const ended = s.sessions.findLast((x) => x.channel === s.channel)?.state === 'ended';
  const asks = s.me && !s.me.consented && waiting > 0 && s.dialog !== 'consent';
  return html`
    ${trouble(s) && html`<p class="banner" role="status"><span class="pulse"></span><span>${trouble(s)}</span></p>`}
    ${asks && html`<p class="banner banner-ask" role="status"><span>${t('banner.consent', { n: waiting })} <button class="link" onClick=${() => set({ dialog: 'consent' })}>${t('banner.consent.act')}</button></span></p>`}
    ${s.offer && !ended && !trouble(s) && html`<p class="banner banner-ask" role="status"><span>${t('banner.notify')} <button class="link" onClick=${() => answerNotify(true)}>${t('banner.notify.yes')}</button> <button class="link" onClick=${() => answerNotify(false)}>${t('banner.notify.no')}</button></span></p>`}
    ${s.me?.waits && html`<p class="banner banner-waits" role="status"><span>${rich('banner.waits', { code: s.me.code })}</span></p>`}
    ${s.late.length > 0 && html`<div class="banner banner-late" role="alert"><div>${s.late.map((one, i) => html`<p key=${i}>${lateWords(one)}</p>`)}</div><button class="button" onClick=${seenLate}>${t('banner.seen')}</button></div>`}
  `;
}

/** @param {any} s */
function trouble(s) {
  const waiting = waitingCount(s);
  const held = waiting > 0 ? t('banner.held', { n: waiting }) : t('banner.trying');
  if (!s.online) return `${t('api.offline')}${held}`;
  return s.stuck !== null && waiting > 0 ? `${s.stuck}${held}` : null;
}

/** @param {import('./store.js').Late} late */
function lateWords({ round, names, count: all }) {
  if (round === null) return t('banner.lost', { n: all });
  const said = names.slice(0, mostNamed).join('; ');
  return all > mostNamed
    ? t('banner.late.more', { round, names: said, n: all - mostNamed })
    : t('banner.late', { round, names: said });
}
