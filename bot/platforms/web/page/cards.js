// Small cards: notices, private answers, progress.
import { useEffect, useState } from 'preact/hooks';
import { html } from './html.js';
import { Icon } from './icons.js';
import { Strengths } from './pair.js';
import { Settings } from './settings.js';
import { dismiss, press, useStore } from './store.js';
import { span, Text, timeOf } from './text.js';
import { Revealable } from './veil.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {{message: Message}} props */
export function Notice({ message }) {
  const welcome = message.data.notice === 'welcome';
  return html`
    <div class=${welcome ? 'notice notice-welcome' : 'notice'}>
      <h2>${message.title}</h2>
      <div class="prose"><${Text} text=${message.text} /></div>
      ${message.data.strengths ? html`<${Strengths} steps=${message.data.strengths} veiled=${message.data.blurred} />` : message.pictures.map((p) => html`<img key=${p.url} class="plain-picture" src=${p.url} alt=${p.alt} />`)}
      ${
        message.buttons.length > 0 &&
        html`<p class="notice-buttons">${message.buttons.map((b) => html`<button key=${b.id} class="button" onClick=${() => press(message, b.id, b.value ?? null)}>${b.label}</button>`)}</p>`
      }
    </div>
  `;
}

/** Seen by the asker alone. @param {{message: Message}} props */
export function Reply({ message }) {
  const sessions = useStore((s) => s.sessions);
  const of = useStore((s) => cardOf(message, s.messages));
  if (message.echo) return html`<p class="said">${message.text}</p>`;
  // What the page itself answers is in the reader's language.
  const own = message.data.channel === undefined ? [] : [message.data];
  const links = [...sessions, ...own].flatMap(({ id, session, channel }) => [
    [id ?? session, channel],
    [channel, channel],
  ]);
  return html`
    <div class="reply">
      ${message.title && html`<h2>${message.title}</h2>`}
      ${message.data.settings ? html`<${Settings} settings=${message.data.settings} />` : html`<div class="prose"><${Text} text=${message.text} links=${new Map(links)} /></div>`}
      ${message.pictures.map((p) => html`<${Revealable} key=${p.url} url=${p.url} alt=${p.alt} veiled=${p.spoiler} />`)}
      ${message.files?.map((file) => html`<p key=${file.name}><button class="button" onClick=${() => save(file)}><${Icon} name="download" />${file.name}</button></p>`)}
      ${of && message.buttons.length > 0 && html`<p class="notice-buttons">${message.buttons.map((b) => html`<button key=${b.id} class="button" onClick=${() => press(of, b.id, b.value ?? null)}>${b.label}</button>`)}</p>`}
      <p class="reply-foot">${t('reply.private')} <span aria-hidden="true">·</span> <button class="link" onClick=${() => dismiss(message.id)}>${t('reply.dismiss')}</button></p>
    </div>
  `;
}

/** An answer stands on no server: what is pressed on one about a round is pressed on the round's own card. @param {Message} message @param {Map<string, Message>} messages */
const cardOf = ({ data: { session, guardsOf } }, messages) =>
  [...messages.values()].findLast(
    ({ kind, data }) => kind === 'outcome' && data.session === session && data.round === guardsOf,
  );

/** A file that came with an answer, or lies on the server. @param {{name: string, type: string, text?: string, url?: string}} file */
function save({ name, type, text, url }) {
  const made = url ?? URL.createObjectURL(new Blob([text ?? ''], { type }));
  Object.assign(document.createElement('a'), { href: made, download: name }).click();
  if (!url) setTimeout(() => URL.revokeObjectURL(made), 60_000);
}

/** @param {{message: Message}} props */
export function Progress({ message }) {
  const { data, progress, title, text } = message;
  if (data.state === 'done' || data.state === 'stopped') {
    return html`<p class="progress-done"><${Icon} name=${data.state === 'done' ? 'check' : 'none'} /><span><strong>${title}</strong> <span class="sep" aria-hidden="true">·</span> <span>${text.split('\n')[0]}</span></span></p>${text.includes('\n') && html`<div class="prose progress-notes"><${Text} text=${text.split('\n').slice(1).join('\n')} /></div>`}`;
  }
  const share = Math.round((progress ?? 0) * 100);
  const failed = data.state === 'failed';
  return html`
    <div class=${failed ? 'progress progress-failed' : 'progress'}>
      <div class="progress-head">
        <h2>${title}</h2>
        ${!failed && data.since != null && html`<span class="time-left"><${Icon} name="clock" />${t('progress.since', { time: timeOf(data.since) })}</span>`}
        ${!failed && data.secondsLeft !== null && html`<${TimeLeft} seconds=${data.secondsLeft} since=${message.seq} />`}
      </div>
      ${!failed && html`<div class="bar" role="progressbar" aria-label=${title} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share}><span style=${{ transform: `scaleX(${share / 100})` }}></span></div>`}
      ${message.preview && html`<img class="progress-preview" src=${message.preview} alt=${t('progress.preview')} />`}
      <p class="progress-text">${data.now ?? text}</p>
    </div>
  `;
}

/** Counts down between two reports. @param {{seconds: number, since: number}} props */
function TimeLeft({ seconds, since }) {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    setPassed(0);
    const began = Date.now();
    const timer = setInterval(() => setPassed((Date.now() - began) / 1000), 1000);
    return () => clearInterval(timer);
  }, [since]);
  const left = seconds - passed;
  return html`<span class="time-left"><${Icon} name="clock" />${left < 1 ? t('progress.near') : t('span.left', { span: span(left) })}</span>`;
}
