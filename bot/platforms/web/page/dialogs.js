// The few things that are asked in front of everything: consent, the access token; and help.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { Question } from './asking.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { Start } from './starting.js';
import { set, toast, useStore } from './store.js';

/** @param {{onConsent: (given: boolean) => void}} props */
export function Dialogs({ onConsent }) {
  const name = useStore((s) => s.dialog);
  const me = useStore((s) => s.me);
  const begin = useStore((s) => s.begin);
  const asked = useStore((s) => s.asked);
  return html`
    <${Dialog} open=${name === 'consent'} label="Before your first vote"><${Consent} onConsent=${onConsent} me=${me} /><//>
    <${Dialog} open=${name === 'help'} label="How it works"><${Help} me=${me} /><//>
    <${Dialog} open=${name === 'login'} label="Access token"><${Login} /><//>
    <${Dialog} open=${name === 'start'} label=${begin.rounds ? 'Branch' : 'New session'}><${Start} me=${me} /><//>
    <${Dialog} open=${asked !== null} label=${asked?.title ?? ''} shut=${() => set({ asked: null })}><${Question} /><//>
  `;
}

/** @param {{open: boolean, label: string, children: any, shut?: () => void}} props */
function Dialog({ open, label, children, shut = () => set({ dialog: null }) }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const el = dialog.current;
    if (open && el && !el.open) el.showModal();
    if (!open && el?.open) el.close();
  }, [open]);
  const closed = () => open && shut();
  return html`
    <dialog class="sheet-dialog" ref=${dialog} aria-label=${label} onClose=${closed} onClick=${(e) => e.target === dialog.current && closed()}>
      ${open && html`<div class="dialog-inner"><h2>${label}</h2><button class="icon-button dialog-close" aria-label="Close" onClick=${closed}><${Icon} name="close" /></button>${children}</div>`}
    </dialog>
  `;
}

/** @param {{onConsent: (given: boolean) => void, me: any}} props */
function Consent({ onConsent, me }) {
  return html`
    <p>Your marks teach the model. To count them, this server keeps:</p>
    <ul>
      <li>a random number in a cookie, by which it knows this browser (you are <strong>${me?.name}</strong>),</li>
      <li>which pictures you mark, and when.</li>
    </ul>
    <p>Nobody is shown your marks; totals appear once a round has closed. <code>/acclaim me</code> shows what is kept of you, <code>/acclaim me forget</code> deletes it.</p>
    <div class="dialog-acts">
      <button class="button" onClick=${() => onConsent(false)}>Not now</button>
      <button class="button button-main" autofocus onClick=${() => onConsent(true)}>Agree and vote</button>
    </div>
  `;
}

/** @param {{me: any}} props */
function Help({ me }) {
  return html`
    <ol class="steps">
      <li><strong>Mark</strong> every picture that is what the prompt asks for: press on it; pressed again it is unmarked. Its corner, or a finger that rests on it, shows it large.</li>
      <li><strong>Star</strong> the best one, if there is one.</li>
      <li>Press <strong>Done</strong>. The model learns from the marks and draws the next round.</li>
    </ol>
    <h3>Keys</h3>
    <dl class="keys">
      <div><dt><kbd>1</kbd>…<kbd>9</kbd></dt><dd>mark on the sheet in hand</dd></div>
      <div><dt><kbd>0</kbd></dt><dd>none of these</dd></div>
      <div><dt><kbd>A</kbd> <kbd>B</kbd>…</dt><dd>take that sheet in hand</dd></div>
      <div><dt><kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd></dt><dd>go from picture to picture; <kbd>Space</kbd> marks, <kbd>Enter</kbd> enlarges</dd></div>
      <div><dt><kbd>Shift</kbd> and a press</dt><dd>mark all from the picture marked last</dd></div>
      <div><dt>drawing the mouse</dt><dd>over pictures marks them all</dd></div>
      <div><dt><kbd>Ctrl</kbd> <kbd>Z</kbd></dt><dd>take the last mark back</dd></div>
      <div><dt><kbd>Ctrl</kbd> <kbd>Enter</kbd></dt><dd>Done</dd></div>
      <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>next picture, when enlarged</dd></div>
      <div><dt><kbd>G</kbd> <kbd>S</kbd> <kbd>F</kbd></dt><dd>good, best, flag, when enlarged</dd></div>
      <div><dt><kbd>G</kbd> <kbd>D</kbd> <kbd>S</kbd></dt><dd>good, not good, best, on a gallery's picture</dd></div>
      <div><dt><kbd>/</kbd></dt><dd>write a command</dd></div>
    </dl>
    <h3>Commands</h3>
    <dl class="commands">
      ${(me?.commands ?? [])
        .filter((c) => c.allowed)
        .map(
          (c) =>
            html`<div key=${c.words}><dt><button class="link" onClick=${() => {
              set({ dialog: null, draft: `/acclaim ${c.words} ` });
              document.getElementById('say')?.focus();
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
      <p>With the access token of this server you are an admin here; another token may let you see channels that are closed to others.</p>
      <input class="field" type="password" value=${token} onInput=${(e) => setToken(e.currentTarget.value)} aria-label="Access token" autocomplete="current-password" autofocus />
      <div class="dialog-acts"><button class="button button-main" disabled=${token === ''}>Enter</button></div>
    </form>
  `;
}
