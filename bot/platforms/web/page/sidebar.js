// Channels, one a session, with what each is doing; who you are; light or dark. A drawer on phones.
import { useEffect, useRef, useState } from 'preact/hooks';
import { openChannel } from './address.js';
import { call } from './api.js';
import { drawer } from './drawer.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { tellAgain } from './live.js';
import { say } from './say.js';
import { channels, get, messagesOf, set, toast, useStore } from './store.js';
import { catalogues, language, speak, t } from './words.js';

/** What a round does, by the tone of its dot. @type {Record<string, string>} */
const doing = {
  generating: 'busy',
  review: 'rest',
  posting: 'busy',
  open: 'open',
  closing: 'busy',
  learning: 'busy',
  done: 'rest',
  failed: 'stuck',
  aborted: 'rest',
  superseded: 'rest',
};

/** What a session does now, in two words. @param {any} session @returns {[words: string, tone: string]} */
function stateOf({ state, roundState }) {
  if (state === 'ended' || state === 'paused') return [t(`doing.${state}`), 'rest'];
  const tone = doing[roundState];
  return tone ? [t(`doing.${roundState}`), tone] : [t('doing.starting'), 'busy'];
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
    <nav class="side" aria-label=${t('channels')} ref=${nav}>
      <div class="brand">
        <img src="/page/logo.svg" alt="" width="30" height="30" />
        <span>Acclaim</span>
        <button class="icon-button only-phone" aria-label=${t('close')} onClick=${() => set({ drawerOpen: false })}><${Icon} name="close" /></button>
      </div>
      <div class="side-scroll">
        <button class="side-new" onClick=${() => set({ begin: { prompt: '' }, dialog: 'start', drawerOpen: false })}><${Icon} name="plus" />${t('side.new')}</button>
        <button class="side-new" onClick=${() => set({ dialog: 'favourites', drawerOpen: false })}><${Icon} name="heart" />${t('favourites.title')}</button>
        <${Sessions} s=${s} />
      </div>
      <div class="side-foot">
        <${You} me=${s.me} />
        <${Language} />
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

const orders = ['newest', 'oldest', 'name'];

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
  const away = found.filter((name) => s.archived.includes(name));
  const ended = found.filter((name) => of(name)?.state === 'ended' && !away.includes(name));
  const live = found.filter((name) => !ended.includes(name) && !away.includes(name));
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
        <input class="field" type="search" placeholder=${t('side.search')} aria-label=${t('side.search')} value=${sought} onInput=${(e) => setSought(e.currentTarget.value)} />
        <select class="field" aria-label=${t('side.order')} value=${order} onChange=${turn}>${orders.map((value) => html`<option key=${value} value=${value}>${t(`side.order.${value}`)}</option>`)}</select>
      </div>`
    }
    <h2>${t('side.sessions')}</h2>
    ${list(live)}
    ${names.length === 0 && html`<p class="side-empty">${t('side.none')}</p>`}
    ${names.length > 0 && found.length === 0 && html`<p class="side-empty">${t('side.none.found')}</p>`}
    ${ended.length > 0 && html`<details class="side-ended" open=${shown}><summary>${t('side.finished', { n: ended.length })}</summary>${list(ended)}</details>`}
    ${away.length > 0 && html`<details class="side-ended side-away" open=${meant !== '' || away.includes(s.channel)}><summary>${t('side.archived', { n: away.length })}</summary>${list(away)}</details>`}
  `;
}

/** Puts a session out of the way, or back; in this browser, and for nobody else. @param {string} name @param {boolean} away */
function archive(name, away) {
  const archived = [...get().archived.filter((one) => one !== name), ...(away ? [name] : [])];
  drawer.set('archived', archived);
  set({ archived });
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
  const away = s.archived.includes(name);
  const fresh = name !== s.channel && newest > (s.seen[name] ?? 0);
  const [words, tone] = session ? stateOf(session) : ['', 'rest'];
  return html`
    <li>
      <button class="side-channel" aria-current=${name === s.channel ? 'page' : undefined} onClick=${() => openChannel(name)}>
        <span class="side-name"><span class="hash">#</span>${name}${fresh && html`<span class="fresh"><span class="unseen">${t('side.fresh')}</span></span>`}</span>
        ${session && html`<span class="side-state"><span class=${`dot dot-${tone}`}></span>${words}${session.round > 0 ? t(session.budget ? 'side.round.of' : 'side.round', { round: session.round, budget: session.budget }) : ''}</span>`}
      </button>
      <button class="icon-button side-put" aria-label=${t(away ? 'side.unarchive' : 'side.archive', { name })} title=${t(away ? 'side.unarchive' : 'side.archive', { name })} aria-pressed=${away} onClick=${() => archive(name, !away)}><${Icon} name="archive" /></button>
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
  return html`
    <div class="you">
      <span class="you-face" aria-hidden="true">${me.name
        .split(' ')
        .map((w) => w[0])
        .join('')}</span>
      <span class="you-words"><strong>${me.name}</strong><small>${t(`role.${me.role}`)}</small></span>
      ${me.tokenGuarded && me.role === 'member' && html`<button class="icon-button" aria-label=${t('you.token')} title=${t('you.token')} onClick=${() => set({ dialog: 'login', drawerOpen: false })}><${Icon} name="key" /></button>`}
      ${settable(me) && html`<button class="icon-button" aria-label=${t('settings')} title=${t('settings')} onClick=${() => say('/acclaim settings')}><${Icon} name="settings" /></button>`}
      ${me.tokenGuarded && me.role !== 'member' && html`<button class="icon-button" aria-label=${t('you.leave')} title=${t('you.leave')} onClick=${logOut}><${Icon} name="close" /></button>`}
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
  return html`<button class="icon-button" aria-label=${t('theme.change', { now: t(`theme.${theme}`), next: t(`theme.${next}`) })} title=${t('theme.now', { now: t(`theme.${theme}`) })} onClick=${turn}><${Icon} name=${themeIcons[theme]} /></button>`;
}

/** May they see and change what holds here? @param {any} me */
const settable = (me) => me.commands.some((/** @type {any} */ c) => c.words === 'settings' && c.allowed);

/** The next of the languages that there are; its own name for itself says which. */
function Language() {
  const tags = Object.keys(catalogues);
  const next = tags[(tags.indexOf(language()) + 1) % tags.length];
  const named = (/** @type {string} */ tag) => String(catalogues[tag].language);
  const turn = () => {
    speak(next);
    set({ language: next });
    void tellAgain();
  };
  const label = t('language.change', { now: named(language()), next: named(next) });
  return html`<button class="icon-button" aria-label=${label} title=${label} onClick=${turn}><${Icon} name="language" /></button>`;
}
