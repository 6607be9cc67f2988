// Channels, one a session, with what each is doing; who you are; light or dark. A drawer on phones.
import { useEffect, useState } from 'preact/hooks';
import { call, drawer } from './api.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { channels, messagesOf, openChannel, set, toast, useStore } from './store.js';

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
  useEffect(() => {
    const close = (/** @type {KeyboardEvent} */ e) => e.key === 'Escape' && set({ drawerOpen: false });
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, []);
  return html`
    <nav class="side" aria-label="Channels">
      <div class="brand">
        <img src="/page/logo.svg" alt="" width="30" height="30" />
        <span>Acclaim</span>
        <button class="icon-button only-phone" aria-label="Close" onClick=${() => set({ drawerOpen: false })}><${Icon} name="close" /></button>
      </div>
      <div class="side-scroll">
        <h2>Sessions</h2>
        <ul>
          ${channels(s).map((name) => html`<${Channel} key=${name} name=${name} s=${s} />`)}
          ${channels(s).length === 0 && html`<li class="side-empty">No session yet</li>`}
        </ul>
        <button class="side-new" onClick=${() => {
          set({ draft: '/acclaim session start ', drawerOpen: false });
          document.getElementById('say')?.focus();
        }}><${Icon} name="plus" />New session</button>
      </div>
      <div class="side-foot">
        <${You} me=${s.me} />
        <${Theme} />
      </div>
    </nav>
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
