/**
 * The pictures of an open round, asked for together: nine, as many as a sheet has, in one request, for on a
 * slow line it is the requests that take the time. The document names the first one, so that the browser
 * asks before the page's script runs; page/batches.js makes the same address of the same round. Pure.
 */
import { z } from 'zod';
import type { PageMessage } from './render.js';

/** Pictures of one request. */
export const batchSize = 9;

/**
 * Address of what a page shows first; null where several rounds are open: which of them is looked at the page
 * alone knows. Veiled pictures are asked for one by one.
 */
export function firstBatch(messages: readonly PageMessage[]): string | null {
  const open = messages.filter(({ kind, data }) => kind === 'ballot' && data.open === true);
  const rounds = new Set(open.map(({ data }) => `${data.session} ${data.round}`));
  if (rounds.size !== 1 || open.some(({ data }) => data.blurred === true)) return null;
  const pictures = open.flatMap(({ data }) => picturesOf(data.cells));
  // One may stand in several pairs.
  const indices = pictures.map(({ index }) => index);
  const once = pictures.filter(({ index }, i) => indices.indexOf(index) === i);
  const first = once.slice(0, batchSize).map(({ url }) => url);
  return first.length > 0 ? addressOf(first) : null;
}

const cellsShape = z.array(z.looseObject({ index: z.number(), url: z.string().nullable() }));

/** Of the cells that show one. */
const picturesOf = (cells: unknown): { index: number; url: string }[] =>
  (cellsShape.safeParse(cells).data ?? []).flatMap(({ index, url }) =>
    url === null ? [] : [{ index, url }],
  );

/** @param pictures addresses of single ones: `/pictures/m5/0?v=12`. */
function addressOf(pictures: readonly string[]): string {
  const parts = pictures.map((url) => url.slice('/pictures/'.length).split('?v='));
  const versions = new Set(parts.map(([, version]) => version));
  return `/pictures?of=${parts.map(([place]) => place).join(',')}&v=${[...versions].join(',')}`;
}
