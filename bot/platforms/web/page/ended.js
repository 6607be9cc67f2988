// In place of the round's bar once a session has ended: go on from its newest round, branch, or begin anew.
import { useEffect, useState } from 'preact/hooks';
import { html } from './html.js';
import { offered, open } from './starting.js';
import { set, toast, useStore } from './store.js';
import { percent, rich } from './text.js';
import { t } from './words.js';

/** @param {{session: any}} props */
export function EndedBar({ session }) {
  const commands = useStore((s) => s.me?.commands);
  const mayBranch =
    commands?.some((/** @type {any} */ c) => c.words === 'session branch' && c.allowed) === true;
  const [rounds, setRounds] = useState(/** @type {string[]} */ ([]));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    setRounds([]);
    let late = false;
    if (mayBranch) offered('session branch', 'round').then((list) => late || setRounds(list));
    return () => {
      late = true;
    };
  }, [session.id, mayBranch]);
  const last = session.approval.at(-1);
  const goOn = async () => {
    setBusy(true);
    const why = await open(['/acclaim', 'session branch', rounds[0]].join(' '));
    setBusy(false);
    if (why !== null) toast(why.replaceAll('**', ''));
  };
  return html`
    <div class="round-bar ended-bar" role="region" aria-label=${t('ended.label')}>
      <p>${rich('ended.after', { n: session.round })}${last !== undefined && html`<span class="sep" aria-hidden="true">·</span>${t('ended.approval', { share: percent(last) })}`}</p>
      ${
        rounds.length > 0 &&
        html`<button class="button" disabled=${busy} onClick=${goOn}>${t('ended.on', { round: rounds[0] })}</button>
          <button class="button" onClick=${() => set({ begin: { prompt: '', rounds }, dialog: 'start' })}>${t('ended.branch')}</button>`
      }
      <button class="button button-main" onClick=${() => set({ begin: { prompt: session.prompt }, dialog: 'start' })}>${t('side.new')}</button>
    </div>
  `;
}
