// The live line: Server-Sent Events that keep the state as the server has it, over lost connections and
// restarts.
import { settleChannel } from './address.js';
import { call } from './api.js';
import { notify } from './notify.js';
import { arrive, hurry } from './queue.js';
import { add, dismiss, get, refreshMe, set, toast } from './store.js';
import { language } from './words.js';

/** What the document brought along, until it has been used; a line that opens later is told anew. @type {any} */
let brought = null;

const gift = /^#(token|invite)=(.+)$/;

/** The page begins with what its document says, unless its address says who this really is. */
export function begin() {
  const said = JSON.parse(document.getElementById('state')?.textContent || '{}');
  // It may be in another language than this browser chose before.
  const other = document.documentElement.lang !== language();
  if (said.me === undefined || other || gift.test(location.hash)) return;
  brought = said;
  set({ me: said.me, sessions: said.sessions });
  stand(said.messages, said.id);
}

/** All that stands here. @param {import('./store.js').Message[]} list @param {string} id of the newest change */
function stand(list, id, messages = new Map()) {
  for (const message of list) messages.set(message.id, message);
  // What was told before the line broke may be old.
  set({ messages, loaded: true, turnouts: {} });
  settleChannel();
  arrive(id.split('-')[0]);
}

/** What a link brings along: an access token, or an invite to vote. Neither stays in the address. */
async function redeem() {
  const [, kind, value = ''] = gift.exec(location.hash) ?? [];
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

/** The open line. @type {EventSource | null} */
let line = null;

/** What the server says, told once more in the language of now. */
export async function tellAgain() {
  line?.close();
  brought = null;
  await connect();
}

export async function connect() {
  await redeem();
  const after = brought?.id;
  brought = null;
  for (let wait = 500; after === undefined; wait = Math.min(8000, wait * 2)) {
    try {
      await refreshMe();
      break;
    } catch {
      set({ online: false });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  const live = new EventSource(after === undefined ? '/api/events' : `/api/events?after=${after}`);
  line = live;
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
    for (const one of removed) messages.delete(one);
    stand(list, id, messages);
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
