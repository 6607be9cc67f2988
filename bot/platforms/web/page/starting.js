// The form for a session: what the command takes, as fields, with the command that they make beside them. It
// opens what it started. The same for a branch, which goes on from a round of the session that is looked at.
import { useEffect, useState } from 'preact/hooks';
import { openChannel } from './address.js';
import { call } from './api.js';
import { focusAfter, focusFeed } from './focus.js';
import { html } from './html.js';
import { add, get, set } from './store.js';
import { Text } from './text.js';
import { t } from './words.js';

/**
 * Fields that have words of their own, in their order; an option that is not here stands last, by its own
 * name.
 */
const order = ['criterion', 'negative', 'model', 'images', 'rounds', 'ballots', 'learner'];
/** Seldom asked for: behind a fold. */
const seldom = new Set(['learner', 'images', 'ballots']);

/** @typedef {{name: string, help: string, choices: string[], number?: boolean}} Option */

/** Values as they are typed in a command: several words in quotes. @param {string} value */
const quoted = (value) =>
  /\s|^-/.test(value) ? `"${value.replaceAll('"', "'")}"` : value.replaceAll('"', "'");

/** A prompt needs no quotes, unless something in it looks like an option. @param {string} prompt */
const plain = (prompt) => (/(^|\s)--/.test(prompt) ? quoted(prompt) : prompt.replaceAll('"', "'"));

/** The command that the fields make. @param {{prompt: string, round: string | null, options: Record<string, string>}} fields */
export function lineOf({ prompt, round, options }) {
  const said = Object.entries(options).filter(([, value]) => value.trim() !== '');
  return [
    '/acclaim',
    round === null ? 'session start' : `session branch ${round}`,
    ...said.map(([name, value]) => `--${name} ${quoted(value.trim())}`),
    plain(prompt.trim().replace(/\s+/g, ' ')),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** What the server would offer for an argument or option. @param {string} words @param {string} name @returns {Promise<string[]>} */
export const offered = (words, name) =>
  call('/api/complete', { channel: get().channel || 'none', words, name }).then(
    ({ values }) => values,
    () => [],
  );

/** Does it and shows what it opened; a word why not, where it opened nothing. @param {string} line @returns {Promise<string | null>} */
export async function open(line) {
  try {
    const { replies } = await call('/api/command', { channel: get().channel || 'general', text: line });
    const { channel } = replies.find((/** @type {any} */ one) => one.data.channel)?.data ?? {};
    if (channel === undefined) return replies.map((/** @type {any} */ { text }) => text).join('\n');
    for (const reply of replies) add({ ...reply, channel });
    if (get().dialog !== null) focusAfter(focusFeed);
    set({ dialog: null });
    openChannel(channel);
    return null;
  } catch (error) {
    return error.message;
  }
}

/** @param {{me: any}} props */
export function Start({ me }) {
  const { prompt: first, rounds = null } = get().begin;
  const [prompt, setPrompt] = useState(first);
  const [round, setRound] = useState(/** @type {string | null} */ (rounds?.[0] ?? null));
  const [options, setOptions] = useState(/** @type {Record<string, string>} */ ({}));
  const [examples, setExamples] = useState(/** @type {string[]} */ ([]));
  const [models, setModels] = useState(/** @type {string[]} */ ([]));
  const [state, setState] = useState({ busy: false, why: '' });
  const branch = round !== null;
  useEffect(() => {
    if (branch) return;
    offered('session start', 'prompt').then(setExamples);
    offered('session start', 'model').then(setModels);
  }, []);
  const spec = me?.commands.find((/** @type {any} */ c) => c.words === 'session start');
  /** @type {Option[]} */
  const all = branch
    ? []
    : (spec?.options ?? []).map((o) => (o.name === 'model' ? { ...o, choices: models } : o));
  const place = (/** @type {Option} */ o) => (order.indexOf(o.name) + order.length + 1) % (order.length + 1);
  const shown = [...all].sort((a, b) => place(a) - place(b));
  const line = lineOf({ prompt, round, options });
  const send = async (/** @type {Event} */ e) => {
    e.preventDefault();
    setState({ busy: true, why: '' });
    const why = await open(line);
    if (why !== null) setState({ busy: false, why });
  };
  const field = (/** @type {Option} */ o) =>
    html`<${Field} key=${o.name} option=${o} value=${options[o.name] ?? ''} change=${(value) => setOptions({ ...options, [o.name]: value })} />`;
  return html`
    <form class="start" onSubmit=${send}>
      ${branch && html`<label>${t('start.from')}<select class="field" value=${round} onChange=${(e) => setRound(e.currentTarget.value)}>${rounds.map((r) => html`<option key=${r} value=${r}>${t('start.from.round', { round: r })}</option>`)}</select></label>`}
      <label>${t(branch ? 'start.prompt.branch' : 'start.prompt')}
        <textarea class="field" rows="2" maxlength="1000" autofocus required=${!branch} value=${prompt} onInput=${(e) => setPrompt(e.currentTarget.value)} placeholder=${t('start.prompt.hint')}></textarea>
      </label>
      ${
        examples.length > 0 &&
        html`<div class="start-examples" role="group" aria-label=${t('start.tasks')}>
          <span>${t('start.tasks.short')}</span>${examples.map((name) => html`<button key=${name} type="button" class="many" aria-pressed=${prompt === name} onClick=${() => setPrompt(name)}>${name}</button>`)}
        </div>`
      }
      ${shown.filter((o) => !seldom.has(o.name)).map(field)}
      ${shown.some((o) => seldom.has(o.name)) && html`<details class="start-more"><summary>${t('start.more')}</summary>${shown.filter((o) => seldom.has(o.name)).map(field)}</details>`}
      <p class="start-line">${t('start.line')} <code>${line}</code></p>
      ${state.why !== '' && html`<div class="start-why prose" role="alert"><${Text} text=${state.why} /></div>`}
      <div class="dialog-acts"><button class="button button-main" disabled=${state.busy || (!branch && prompt.trim() === '')}>${t(branch ? 'start.open.branch' : 'start.open')}</button></div>
    </form>
  `;
}

/** @param {{option: Option, value: string, change: (value: string) => void}} props */
function Field({ option: { name, help, choices, number }, value, change }) {
  const words = order.includes(name) ? t(`field.${name}`) : `${name[0].toUpperCase()}${name.slice(1)}`;
  const put = (/** @type {any} */ e) => change(e.currentTarget.value);
  const input =
    choices.length > 0
      ? html`<select class="field" value=${value} onChange=${put}><option value="">${t('start.usual')}</option>${choices.map((c) => html`<option key=${c} value=${c}>${c}</option>`)}</select>`
      : html`<input class="field" type=${number ? 'number' : 'text'} min="1" value=${value} onInput=${put} placeholder=${number ? t('start.usual') : ''} />`;
  return html`<label>${words}${input}${choices.length > 0 && name !== 'model' && html`<small>${help}</small>`}</label>`;
}
