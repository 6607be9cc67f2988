// The page's state: one plain object, replaced on every change. Components read it with `useStore`; whatever
// changes it is a function here. live.js feeds it from the server.
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { call } from './api.js';
import { drawer } from './drawer.js';
import { language } from './words.js';

/** `of`: the round, or the message that is gone. @typedef {{of: string, round: number | null, names: string[], count: number}} Late */
/**
 * @typedef {{id: string, channel: string, kind: string, at: number, editedAt: number | null, seq: number, title: string,
 *   text: string, pictures: {url: string, alt: string, spoiler: boolean}[], reactions: string[],
 *   buttons: {id: string, label: string, value?: string}[], progress: number | null, preview?: string, data: any, mine: string[], echo?: boolean, files?: {name: string, type: string, text?: string, url?: string}[]}} Message
 */

/** `then`: done on yes. @typedef {{title: string, words: string, act: string, then: () => void}} Asked */

/** How many marked anything, how many have finished, and how many more have to. @typedef {{round: number, voters: number, finished: number, missing: number}} Turnout */

let state = {
  /** @type {any} */ me: null,
  /** Message id -> message. @type {Map<string, Message>} */ messages: new Map(),
  /** @type {any[]} */ sessions: [],
  /** Told live, newer than what a session's status says. @type {Record<string, Turnout>} */ turnouts: {},
  loaded: false,
  online: true,
  channel: '',
  /** Marks not yet taken by the server, message -> emoji -> present. @type {Record<string, Record<string, boolean>>} */
  waiting: drawer.get('waiting')?.marks ?? {},
  /** Why they are not, when they should be. @type {string | null} */ stuck: null,
  /** Marks that came too late. @type {Late[]} */ late: drawer.get('late') ?? [],
  /** Names the life of the server's messages; '' until it is known. */ epoch: '',
  /** @type {Record<string, number>} */ seen: drawer.get('seen') ?? {},
  /** What somebody is asked before it is done. @type {Asked | null} */ asked: null,
  /** Open dialog: consent, help, login, start, null. @type {string | null} */ dialog: null,
  /** A consent on its way to the server; settles either way. @type {Promise<void> | null} */ agreeing: null,
  /** @type {{group: any, index: number} | null} */ lightbox: null,
  /** Pictures as a sheet shows them, by batches.js; null: each comes by itself. @type {Record<string, string | null>} */
  small: {},
  /** Blurred pictures that were asked for clear, by address. @type {Set<string>} */ revealed: new Set(),
  /** The sheet that digits mark, by its message. */ sheet: '',
  /** Pictures that the mouse has passed in a drag. @type {Set<string>} */ painted: new Set(),
  /** Of the page; words.js holds what is said in it. */ language: language(),
  drawerOpen: false,
  /** The pairs to answer stand alone on the screen. */ duel: false,
  /** @type {{text: string, id: number} | null} */ toast: null,
  /** Said to screen readers. */ spoken: '',
  draft: '',
  /** What the form for a session begins with; `rounds`: of those it may branch from, newest first. @type {{prompt: string, rounds?: string[]}} */ begin:
    { prompt: '' },
  /** Kept in this browser. @type {import('./favourites.js').Favourite[]} */ favourites:
    drawer.get('favourites') ?? [],
  /** Sessions put away by hand, by channel; in this browser. @type {string[]} */ archived:
    drawer.get('archived') ?? [],
  /** Whether notifications are offered now. */ offer: false,
  /** Lines said from this page: the feed then goes to its end. */ said: 0,
};
const readers = new Set();

export const get = () => state;

/** @param {Partial<typeof state>} change */
export function set(change) {
  state = { ...state, ...change };
  for (const read of readers) read(state);
}

/**
 * Resolves once the server has told who this browser is: what is said while the page opens waits for that.
 */
export function met() {
  if (state.me) return Promise.resolve();
  return new Promise((resolve) => {
    const read = () => {
      if (!state.me) return;
      readers.delete(read);
      resolve(undefined);
    };
    readers.add(read);
  });
}

/** What `pick` takes from the state; the component is drawn again when that changes. @template T @param {(s: typeof state) => T} pick @returns {T} */
export function useStore(pick) {
  const [, draw] = useReducer((n) => n + 1, 0);
  const latest = useRef(/** @type {{pick: typeof pick, value: any}} */ ({ pick, value: undefined }));
  latest.current = { pick, value: pick(state) };
  useEffect(() => {
    const read = () => {
      const { pick: now, value } = latest.current;
      if (now(state) !== value) draw(0);
    };
    readers.add(read);
    read();
    return () => readers.delete(read);
  }, []);
  return latest.current.value;
}

// Derived
// ------------------------------------------------------------------------------------------------------------

/** Channels by name: those of sessions first, in their order, then any other that has messages. */
export function channels(s = state) {
  const names = s.sessions.map((x) => x.channel);
  for (const m of s.messages.values()) names.push(m.channel);
  return [...new Set(names)];
}

/** @param {string} channel */
export function messagesOf(channel, s = state) {
  // The welcome opens the channel, even where a quick engine's first message came before it.
  const first = (/** @type {Message} */ m) => (m.data.notice === 'welcome' ? 0 : 1);
  return [...s.messages.values()]
    .filter((m) => m.channel === channel)
    .sort((a, b) => first(a) - first(b) || a.at - b.at || a.seq - b.seq);
}

/** My marks on a message, those still on their way included. @param {Message} message */
export function marksOf(message, s = state) {
  const marks = new Set(message.mine);
  for (const [emoji, present] of Object.entries(s.waiting[message.id] ?? {})) {
    if (present) marks.add(emoji);
    else marks.delete(emoji);
  }
  return marks;
}

/** Of the round that is open in a session; null while nobody has told. @param {any} session @returns {Turnout | null} */
export function turnoutOf(session, s = state) {
  const told = s.turnouts[session?.id ?? ''];
  const known = session?.turnout ?? null;
  return told && told.round >= (known?.round ?? 0) ? told : known;
}

export function waitingCount(s = state) {
  return Object.values(s.waiting).reduce((n, marks) => n + Object.keys(marks).length, 0);
}

// Acts
// ---------------------------------------------------------------------------------------------------------------

export function markSeen(channel = state.channel) {
  const newest = Math.max(0, ...messagesOf(channel).map((m) => m.at));
  if (!channel || (state.seen[channel] ?? 0) >= newest) return;
  const seen = { ...state.seen, [channel]: newest };
  drawer.set('seen', seen);
  set({ seen });
}

/** Asks for a blurred picture clear; the server looks again whether it may be. @param {string} url */
export function reveal(url) {
  set({ revealed: new Set(state.revealed).add(url) });
}

let toastId = 0;
/** @param {string} text */
export function toast(text) {
  const id = ++toastId;
  set({ toast: { text, id } });
  setTimeout(() => state.toast?.id === id && set({ toast: null }), 6000);
}

/** A star of a sheet's cell, or of a gallery's picture. @param {string} emoji */
export const isStar = (emoji) => emoji === 'star' || emoji.startsWith('star-');

/** @param {Message} message @param {string} button @param {string | null} value */
export async function press(message, button, value = null) {
  await state.agreeing;
  // What is pressed on a ballot is a vote; a moderator's word is none.
  if (message.kind === 'ballot' && !state.me?.consented) return set({ dialog: 'consent' });
  try {
    const { replies } = await call('/api/button', { message: message.id, button, value });
    for (const reply of replies) add(reply);
  } catch (error) {
    toast(error.message);
  }
}

/** @param {string} id */
export function dismiss(id) {
  const messages = new Map(state.messages);
  messages.delete(id);
  set({ messages });
}

/** @param {Message} message */
export function add(message) {
  const messages = new Map(state.messages);
  const old = messages.get(message.id);
  if (old && message.seq < old.seq) return;
  messages.set(message.id, message);
  set({ messages });
  if (message.channel === state.channel) announce(message, old);
}

/** @param {Message} message @param {Message | undefined} old */
function announce(message, old) {
  if (message.kind === 'progress' || (old && old.title === message.title)) return;
  if (message.echo) return;
  set({ spoken: `${message.title}. ${message.text.replaceAll('**', '')}` });
}

export async function refreshMe() {
  const me = await call('/api/me');
  set({ me: { ...me, skew: state.me?.skew ?? 0 } });
}
