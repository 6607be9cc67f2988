// The messages of a channel, oldest first. Sheets of one round stand together as one message. It follows the
// newest message while the reader sees the one before it, and shows a new round from its heading on.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Round } from './ballot.js';
import { Notice, Progress, Reply } from './cards.js';
import { focusFeed } from './focus.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { Outcome } from './outcome.js';
import { firstPicture } from './rounds.js';
import { markSeen, messagesOf, set, useStore } from './store.js';
import { Story } from './story.js';
import { dayOf, timeOf } from './text.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

/** Runs of ballots of the same round become one group. @param {Message[]} messages @returns {{key: string, messages: Message[]}[]} */
export function group(messages) {
  const groups = [];
  for (const message of messages) {
    const last = groups.at(-1);
    const joined =
      message.kind === 'ballot' &&
      last?.messages[0].kind === 'ballot' &&
      last.messages[0].data.session === message.data.session &&
      last.messages[0].data.round === message.data.round;
    if (joined) last.messages.push(message);
    else groups.push({ key: message.id, messages: [message] });
  }
  return groups;
}

/** @typedef {{key: string, messages: Message[]}} Group */

/** Whoever sees something of the newest message is there, however tall it is. @param {HTMLElement} el @param {string} last */
function isAtEnd(el, last) {
  const row = document.getElementById(`group-${last}`);
  const top = row ? row.getBoundingClientRect().top - el.getBoundingClientRect().top : 0;
  return el.scrollHeight - el.scrollTop - el.clientHeight < 120 || top < el.clientHeight - 60;
}

/** A round taller than the window is read from its top, anything else from its end. @param {HTMLElement} el @param {Group} last @param {boolean} fresh */
function showLast(el, last, fresh) {
  if (!isOpenRound(last)) {
    el.scrollTop = el.scrollHeight;
    return;
  }
  const row = document.getElementById(`group-${last.key}`);
  if (fresh || row?.dataset.size !== String(last.messages.length)) row?.scrollIntoView({ block: 'start' });
  if (row) row.dataset.size = String(last.messages.length);
}

/** Follows the newest message for as long as its reader does. @param {string} channel @param {Group | undefined} last */
function useFollow(channel, last) {
  const all = useStore((s) => s.messages);
  const said = useStore((s) => s.said);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const follow = useRef(true);
  const shown = useRef({ channel: '', last: '', said: 0 });
  const [below, setBelow] = useState(false);
  const lastKey = `${last?.key ?? ''}`;
  const scrolled = () => {
    if (!box.current) return;
    follow.current = isAtEnd(box.current, shown.current.last);
    if (follow.current) setBelow(false);
  };
  useLayoutEffect(() => {
    const el = box.current;
    if (!el || !last) return;
    const opened = shown.current.channel !== channel;
    const fresh = shown.current.last !== lastKey;
    if (opened || shown.current.said !== said) follow.current = true;
    shown.current = { channel, last: lastKey, said };
    if (!follow.current) {
      if (fresh) setBelow(true);
      return;
    }
    showLast(el, last, opened || fresh);
    if (isOpenRound(last) && fresh && !opened) takeFocus();
    if (document.hasFocus()) markSeen(channel);
  }, [channel, all]);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    // Pictures have their sizes reserved, but text may wrap anew when the window changes.
    const watch = new ResizeObserver(
      () => follow.current && last && !isOpenRound(last) && el.scrollTo(0, el.scrollHeight),
    );
    watch.observe(el);
    return () => watch.disconnect();
  }, [lastKey]);
  const toNewest = () => {
    follow.current = true;
    setBelow(false);
    document.getElementById(`group-${lastKey}`)?.scrollIntoView({ block: 'start' });
    focusFeed();
  };
  return { box, scrolled, below, toNewest };
}

/** @param {{channel: string, loaded: boolean, ended: boolean}} props */
export function Feed({ channel, loaded, ended }) {
  useStore((s) => s.messages);
  const groups = group(messagesOf(channel));
  const { box, scrolled, below, toNewest } = useFollow(channel, groups.at(-1));
  const none = () => (ended ? html`<p class="empty">${t('feed.gone')}</p>` : html`<${Empty} />`);
  return html`
    <section class="feed" ref=${box} onScroll=${scrolled} role="log" aria-label=${t('feed.label', { channel })} aria-live="off" tabindex="0">
      <div class="feed-inner">
        ${!loaded && html`<${Waiting} text=${t('feed.opening')} />`}
        ${loaded && groups.length === 0 && none()}
        ${groups.map((g, i) => html`<${Row} key=${g.key} group=${g} previous=${groups[i - 1]} />`)}
        <div id="feed-end" tabindex="-1"></div>
      </div>
      ${below && html`<button class="below" onClick=${toNewest}><${Icon} name="down" />${t('feed.below')}</button>`}
    </section>
  `;
}

/** A new round takes the focus that the one before it left behind, and no other. */
function takeFocus() {
  const at = document.activeElement;
  if (at === document.body || at === null || at.matches('.feed') || at.closest('.round-closed, .round-bar'))
    firstPicture()?.focus({ preventScroll: true });
}

function isOpenRound(g) {
  return g.messages[0].kind === 'ballot' && g.messages[0].data.open;
}

const bodies = {
  ballot: Round,
  progress: Progress,
  outcome: Outcome,
  story: Story,
  notice: Notice,
  reply: Reply,
};

/** @param {{group: {key: string, messages: Message[]}, previous?: {messages: Message[]}}} props */
function Row({ group: { key, messages }, previous }) {
  const first = messages[0];
  const before = previous?.messages.at(-1);
  const newDay = !before || new Date(before.at).toDateString() !== new Date(first.at).toDateString();
  const mine = first.echo === true;
  const quiet = first.kind === 'progress' && (first.data.state === 'done' || first.data.state === 'stopped');
  const followsOn =
    !newDay &&
    before &&
    !mine &&
    !before.echo &&
    first.kind !== 'ballot' &&
    first.at - before.at < 5 * 60_000;
  const Body = bodies[first.kind] ?? Notice;
  return html`
    ${newDay && html`<div class="day"><span>${dayOf(first.at)}</span></div>`}
    <article id=${`group-${key}`} class=${`row row-${first.kind} ${followsOn ? 'row-follows' : ''} ${quiet ? 'row-quiet' : ''} ${mine ? 'row-mine' : ''}`} aria-label=${first.title || first.text}>
      <div class="face" aria-hidden="true">${!followsOn && (mine ? html`<span class="you-face">${t('feed.you')}</span>` : html`<img src="/page/logo.svg" alt="" width="36" height="36" />`)}</div>
      <div class="row-body">
        ${!followsOn && first.kind !== 'ballot' && html`<p class="byline"><strong>${mine ? t('feed.you') : 'Acclaim'}</strong>${!mine && html`<span class="tag">${t('feed.bot')}</span>`}<time datetime=${new Date(first.at).toISOString()}>${timeOf(first.at)}</time></p>`}
        <${Body} message=${first} messages=${messages} />
      </div>
    </article>
  `;
}

/** @param {{text: string}} props */
function Waiting({ text }) {
  return html`<div class="waiting" role="status"><span class="unseen">${text}</span><div class="bone bone-short"></div><div class="bones">${[...Array(9)].map((_, i) => html`<div class="bone" key=${i}></div>`)}</div></div>`;
}

function Empty() {
  return html`
    <div class="empty">
      <img src="/page/logo.svg" alt="" width="56" height="56" />
      <h2>${t('empty.title')}</h2>
      <p>${t('empty.text')}</p>
      <p class="empty-hint">${t('empty.hint')} <button class="link" onClick=${() => set({ begin: { prompt: '' }, dialog: 'start' })}>${t('side.new')}</button></p>
    </div>
  `;
}
