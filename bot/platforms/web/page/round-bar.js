// Above the composer while a round is open: what you have marked, the time left, and Done. Sheets without any
// mark are named before Done goes through: nothing there was good, or was it overlooked? In a gallery
// pictures without one are no vote, unless you say so; nor are pairs without an answer.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isDuel, progressOf } from './duels.js';
import { html } from './html.js';
import { Icon } from './icons.js';
import { finish, isBest, isCalled } from './marks.js';
import { mayAsk } from './notify.js';
import { openRound } from './rounds.js';
import { say } from './say.js';
import { marksOf, set, turnoutOf, useStore } from './store.js';
import { span } from './text.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */

/** What stands of the reader's marks on the sheets of the round. @param {Message[]} sheets */
function standing(sheets) {
  const marks = sheets.map((m) => marksOf(m));
  const of = (/** @type {(m: Message, marks: Set<string>, n: number) => boolean} */ is) =>
    sheets.flatMap((m, i) => m.data.cells.filter((c) => is(m, marks[i], c.number)));
  const votable = sheets.filter((m) => m.data.cells.some((c) => c.url));
  const isBare = (/** @type {Set<string>} */ all) =>
    ![...all].some((e) => e !== 'done' && !e.startsWith('flag-'));
  const nothing = votable.every((m) => isBare(marksOf(m)));
  return {
    good: of(isCalled).length,
    best: of(isBest)[0]?.name,
    bare: isDuel(sheets[0]) && !nothing ? [] : votable.filter((m) => isBare(marksOf(m))),
    nothing,
    duels: isDuel(sheets[0]) ? progressOf(sheets) : null,
    done: marks.some((m) => m.has('done')),
  };
}

/**
 * What was pressed goes with the press: the focus goes on to what stands there instead. At once when that is
 * drawn: an effect that an earlier drawing still owes would find what was pressed.
 */
function useTurn() {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  const turned = useRef(false);
  useLayoutEffect(() => {
    if (!turned.current) return;
    turned.current = false;
    /** @type {HTMLElement | null | undefined} */ (bar.current?.querySelector('[data-next]'))?.focus();
  });
  return { bar, turned };
}

/** Ctrl+Enter, from wherever nothing else is asked or typed. @param {() => void} act */
function useFinishKey(act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const keyed = (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== 'Enter' || (!e.ctrlKey && !e.metaKey)) return;
      if (document.querySelector('dialog[open]') || document.activeElement?.matches('input')) return;
      e.preventDefault();
      latest.current();
    };
    addEventListener('keydown', keyed);
    return () => removeEventListener('keydown', keyed);
  }, []);
}

/** @param {{channel: string}} props */
export function RoundBar({ channel }) {
  useStore((s) => s.messages);
  useStore((s) => s.waiting);
  useStore((s) => s.turnouts);
  const sessions = useStore((s) => s.sessions);
  const sheets = openRound(channel);
  const [asking, setAsking] = useState('');
  const key = sheets.map((m) => m.id).join(' ');
  const session = sessions.find((x) => x.id === sheets[0]?.data.session);
  const { bar, turned } = useTurn();
  const stands = standing(sheets);
  const asks = asking === key && stands.bare.length > 0;
  const withDone = sheets.some((m) => m.buttons.some((b) => b.id === 'done'));
  /** @param {boolean} none whether those without a mark are said to hold nothing */
  const end = (none) => {
    setAsking('');
    turned.current = true;
    finish(sheets, stands.bare, none);
    if (mayAsk()) set({ offer: true });
  };
  const press = () => {
    turned.current = true;
    if (stands.bare.length > 0 && asking !== key) setAsking(key);
    else end(false);
  };
  const back = () => {
    turned.current = true;
    setAsking('');
  };
  useFinishKey(() => withDone && !stands.done && asking !== key && press());
  if (sheets.length === 0) return null;
  return html`
    <div class="round-bar" ref=${bar} role="region" aria-label=${t('bar.label', { round: sheets[0].data.round })}>
      ${asks ? html`<${Asking} data=${sheets[0].data} stands=${stands} back=${back} end=${end} />` : html`<${Stand} data=${sheets[0].data} stands=${stands} session=${session} />${withDone && html`<${Done} data=${sheets[0].data} done=${stands.done} session=${session} press=${press} />`}`}
    </div>
  `;
}

/** Sheets or pictures without any mark. @param {{data: any, stands: ReturnType<typeof standing>, back: () => void, end: (none: boolean) => void}} props */
function Asking({ data: { style, says = 'good' }, stands: { bare, nothing }, back, end }) {
  const gallery = style !== 'sheet';
  const sheets = bare.map((m) => t('sheet', { sheet: m.data.sheet }));
  const names = sheets.reduce((first, last) => t('list', { first, last }));
  const which = gallery
    ? t('bar.bare.pictures', { n: bare.length })
    : t('bar.bare.sheets', { n: bare.length, names });
  return html`
    <p class="round-bar-ask"><strong>${nothing ? t('bar.none') : which}</strong> ${t(`bar.ask.${says}`)}</p>
    <button class=${gallery && nothing ? 'button button-main' : 'button'} data-next onClick=${back}>${t('bar.back')}</button>
    ${gallery && !nothing && html`<button class="button button-main" onClick=${() => end(false)}>${t('bar.leave')}</button>`}
    <button class=${gallery ? 'button' : 'button button-main'} onClick=${() => end(true)}>${t(`bar.nothing.${says}`)}</button>
  `;
}

/** What is marked, how the others are, the time left. @param {{data: any, stands: ReturnType<typeof standing>, session: any}} props */
function Stand({ data, stands: { good, best, duels }, session }) {
  const { round, quorum, says = 'good' } = data;
  const deadline = session?.deadline ?? data.deadline ?? null;
  const now = useNow(deadline !== null);
  const people = peopleOf(session, round, quorum);
  const dot = html`<span class="sep" aria-hidden="true">·</span>`;
  const left = () => t('span.left', { span: span((deadline - now) / 1000) });
  return html`<p><strong>${t('round', { round })}</strong>${dot}${duels ? t('duel.progress', duels) : good === 0 ? t(`bar.mark.${says}`) : t(`bar.called.${says}`, { n: good })}${best && html`${dot}<span class="bar-best"><${Icon} name="star" filled />${t('bar.best', { name: best })}</span>`}${people && html`<span class="bar-people">${dot}${people}</span>`}${deadline !== null && html`<span class="bar-time">${dot}${deadline > now ? left() : t('bar.closing')}</span>`}</p>`;
}

/** @param {{data: any, done: boolean, session: any, press: () => void}} props */
function Done({ data: { round, quorum }, done, session, press }) {
  const me = useStore((s) => s.me);
  if (!done)
    return html`<button class="button button-main" data-next title="Ctrl+Enter" onClick=${press}>${t(quorum <= 1 ? 'bar.done.teach' : 'bar.done')}</button>`;
  const turnout = turnoutOf(session);
  const mayClose = peopleOf(session, round, quorum) !== '' && (turnout?.voters ?? 0) > 0;
  const closing =
    me !== null && me.role !== 'member'
      ? html`<button class="button" onClick=${() => say('/acclaim round close')}>${t('bar.close')}</button>`
      : html`<small class="bar-who">${t('bar.moderator')}</small>`;
  return html`<span class="bar-done" role="status" tabindex="-1" data-next><${Icon} name="check" />${waits(quorum, turnout)}</span>${mayClose && closing}`;
}

/** @param {any} session @param {number} round @param {number} quorum */
function peopleOf(session, round, quorum) {
  const turnout = turnoutOf(session);
  return turnout?.round === round ? finishedWords(turnout, quorum) : '';
}

/** How the others are: counts alone. Nothing where one voter is all that there is, and all that it takes. @param {import('./store.js').Turnout} turnout @param {number} quorum */
function finishedWords({ voters, finished, missing }, quorum) {
  if (quorum <= 1 && voters <= 1) return '';
  const waiting = missing > 0 ? t('bar.waiting', { n: missing }) : '';
  if (voters === 0) return waiting;
  const said = t('bar.finished', { n: finished, voters });
  return waiting ? t('bar.both', { finished: said, waiting }) : said;
}

/** Said to who is done: of one of several who is enough the others need not be, they only have to rest. @param {number} quorum @param {import('./store.js').Turnout | null} turnout */
function waits(quorum, turnout) {
  if (turnout && turnout.missing > 0) return t('bar.done');
  if (!turnout && quorum > 1) return t('bar.done.wait');
  return (turnout?.voters ?? 1) > 1 ? t('bar.done.rest') : t('bar.done');
}

/** The time, drawn anew every ten seconds where it is shown. @param {boolean} wanted */
function useNow(wanted) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!wanted) return;
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, [wanted]);
  return now;
}
