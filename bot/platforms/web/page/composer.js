// The line for commands, with completion as a combobox: arrows choose, Tab or Enter takes, Escape closes. Up
// brings back what was said before.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { say } from './say.js';
import { get, set, useStore } from './store.js';
import { t } from './words.js';

/** @typedef {{words: string, usage: string, help: string, allowed: boolean, options: {name: string, help: string, choices: string[]}[], args: string[], choices: string[], offers: Record<string, string[]>}} Command */

/** The option that is being typed, whose values the server may know. @param {string} draft @param {Command[]} commands */
export function typing(draft, commands) {
  const typed = draft.toLowerCase().startsWith('/acclaim ') ? draft.slice('/acclaim '.length) : '';
  const whole = commands.find((c) => c.allowed && typed.toLowerCase().startsWith(`${c.words} `));
  if (!whole) return null;
  const said = typed.slice(whole.words.length + 1).split(' ');
  const before = said.at(-2) ?? '';
  const name = before.startsWith('--') ? before.slice(2).toLowerCase() : whole.args[said.length - 1];
  return name ? { words: whole.words, name } : null;
}

/** What may follow `draft`; `known`: what the server knows of the option being typed. @param {string} draft @param {Command[]} commands @param {string[]} known @returns {{insert: string, shown: string, help: string}[]} */
export function complete(draft, commands, known = []) {
  if (!draft.startsWith('/')) return [];
  const full = '/acclaim ';
  if (!draft.toLowerCase().startsWith(full)) {
    const typed = draft.slice(1).toLowerCase();
    if (full.startsWith(draft.toLowerCase())) return top(commands, '');
    return top(commands, typed);
  }
  const typed = draft.slice(full.length).toLowerCase();
  const whole = commands.find((c) => typed.startsWith(`${c.words} `));
  if (!whole) return top(commands, typed);
  const last = typed.split(' ').at(-1) ?? '';
  const base = draft.slice(0, draft.length - last.length);
  if (last.startsWith('--')) {
    return whole.options
      .filter((o) => `--${o.name}`.startsWith(last))
      .map((o) => ({ insert: `${base}--${o.name} `, shown: `--${o.name}`, help: o.help }));
  }
  const option = whole.options.find((o) => typed.endsWith(`--${o.name} ${last}`));
  const said = typed.slice(whole.words.length + 1).split(' ');
  const args = said.length === 1 ? whole.choices : said.length === 2 ? (whole.offers[said[0]] ?? []) : [];
  const choices = option ? option.choices : args;
  return (known.length > 0 ? known : choices)
    .filter((c) => c.toLowerCase().startsWith(last) && c.toLowerCase() !== last)
    .map((c) => ({ insert: `${base}${c} `, shown: c, help: '' }));
}

/** @param {Command[]} commands @param {string} typed */
function top(commands, typed) {
  return commands
    .filter(
      (c) =>
        c.allowed &&
        (c.words.startsWith(typed) || c.words.split(' ').some((w) => typed !== '' && w.startsWith(typed))),
    )
    .map((c) => ({ insert: `/acclaim ${c.words} `, shown: c.usage, help: c.help }));
}

/** What the server knows of the option that is being typed. @param {string} draft @param {Command[]} commands @returns {string[]} */
function useKnown(draft, commands) {
  const [known, setKnown] = useState(/** @type {{of: string, values: string[]}} */ ({ of: '', values: [] }));
  const option = typing(draft, commands);
  const of = option ? `${option.words} ${option.name}` : '';
  useEffect(() => {
    if (!option) return undefined;
    let late = false;
    // Without an answer what the option itself says is offered.
    const body = { channel: get().channel || 'none', ...option };
    call('/api/complete', body)
      .then(({ values }) => late || setKnown({ of, values }))
      .catch(() => {});
    return () => {
      late = true;
    };
  }, [of]);
  return known.of === of ? known.values : [];
}

/** "/" anywhere starts a command, as people know it from other chats. @param {{current: HTMLInputElement | null}} field */
function useSlash(field) {
  useEffect(() => {
    const slash = (/** @type {KeyboardEvent} */ e) => {
      const inField = /** @type {HTMLElement} */ (e.target).closest('input, dialog') !== null;
      if (e.key !== '/' || inField || e.ctrlKey || e.metaKey) return;
      e.preventDefault();
      set({ draft: '/' });
      field.current?.focus();
    };
    addEventListener('keydown', slash);
    return () => removeEventListener('keydown', slash);
  }, []);
}

/** The line with its choices and what was said before. @param {{current: HTMLInputElement | null}} field */
function useLine(field) {
  const draft = useStore((s) => s.draft);
  const me = useStore((s) => s.me);
  const [chosen, setChosen] = useState(-1);
  const [shut, setShut] = useState(false);
  const [past, setPast] = useState(/** @type {string[]} */ ([]));
  const back = useRef(0);
  const commands = me?.commands ?? [];
  const known = useKnown(draft, commands);
  const list = me && !shut ? complete(draft, commands, known).slice(0, 12) : [];
  useEffect(() => setChosen(-1), [draft]);
  useEffect(() => {
    document.getElementById(`choice-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const write = (/** @type {string} */ text) => {
    set({ draft: text });
    setShut(false);
  };
  const take = (/** @type {number} */ i) => {
    write(list[i].insert);
    field.current?.focus();
  };
  const send = (/** @type {Event} */ e) => {
    e.preventDefault();
    const text = draft.trim();
    if (!text) return;
    setPast([text, ...past.filter((p) => p !== text)].slice(0, 30));
    back.current = 0;
    set({ draft: '' });
    say(text);
  };
  const keyed = (/** @type {KeyboardEvent} */ e) => {
    if (e.key === 'ArrowDown' && list.length > 0) setChosen((chosen + 1) % list.length);
    else if (e.key === 'ArrowUp' && list.length > 0) setChosen(chosen <= 0 ? list.length - 1 : chosen - 1);
    else if (e.key === 'ArrowUp' && past.length > 0) {
      write(past[Math.min(back.current++, past.length - 1)]);
      setShut(true);
    } else if (e.key === 'Tab' && !e.shiftKey && list.length > 0) take(Math.max(0, chosen));
    else if (e.key === 'Enter' && chosen >= 0 && list[chosen]) take(chosen);
    else if (e.key === 'Escape' && list.length > 0) setShut(true);
    else return;
    e.preventDefault();
  };
  return { draft, list, chosen, write, take, send, keyed, setShut };
}

export function Composer() {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const { draft, list, chosen, write, take, send, keyed, setShut } = useLine(field);
  useSlash(field);
  return html`
    <form class="composer" onSubmit=${send}>
      ${list.length > 0 && html`<${Choices} list=${list} chosen=${chosen} take=${take} />`}
      <div class="composer-line">
        <input id="say" ref=${field} value=${draft} onInput=${(e) => write(e.currentTarget.value)} onKeyDown=${keyed} onBlur=${() => setShut(true)} onFocus=${() => setShut(false)}
          placeholder=${t('composer.hint')} aria-label=${t('composer.label')} autocomplete="off" autocapitalize="off" spellcheck=${false} maxlength="2000"
          role="combobox" aria-expanded=${list.length > 0} aria-controls="choices" aria-autocomplete="list" aria-activedescendant=${chosen >= 0 ? `choice-${chosen}` : undefined} />
        <button type="button" class="icon-button" aria-label=${t('help')} title=${t('help')} onClick=${() => set({ dialog: 'help' })}><${Icon} name="help" /></button>
        <button type="submit" class="icon-button send" aria-label=${t('composer.send')} title=${t('composer.send')} disabled=${draft.trim() === ''}><${Icon} name="send" /></button>
      </div>
    </form>
  `;
}

/** @param {{list: {insert: string, shown: string, help: string}[], chosen: number, take: (i: number) => void}} props */
function Choices({ list, chosen, take }) {
  return html`
    <ul class="choices" id="choices" role="listbox" aria-label=${t('composer.choices')}>
      ${list.map((c, i) => html`<li key=${c.insert} id=${`choice-${i}`} role="option" aria-selected=${i === chosen} onMouseDown=${(e) => e.preventDefault()} onClick=${() => take(i)}><code>${c.shown}</code>${c.help && html`<span>${c.help}</span>`}</li>`)}
    </ul>
  `;
}
