// The pictures of an open round, as many as a sheet has in one request: on a slow line it is the requests
// that take the time. Each is kept for as long as the page is open, so that a round that closes asks for none
// anew. What does not come this way comes by itself.
import { useLayoutEffect } from 'preact/hooks';
import { call } from './api.js';
import { get, set, useStore } from './store.js';

/** @typedef {import('./store.js').Message} Message */

/** Pictures of one request: batches.ts names the same addresses in the document. */
const size = 9;

/** Names the picture, which may stand in several pairs: what it shows never changes. @param {Message} message @param {any} cell */
const nameOf = ({ data: { session, round } }, cell) => `${session} ${round} ${cell.index}`;

/** The picture as its sheet shows it: null while it is on its way, undefined where it comes by itself. @param {Message} message @param {any} cell @returns {string | null | undefined} */
export function useSmall(message, cell) {
  const small = useStore((s) => s.small[nameOf(message, cell)]);
  const { open, blurred } = message.data;
  if (blurred) return undefined;
  return small ?? (open && small === undefined ? null : undefined);
}

/** Those that were asked for. @type {Set<string>} */
const asked = new Set();

/** Asks for what is not there yet. @param {Message[]} messages of a round */
export function useBatches(messages) {
  useLayoutEffect(() => {
    // A veiled picture is asked for by itself, each time anew.
    const open = messages.filter(({ data }) => data.open && !data.blurred);
    const wanted = open.flatMap((m) =>
      m.data.cells.filter((c) => c.url).map((c) => ({ name: nameOf(m, c), url: c.url })),
    );
    const names = wanted.map(({ name }) => name);
    const fresh = wanted.filter(({ name }, i) => !asked.has(name) && names.indexOf(name) === i);
    for (let i = 0; i < fresh.length; i += size) void fetchBatch(fresh.slice(i, i + size));
  });
}

/** @param {{name: string, url: string}[]} batch */
async function fetchBatch(batch) {
  for (const { name } of batch) asked.add(name);
  const parts = batch.map(({ url }) => url.slice('/pictures/'.length).split('?v='));
  const versions = new Set(parts.map(([, version]) => version));
  const address = `/pictures?of=${parts.map(([place]) => place).join(',')}&v=${[...versions].join(',')}`;
  /** @type {(string | null)[]} */
  const pictures = await call(address).catch(() => []);
  const small = { ...get().small };
  for (const [i, { name }] of batch.entries()) small[name] = pictures[i] ?? null;
  set({ small });
}
