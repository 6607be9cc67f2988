// Above the composer while a round is open: what you have marked, the time left, and Done. Sheets without any mark are
// named before Done goes through: nothing there was good, or was it overlooked? In a gallery pictures without one are no
// vote, unless you say so.
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { Icon } from './icons.js';
import { finish, isBest, isCalled } from './marks.js';
import { mayAsk } from './notify.js';
import { openRound } from './rounds.js';
import { say } from './say.js';
import { marksOf, set, turnoutOf, useStore } from './store.js';
import { count, span } from './text.js';

/** @typedef {import('./store.js').Message} Message */

/** @param {{channel: string}} props */
export function RoundBar({ channel }) {
  useStore((s) => s.messages);
  useStore((s) => s.waiting);
  const sessions = useStore((s) => s.sessions);
  const me = useStore((s) => s.me);
  useStore((s) => s.turnouts);
  const sheets = openRound(channel);
  const [asking, setAsking] = useState('');
  const key = sheets.map((m) => m.id).join(' ');
  const session = sessions.find((x) => x.id === sheets[0]?.data.session);
  const deadline = session?.deadline ?? sheets[0]?.data.deadline ?? null;
  const now = useNow(deadline !== null);
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  /** What was pressed goes with the press: the focus goes on to what stands there instead. */
  const turned = useRef(false);
  useEffect(() => {
    if (!turned.current) return;
    turned.current = false;
    /** @type {HTMLElement | null | undefined} */ (bar.current?.querySelector('[data-next]'))?.focus();
  });
  const finishing = useRef(() => {});
  useEffect(() => {
    const keyed = (/** @type {KeyboardEvent} */ e) => {
      if (e.key !== 'Enter' || (!e.ctrlKey && !e.metaKey)) return;
      if (document.querySelector('dialog[open]') || document.activeElement?.matches('input')) return;
      e.preventDefault();
      finishing.current();
    };
    addEventListener('keydown', keyed);
    return () => removeEventListener('keydown', keyed);
  }, []);
  finishing.current = () => {};
  if (sheets.length === 0) return null;
  const marks = sheets.map((m) => marksOf(m));
  const good = sheets.reduce(
    (n, m, i) => n + m.data.cells.filter((c) => isCalled(m, marks[i], c.number)).length,
    0,
  );
  const best = sheets
    .flatMap((m, i) => m.data.cells.filter((c) => isBest(m, marks[i], c.number)))
    .map((c) => c.name)[0];
  const votable = (/** @type {Message} */ m) => m.data.cells.some((c) => c.url);
  const bare = sheets.filter(
    (m, i) => votable(m) && ![...marks[i]].some((e) => e !== 'done' && !e.startsWith('flag-')),
  );
  const done = marks.some((m) => m.has('done'));
  const withDone = sheets.some((m) => m.buttons.some((b) => b.id === 'done'));
  const { quorum, round, style, says = 'good' } = sheets[0].data;
  const turnout = turnoutOf(session);
  const people = turnout?.round === round ? finishedWords(turnout, quorum) : '';
  const moderates = me !== null && me.role !== 'member';
  const mayClose = done && people !== '' && (turnout?.voters ?? 0) > 0;
  const gallery = style === 'gallery';
  /** @param {boolean} none whether those without a mark are said to hold nothing */
  const end = (none) => {
    setAsking('');
    turned.current = true;
    finish(sheets, bare, none);
    if (mayAsk()) set({ offer: true });
  };
  const press = () => {
    turned.current = true;
    if (bare.length > 0 && asking !== key) setAsking(key);
    else end(false);
  };
  finishing.current = () => withDone && !done && asking !== key && press();
  const back = () => {
    turned.current = true;
    setAsking('');
  };
  const names = gallery
    ? count(bare.length, 'picture')
    : bare.map((m) => `Sheet ${m.data.sheet}`).join(' and ');
  const nothing = bare.length === sheets.filter(votable).length;
  return html`
    <div class="round-bar" ref=${bar} role="region" aria-label=${`Your marks in round ${round}`}>
      ${
        asking === key && bare.length > 0
          ? html`<p class="round-bar-ask"><strong>${nothing ? 'You have marked nothing yet.' : `${names} ${bare.length === 1 ? 'has' : 'have'} no marks yet.`}</strong> Was nothing ${says} there?</p>
            <button class=${gallery && nothing ? 'button button-main' : 'button'} data-next onClick=${back}>Look again</button>
            ${gallery && !nothing && html`<button class="button button-main" onClick=${() => end(false)}>Leave them out</button>`}
            <button class=${gallery ? 'button' : 'button button-main'} onClick=${() => end(true)}>Nothing ${says}, done</button>`
          : html`<p><strong>Round ${round}</strong><span class="sep" aria-hidden="true">·</span>${good === 0 ? `mark what is ${says}` : count(good, `${says} one`)}${best && html`<span class="sep" aria-hidden="true">·</span><span class="bar-best"><${Icon} name="star" filled />best ${best}</span>`}${people && html`<span class="bar-people"><span class="sep" aria-hidden="true">·</span>${people}</span>`}${deadline !== null && html`<span class="bar-time"><span class="sep" aria-hidden="true">·</span>${deadline > now ? `${span((deadline - now) / 1000)} left` : 'closing'}</span>`}</p>
            ${withDone && (done ? html`<span class="bar-done" role="status" tabindex="-1" data-next><${Icon} name="check" />${waits(quorum, turnout)}</span>${mayClose && (moderates ? html`<button class="button" onClick=${() => say('/acclaim round close')}>Close it now</button>` : html`<small class="bar-who">A moderator may close it.</small>`)}` : html`<button class="button button-main" data-next title="Ctrl+Enter" onClick=${press}>Done${quorum <= 1 ? ', teach it' : ''}</button>`)}`
      }
    </div>
  `;
}

/** How the others are: counts alone. Nothing where one voter is all that there is, and all that it takes. @param {import('./store.js').Turnout} turnout @param {number} quorum */
function finishedWords({ voters, finished, missing }, quorum) {
  if (quorum <= 1 && voters <= 1) return '';
  const waiting = missing > 0 ? `waiting for ${missing}` : '';
  if (voters === 0) return waiting;
  return `${finished} of ${voters} ${finished === 1 ? 'has' : 'have'} finished${waiting && `, ${waiting}`}`;
}

/** Said to who is done: of one of several who is enough the others need not be, they only have to rest. @param {number} quorum @param {import('./store.js').Turnout | null} turnout */
function waits(quorum, turnout) {
  if (turnout && turnout.missing > 0) return 'Done';
  if (!turnout && quorum > 1) return 'Done, waiting for the others';
  return (turnout?.voters ?? 1) > 1 ? 'Done, closes once marks rest' : 'Done';
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
