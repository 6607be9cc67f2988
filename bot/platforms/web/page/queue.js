// Marks on their way: kept in the browser until the server has taken them, and tried again, more and more
// slowly, for as long as one is left. What came too late is named until its reader has seen it. One queue for
// all tabs of this page.
import { call } from './api.js';
import { drawer } from './drawer.js';
import { markWords } from './names.js';
import { get, isStar, marksOf, messagesOf, refreshMe, set, toast, waitingCount } from './store.js';
import { t } from './words.js';

/** @typedef {import('./store.js').Message} Message */
/** @typedef {{emoji: string, present: boolean}} Mark */

const firstWait = 1000;
const longestWait = 30_000;
/** A line that is up and says nothing is as good as cut. */
const patience = 15_000;
/** Rounds that are told of: whoever was away for longer knows it. */
const mostLate = 5;

/** Puts marks in line for the server, as one act, and asks for consent first where it is missing. Returns what stood before. @param {{message: Message, marks: Mark[]}[]} changes @returns {{message: Message, marks: Mark[]}[]} */
export function markAll(changes) {
  const waiting = { ...get().waiting };
  /** @type {Map<string, {message: Message, marks: Mark[]}>} */
  const before = new Map();
  const put = (/** @type {Message} */ message, /** @type {Mark} */ { emoji, present }) => {
    waiting[message.id] = { ...waiting[message.id], [emoji]: present };
    const was = before.get(message.id) ?? { message, marks: [] };
    if (!was.marks.some((one) => one.emoji === emoji))
      was.marks.push({ emoji, present: marksOf(message).has(emoji) });
    before.set(message.id, was);
  };
  for (const { message, marks } of changes) {
    for (const { emoji, present } of marks) {
      put(message, { emoji, present });
      if (!present || !isStar(emoji)) continue;
      // A star moves: the earlier one of the round is taken back, here as on the server.
      for (const other of messagesOf(message.channel).filter((m) => sameRound(m, message)))
        for (const e of marksOf(other))
          if (isStar(e) && (other.id !== message.id || e !== emoji)) put(other, { emoji: e, present: false });
    }
  }
  keep(waiting);
  // Whoever has just agreed is not asked again while the server's word is on its way.
  if (!get().me?.consented && !get().agreeing) set({ dialog: 'consent' });
  else void flush();
  return [...before.values()];
}

/** @param {Message} a @param {Message} b */
const sameRound = (a, b) =>
  a.kind === 'ballot' && a.data.round === b.data.round && a.data.session === b.data.session;

/** @param {Record<string, Record<string, boolean>>} waiting */
function keep(waiting) {
  const kept = Object.fromEntries(
    Object.entries(waiting).filter(([, marks]) => Object.keys(marks).length > 0),
  );
  const { epoch } = get();
  drawer.set('waiting', Object.keys(kept).length > 0 ? { epoch, marks: kept } : null);
  set({ waiting: kept });
}

/** The server has told which life of its messages this is: what was marked in another finds its ballots no more. @param {string} epoch */
export function arrive(epoch) {
  const of = drawer.get('waiting')?.epoch;
  set({ epoch });
  const left = waitingCount();
  if (left > 0 && of && of !== epoch) {
    tell({ of, round: null, names: [], count: left });
    keep({});
  } else keep(get().waiting);
  hurry();
}

let sending = false;
let again = false;
let tries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Sends what waits, now; what fails for a reason that may pass goes on waiting, and is tried again later. */
export async function flush() {
  if (sending) {
    again = true;
    return;
  }
  const { me, loaded } = get();
  if (!me?.consented || !loaded) return;
  clearTimeout(timer);
  sending = true;
  const wasStuck = get().stuck !== null;
  const waited = waitingCount() > 0;
  let failed = null;
  do {
    again = false;
    failed = await round();
  } while (again && !failed);
  sending = false;
  if (waitingCount() === 0 || !failed) {
    tries = 0;
    set({ stuck: null });
    if (wasStuck && waited && waitingCount() === 0 && get().late.length === 0) toast(t('queue.sent'));
    return;
  }
  // Asked for their consent anew: that has words of its own.
  set({ stuck: get().me?.consented ? failed.why : null });
  const wait = Math.max(failed.after, Math.min(longestWait, firstWait * 2 ** tries++));
  // Pages that lost the server together do not come back together.
  timer = setTimeout(flush, wait * (0.75 + Math.random() / 2));
}

/** Something has changed for the better: what waits need not wait longer. */
export function hurry() {
  tries = 0;
  void flush();
}

/** A ballot at a time. Done comes last, and not before everything else is there: it may close the round. */
async function round() {
  const isLast = (/** @type {string} */ id) => get().waiting[id]?.done === true;
  const ids = Object.keys(get().waiting);
  let failed = null;
  for (const id of [...ids.filter((one) => !isLast(one)), ...ids.filter(isLast)]) {
    if (failed && isLast(id)) continue;
    const problem = await send(id);
    failed ??= problem;
    if (problem?.stop) break;
  }
  return failed;
}

/** Null once the server has said its last word on them. @param {string} id @returns {Promise<{why: string, after: number, stop: boolean} | null>} */
async function send(id) {
  // Withdrawals first, so that a moved star is never two stars.
  const rank = (/** @type {Mark} */ { emoji, present }) => (emoji === 'done' ? 2 : Number(present));
  const list = Object.entries(get().waiting[id] ?? {})
    .map(([emoji, present]) => ({ emoji, present }))
    .sort((a, b) => rank(a) - rank(b));
  if (list.length === 0) return null;
  try {
    const { mine } = await call('/api/react', { message: id, marks: list }, patience);
    taken(id, mine);
  } catch (error) {
    if (error.code === 'round-closed') late(id, list, error.mine);
    else if (error.code === 'file-not-found') tell({ of: id, round: null, names: [], count: list.length });
    else if (error.code === 'usage') toast(error.message);
    else return later(error);
  }
  const left = { ...get().waiting[id] };
  for (const { emoji, present } of list) if (left[emoji] === present) delete left[emoji];
  keep({ ...get().waiting, [id]: left });
  return null;
}

/** @param {any} error */
async function later({ code, message, after = 0 }) {
  const problem = { why: message, after, stop: code === 'offline' };
  if (code !== 'not-allowed') return problem;
  // Perhaps this browser is not known any more, or has been forgotten: then it is asked again.
  await refreshMe().catch(() => {});
  return { ...problem, stop: true };
}

/** @param {string} id @param {string[]} mine */
function taken(id, mine) {
  const message = get().messages.get(id);
  if (message) set({ messages: new Map(get().messages).set(id, { ...message, mine }) });
}

/** The round closed first. @param {string} id @param {Mark[]} list @param {string[] | undefined} mine what the server has of them */
function late(id, list, mine) {
  const message = get().messages.get(id);
  if (mine) taken(id, mine);
  const lost = list.filter(({ emoji, present }) => (mine ?? message?.mine ?? []).includes(emoji) !== present);
  if (lost.length === 0) return;
  if (!message) return tell({ of: id, round: null, names: [], count: lost.length });
  const { session, round } = message.data;
  const names = lost.map((one) => markWords(message, one));
  tell({ of: `${session} ${round}`, round, names, count: names.length });
}

/** @param {import('./store.js').Late} entry */
function tell(entry) {
  const old = get().late.find(({ of }) => of === entry.of);
  // Sheets of a round are told together, and what another tab has told is not told twice.
  const names = [...new Set([...(old?.names ?? []), ...entry.names])];
  const told = { ...entry, names, count: names.length || entry.count };
  const list = [...get().late.filter((one) => one !== old), told].slice(-mostLate);
  drawer.set('late', list);
  set({ late: list });
}

/** Its reader has seen what came too late. */
export function seenLate() {
  drawer.set('late', null);
  set({ late: [] });
}

/** @param {boolean} given */
export async function consent(given) {
  set({ dialog: null });
  if (!given || get().agreeing) return;
  const agreeing = agree();
  set({ agreeing });
  await agreeing;
}

/** Tells the server; never throws. */
async function agree() {
  try {
    await call('/api/consent', { channel: get().channel, given: true });
    set({ me: { ...get().me, consented: true }, agreeing: null });
    hurry();
  } catch (error) {
    set({ agreeing: null });
    toast(error.message);
  }
}

addEventListener('online', hurry);
document.addEventListener('visibilitychange', () => document.hidden || hurry());
// What another tab marked or sent is marked or sent here.
addEventListener('storage', ({ key }) => {
  if (key === 'acclaim.waiting' || key === null) set({ waiting: drawer.get('waiting')?.marks ?? {} });
  if (key === 'acclaim.late' || key === null) set({ late: drawer.get('late') ?? [] });
});
