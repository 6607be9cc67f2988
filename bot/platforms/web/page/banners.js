// What stands above the feed while marks are not where they belong: not sent, not agreed to, not counted yet, or too late.
import { html } from './html.js';
import { answerNotify } from './notify.js';
import { seenLate } from './queue.js';
import { set, useStore, waitingCount } from './store.js';
import { count } from './text.js';

const mostNamed = 12;

export function Banners() {
  const s = useStore((state) => state);
  const waiting = waitingCount(s);
  const ended = s.sessions.findLast((x) => x.channel === s.channel)?.state === 'ended';
  const asks = s.me && !s.me.consented && waiting > 0 && s.dialog !== 'consent';
  return html`
    ${trouble(s) && html`<p class="banner" role="status"><span class="pulse"></span><span>${trouble(s)}</span></p>`}
    ${asks && html`<p class="banner banner-ask" role="status"><span>${waiting} of your marks wait in this browser. <button class="link" onClick=${() => set({ dialog: 'consent' })}>Vote with them</button></span></p>`}
    ${s.offer && !ended && !trouble(s) && html`<p class="banner banner-ask" role="status"><span>Shall this browser tell you when the next round opens? <button class="link" onClick=${() => answerNotify(true)}>Yes, tell me</button> <button class="link" onClick=${() => answerNotify(false)}>No</button></span></p>`}
    ${s.me?.waits && html`<p class="banner banner-waits" role="status"><span>Your marks wait and do not count yet: open an invite link, link an account that counts (<code>/acclaim link</code>), or ask a moderator to admit <strong>${s.me.code}</strong>.</span></p>`}
    ${s.late.length > 0 && html`<div class="banner banner-late" role="alert"><div>${s.late.map((one, i) => html`<p key=${i}>${lateWords(one)}</p>`)}</div><button class="button" onClick=${seenLate}>I see</button></div>`}
  `;
}

/** @param {any} s */
function trouble(s) {
  const waiting = waitingCount(s);
  const held =
    waiting > 0
      ? ` ${waiting === 1 ? 'Your mark waits' : `Your ${waiting} marks wait`} in this browser; I keep trying.`
      : ' I keep trying.';
  if (!s.online) return `The server does not answer.${held}`;
  return s.stuck !== null && waiting > 0 ? `${s.stuck}${held}` : null;
}

/** @param {import('./store.js').Late} late */
function lateWords({ round, names, count: all }) {
  if (round === null)
    return `${count(all, 'mark')} of yours could not be sent: what ${all === 1 ? 'it was' : 'they were'} made on is no longer here.`;
  const rest = all > mostNamed ? `; and ${all - mostNamed} more` : '';
  return `Round ${round} closed before this was sent, and it does not count: ${names.slice(0, mostNamed).join('; ')}${rest}.`;
}
