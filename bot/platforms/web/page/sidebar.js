// Channels, one a session, with what each is doing; who you are; light or dark. A drawer on phones.
import { useEffect, useRef, useState } from 'preact/hooks';
import { openChannel } from './address.js';
import { call, drawer } from './api.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { channels, messagesOf, set, toast, useStore } from './store.js';

const doing = {
  generating: ['Drawing', 'busy'],
  posting: ['Posting', 'busy'],
  open: ['Voting', 'open'],
  closing: ['Counting', 'busy'],
  learning: ['Learning', 'busy'],
  done: ['Round done', 'rest'],
  failed: ['Stuck', 'stuck'],
  aborted: ['Stopped', 'rest'],
  superseded: ['Rolled back', 'rest'],
};

/** What a session does now, in two words. @param {any} session */
function stateOf(session) {
  if (session.state === 'ended') return ['Finished', 'rest'];
  if (session.state === 'paused') return ['Paused', 'rest'];
  return doing[session.roundState] ?? ['Starting', 'busy'];
}

export function Sidebar() {
  const s = useStore((state) => state);
  const nav = useRef(/** @type {HTMLElement | null} */ (null));
  useDrawerFocus(s.drawerOpen, nav);
  useEffect(() => {
    const close = (/** @type {KeyboardEvent} */ e) => e.key === 'Escape' && set({ drawerOpen: false });
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, []);
  return html`
    <nav class="side" aria-label="Channels" ref=${nav}>
      <div class="brand">
        <img src="/page/logo.svg" alt="" width="30" height="30" />
        <span>Acclaim</span>
        <button class="icon-button only-phone" aria-label="Close" onClick=${() => set({ drawerOpen: false })}><${Icon} name="close" /></button>
      </div>
      <div class="side-scroll">
        <button class="side-new" onClick=${() => set({ begin: { prompt: '' }, dialog: 'start', drawerOpen: false })}><${Icon} name="plus" />New session</button>
        <${Sessions} s=${s} />
      </div>
      <div class="side-foot">
        <${You} me=${s.me} />
        <${Theme} />
      </div>
    </nav>
  `;
}

/** The drawer takes the focus as it opens, and gives it back. @param {boolean} open @param {{current: HTMLElement | null}} nav */
function useDrawerFocus(open, nav) {
  const was = useRef(false);
  useEffect(() => {
    const button = (/** @type {string} */ of) =>
      /** @type {HTMLElement | null} */ (document.querySelector(of));
    if (open) button('.brand .icon-button')?.focus();
    else if (
      was.current &&
      (nav.current?.contains(document.activeElement) || document.activeElement === document.body)
    )
      button('.top .only-phone')?.focus();
    was.current = open;
  }, [open]);
}

/** So many sessions are seen at a glance; of more one is looked for. */
const few = 6;

/** @type {Record<string, string>} */
const orders = { newest: 'Newest first', oldest: 'Oldest first', name: 'By name' };

/** Those that go on, and those that have ended, in an archive of their own. @param {{s: any}} props */
function Sessions({ s }) {
  const [order, setOrder] = useState(drawer.get('order') ?? 'oldest');
  const [sought, setSought] = useState('');
  const names = channels(s);
  const of = (/** @type {string} */ name) =>
    s.sessions.findLast((/** @type {any} */ x) => x.channel === name);
  const meant = sought.trim().toLowerCase();
  const found = names.filter((name) => `${name} ${of(name)?.prompt ?? ''}`.toLowerCase().includes(meant));
  if (order === 'newest') found.reverse();
  if (order === 'name') found.sort((a, b) => a.localeCompare(b));
  const ended = found.filter((name) => of(name)?.state === 'ended');
  const live = found.filter((name) => !ended.includes(name));
  const list = (/** @type {string[]} */ some) =>
    html`<ul>${some.map((name) => html`<${Channel} key=${name} name=${name} s=${s} />`)}</ul>`;
  const turn = (/** @type {any} */ e) => {
    setOrder(e.currentTarget.value);
    drawer.set('order', e.currentTarget.value);
  };
  const shown = meant !== '' || ended.includes(s.channel) || ended.length <= few;
  return html`
    ${
      names.length > few &&
      html`<div class="side-find">
        <input class="field" type="search" placeholder="Search sessions" aria-label="Search sessions" value=${sought} onInput=${(e) => setSought(e.currentTarget.value)} />
        <select class="field" aria-label="Order of the sessions" value=${order} onChange=${turn}>${Object.entries(orders).map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select>
      </div>`
    }
    <h2>Sessions</h2>
    ${list(live)}
    ${names.length === 0 && html`<p class="side-empty">No session yet</p>`}
    ${names.length > 0 && found.length === 0 && html`<p class="side-empty">No session with these words</p>`}
    ${ended.length > 0 && html`<details class="side-ended" open=${shown}><summary>Finished (${ended.length})</summary>${list(ended)}</details>`}
  `;
}

/** @param {{name: string, s: any}} props */
function Channel({ name, s }) {
  const session = s.sessions.filter((x) => x.channel === name).at(-1);
  const newest = Math.max(
    0,
    ...messagesOf(name, s)
      .filter((m) => m.kind !== 'progress')
      .map((m) => m.at),
  );
  const fresh = name !== s.channel && newest > (s.seen[name] ?? 0);
  const [words, tone] = session ? stateOf(session) : ['', 'rest'];
  return html`
    <li>
      <button class="side-channel" aria-current=${name === s.channel ? 'page' : undefined} onClick=${() => openChannel(name)}>
        <span class="side-name"><span class="hash">#</span>${name}${fresh && html`<span class="fresh"><span class="unseen">new messages</span></span>`}</span>
        ${session && html`<span class="side-state"><span class=${`dot dot-${tone}`}></span>${words}${session.round > 0 ? ` · round ${session.round}${session.budget ? ` of ${session.budget}` : ''}` : ''}</span>`}
      </button>
    </li>
  `;
}

function logOut() {
  call('/api/logout', {}).then(
    // What only admins see goes with a line opened anew.
    () => location.reload(),
    (error) => toast(error.message),
  );
}

/** @param {{me: any}} props */
function You({ me }) {
  if (!me) return html`<div class="you"></div>`;
  const role = {
    operator: 'Operator of this machine',
    admin: 'Admin',
    moderator: 'Moderator',
    member: 'Member',
  }[me.role];
  return html`
    <div class="you">
      <span class="you-face" aria-hidden="true">${me.name
        .split(' ')
        .map((w) => w[0])
        .join('')}</span>
      <span class="you-words"><strong>${me.name}</strong><small>${role}</small></span>
      ${me.tokenGuarded && me.role === 'member' && html`<button class="icon-button" aria-label="Enter the access token" title="Enter the access token" onClick=${() => set({ dialog: 'login', drawerOpen: false })}><${Icon} name="key" /></button>`}
      ${me.tokenGuarded && me.role !== 'member' && html`<button class="icon-button" aria-label="Log out" title="Log out" onClick=${logOut}><${Icon} name="close" /></button>`}
    </div>
  `;
}

const themes = ['system', 'light', 'dark'];
const themeIcons = { system: 'screen', light: 'sun', dark: 'moon' };

function Theme() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? 'system');
  const next = themes[(themes.indexOf(theme) + 1) % themes.length];
  const turn = () => {
    if (next === 'system') {
      delete document.documentElement.dataset.theme;
      drawer.set('theme', null);
    } else {
      document.documentElement.dataset.theme = next;
      try {
        localStorage.setItem('acclaim.theme', next);
      } catch {
        // it holds for this visit
      }
    }
    setTheme(next);
  };
  return html`<button class="icon-button" aria-label=${`Colours: ${theme}. Change to ${next}`} title=${`Colours: ${theme}`} onClick=${turn}><${Icon} name=${themeIcons[theme]} /></button>`;
}
