// The live line: Server-Sent Events that keep the state as the server has it, over lost connections and restarts.
import { settleChannel } from './address.js';
import { call } from './api.js';
import { notify } from './notify.js';
import { arrive, hurry } from './queue.js';
import { add, dismiss, get, refreshMe, set, toast } from './store.js';

/** What a link brings along: an access token, or an invite to vote. Neither stays in the address. */
async function redeem() {
  const [, kind, value = ''] = /^#(token|invite)=(.+)$/.exec(location.hash) ?? [];
  if (kind === undefined) return;
  history.replaceState(null, '', location.pathname);
  const said = decodeURIComponent(value);
  const asked = kind === 'token' ? call('/api/login', { token: said }) : call('/api/invite', { code: said });
  await asked.catch((error) => toast(error.message));
}

/** Whoever waits is admitted elsewhere. */
setInterval(() => {
  if (get().me?.waits && !document.hidden) refreshMe().catch(() => {});
}, 15_000);

/** How long to wait when the line is refused, ms: longer each time. */
let refused = 1000;

export async function connect() {
  await redeem();
  for (let wait = 500; ; wait = Math.min(8000, wait * 2)) {
    try {
      await refreshMe();
      break;
    } catch {
      set({ online: false });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  const live = new EventSource('/api/events');
  live.addEventListener('open', () => {
    refused = 1000;
    set({ online: true });
    hurry();
  });
  live.addEventListener('error', () => {
    set({ online: false });
    // A closed line is one the browser gave up on; while it is only broken, the browser resumes by itself.
    // It may have been one too many: then the server wants to be left alone for a while.
    if (live.readyState !== EventSource.CLOSED) return;
    refused = Math.min(20_000, refused * 2);
    setTimeout(connect, refused);
  });
  on(live, 'history', ({ reset, messages: list, removed }, id) => {
    const messages = reset
      ? new Map([...get().messages].filter(([, m]) => m.kind === 'reply'))
      : new Map(get().messages);
    for (const message of list) messages.set(message.id, message);
    for (const id of removed) messages.delete(id);
    // What was told before the line broke may be old.
    set({ messages, loaded: true, turnouts: {} });
    settleChannel();
    arrive(id.split('-')[0]);
  });
  on(live, 'message', (message) => {
    notify(message);
    add(message);
    settleChannel();
  });
  on(live, 'removed', ({ id }) => dismiss(id));
  on(live, 'marks', ({ id, mine }) => {
    const message = get().messages.get(id);
    if (message) set({ messages: new Map(get().messages).set(id, { ...message, mine }) });
  });
  on(live, 'turnout', ({ session, ...told }) => {
    set({ turnouts: { ...get().turnouts, [session]: told } });
  });
  on(live, 'reply', add);
  // Logged out, here or elsewhere: what only admins see goes with a page opened anew.
  on(live, 'rights', () => location.reload());
  on(live, 'status', ({ sessions }) => {
    set({ sessions });
    settleChannel();
  });
}

/** @param {EventSource} live @param {string} event @param {(data: any, id: string) => void} act */
function on(live, event, act) {
  live.addEventListener(event, (e) => {
    const { data, lastEventId } = /** @type {MessageEvent} */ (e);
    act(JSON.parse(data), lastEventId);
  });
}
