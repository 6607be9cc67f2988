// The few things that are asked in front of everything: consent, the access token; and help.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { Question } from './asking.js';
import { FavouriteList } from './favourite-list.js';
import { dialogClosed, focusAfter } from './focus.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { Start } from './starting.js';
import { set, toast, useStore } from './store.js';
import { rich } from './text.js';
import { t } from './words.js';

/** @param {{onConsent: (given: boolean) => void}} props */
export function Dialogs({ onConsent }) {
  const name = useStore((s) => s.dialog);
  const me = useStore((s) => s.me);
  const begin = useStore((s) => s.begin);
  const asked = useStore((s) => s.asked);
  return html`
    <${Dialog} open=${name === 'consent'} label=${t('consent.title')}><${Consent} onConsent=${onConsent} me=${me} /><//>
    <${Dialog} open=${name === 'help'} label=${t('help.title')}><${Help} me=${me} /><//>
    <${Dialog} open=${name === 'login'} label=${t('login.title')}><${Login} /><//>
    <${Dialog} open=${name === 'start'} label=${t(begin.rounds ? 'start.branch' : 'start.title')}><${Start} me=${me} /><//>
    <${Dialog} open=${name === 'favourites'} label=${t('favourites.title')}><${FavouriteList} /><//>
    <${Dialog} open=${asked !== null} label=${asked?.title ?? ''} shut=${() => set({ asked: null })}><${Question} /><//>
  `;
}

/** @param {{open: boolean, label: string, children: any, shut?: () => void}} props */
function Dialog({ open, label, children, shut = () => set({ dialog: null }) }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const el = dialog.current;
    if (open && el && !el.open) el.showModal();
    if (open || !el?.open) return;
    el.close();
    dialogClosed();
  }, [open]);
  const closed = () => open && shut();
  return html`
    <dialog class="sheet-dialog" ref=${dialog} aria-label=${label} onClose=${closed} onClick=${(e) => e.target === dialog.current && closed()}>
      ${open && html`<div class="dialog-inner"><h2>${label}</h2><button class="icon-button dialog-close" aria-label=${t('close')} onClick=${closed}><${Icon} name="close" /></button>${children}</div>`}
    </dialog>
  `;
}

/** @param {{onConsent: (given: boolean) => void, me: any}} props */
function Consent({ onConsent, me }) {
  return html`
    <p>${t('consent.why')}</p>
    <ul>
      <li>${rich('consent.cookie', { name: me?.name ?? '' })}</li>
      <li>${t('consent.marks')}</li>
    </ul>
    <p>${rich('consent.rights')}</p>
    <div class="dialog-acts">
      <button class="button" onClick=${() => onConsent(false)}>${t('consent.no')}</button>
      <button class="button button-main" autofocus onClick=${() => onConsent(true)}>${t('consent.yes')}</button>
    </div>
  `;
}

/** In their order; each with what it does. */
const keys = [
  ...['digits', 'zero', 'sheet', 'arrows', 'shift', 'drag', 'undo', 'done', 'next', 'large', 'gallery'],
  'slash',
];

/** @param {{me: any}} props */
function Help({ me }) {
  return html`
    <ol class="steps">
      ${['mark', 'star', 'done'].map((step) => html`<li key=${step}>${rich(`help.${step}`)}</li>`)}
    </ol>
    <h3>${t('help.keys')}</h3>
    <dl class="keys">
      ${keys.map((key) => html`<div key=${key}><dt>${rich(`help.keys.${key}`)}</dt><dd>${rich(`help.keys.${key}.do`)}</dd></div>`)}
    </dl>
    <h3>${t('help.commands')}</h3>
    <dl class="commands">
      ${(me?.commands ?? [])
        .filter((c) => c.allowed)
        .map(
          (c) =>
            html`<div key=${c.words}><dt><button class="link" onClick=${() => {
              focusAfter(() => document.getElementById('say')?.focus());
              set({ dialog: null, draft: `/acclaim ${c.words} ` });
            }}><code>${c.usage}</code></button></dt><dd>${c.help}</dd></div>`,
        )}
    </dl>
  `;
}

function Login() {
  const [token, setToken] = useState('');
  const enter = async (/** @type {Event} */ e) => {
    e.preventDefault();
    try {
      await call('/api/login', { token });
      // What only holders of the token see comes with a line opened anew.
      location.reload();
    } catch (error) {
      toast(error.message);
    }
  };
  return html`
    <form onSubmit=${enter}>
      <p>${t('login.why')}</p>
      <input class="field" type="password" value=${token} onInput=${(e) => setToken(e.currentTarget.value)} aria-label=${t('login.title')} autocomplete="current-password" autofocus />
      <div class="dialog-acts"><button class="button button-main" disabled=${token === ''}>${t('login.enter')}</button></div>
    </form>
  `;
}
