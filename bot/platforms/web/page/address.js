// The address names the session: Back walks over the sessions that were looked at, and closes a picture that
// is large.
import { channels, get, markSeen, set } from './store.js';

/** The session that a link or a form asks for, until it is there. */
let wanted = '';
/** One was shown before it was known which sessions go on. */
let guessed = false;

/** `#duel`: pairs alone, of whatever session has some. A session of that name is a session. */
const duelAsked = () => location.hash === '#duel' && !channels().includes('duel');

const named = () => {
  const name = decodeURIComponent(location.hash.slice(1));
  return name.includes('=') || duelAsked() ? '' : name;
};

/** Shows a session, as one step that Back takes back. @param {string} channel */
export function openChannel(channel) {
  wanted = channel;
  guessed = false;
  if (named() !== channel) history.pushState(null, '', `#${encodeURIComponent(channel)}`);
  set({ channel, drawerOpen: false, lightbox: null, duel: false });
  markSeen(channel);
}

/**
 * After the list of sessions has come or changed: what is asked for is shown once it is there, till then the
 * first that goes on.
 */
export function settleChannel() {
  const { channel, sessions } = get();
  const names = channels();
  if (get().duel !== duelAsked()) set({ duel: duelAsked() });
  wanted ||= channel === '' ? named() : '';
  if (names.includes(wanted)) {
    if (channel !== wanted) set({ channel: wanted });
    wanted = '';
  } else {
    const known = names.includes(channel) || (channel !== '' && channel === wanted);
    if (names.length === 0 || (known && !(guessed && sessions.length > 0))) return;
    guessed = sessions.length === 0;
    const goesOn = sessions.find((one) => one.state !== 'ended' && names.includes(one.channel));
    set({ channel: goesOn?.channel ?? (known ? channel : names[0]) });
  }
  if (wanted === '' && !get().duel)
    history.replaceState(history.state, '', `#${encodeURIComponent(get().channel)}`);
}

/** Shows a picture large. @param {{group: string[], index: number}} lightbox */
export function openLarge(lightbox) {
  if (get().lightbox === null) history.pushState({ large: true }, '');
  set({ lightbox });
}

export function closeLarge() {
  if (get().lightbox === null) return;
  set({ lightbox: null });
  if (history.state?.large) history.back();
}

/** Back, forward, or a link within the page. @param {PopStateEvent} event */
function walked(event) {
  if (get().lightbox !== null && !event.state?.large) set({ lightbox: null });
  if (get().duel !== duelAsked()) set({ duel: duelAsked() });
  const name = named();
  if (name === '' || name === get().channel) return;
  wanted = name;
  guessed = false;
  if (channels().includes(name)) {
    set({ channel: name, drawerOpen: false });
    markSeen(name);
    wanted = '';
  }
}

/** Begins to follow the browser's way. */
export function followAddress() {
  if (history.state?.large) history.replaceState(null, '');
  addEventListener('popstate', walked);
}
