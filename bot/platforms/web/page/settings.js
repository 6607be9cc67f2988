// What holds on this server, as a moderator sees and changes it: each setting with its value, its unit and who
// set it, what it does, and a field for another value.
import { useState } from 'preact/hooks';
import { html } from './html.js';
import { say } from './say.js';
import { Text } from './text.js';
import { t } from './words.js';

/** `words`: name, value with its unit, and source. @typedef {{name: string, words: string, help: string, own: boolean, offers: string[]}} Setting */

/** @param {{settings: Setting[]}} props */
export function Settings({ settings }) {
  return html`<ul class="settings">${settings.map((one) => html`<${Row} key=${one.name} ...${one} />`)}</ul>`;
}

/** @param {Setting} props */
function Row({ name, words, help, own, offers }) {
  const [value, setValue] = useState('');
  const change = (/** @type {string} */ to) => say(`/acclaim settings ${name} ${to}`);
  const enter = (/** @type {Event} */ e) => {
    e.preventDefault();
    change(value.trim());
    setValue('');
  };
  const label = t('settings.value', { name });
  return html`
    <li>
      <div class="prose"><${Text} text=${words} /></div>
      <small>${help}</small>
      <form onSubmit=${enter}>
        <input class="field" value=${value} onInput=${(/** @type {any} */ e) => setValue(e.currentTarget.value)} aria-label=${label} placeholder=${offers[0] ?? ''} list=${`offers-${name}`} maxlength="200" />
        <datalist id=${`offers-${name}`}>${offers.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
        <button class="button" disabled=${value.trim() === ''}>${t('settings.set')}</button>
        ${own && html`<button type="button" class="link" onClick=${() => change('default')}>${t('settings.default')}</button>`}
      </form>
    </li>
  `;
}
