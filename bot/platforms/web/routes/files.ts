/** Pictures, and what sessions taught. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import { AcclaimError } from '../../../../src/errors.js';
import { tarOf } from '../../../../src/store/folder-archive.js';
import { say } from '../../../../src/words/text.js';
import { nothing, sendText } from '../answers.js';
import { batchSize } from '../batches.js';
import { learnedFormats } from '../options.js';
import type { RouteParts } from './parts.js';

/** An address names the bytes. What is NSFW is asked for anew each time: it may be no longer allowed. */
const forever = 'private, max-age=31536000, immutable';

export function fileRoutes(app: Hono, parts: RouteParts): void {
  app.get('/pictures', (c) => batch(c, parts));
  app.get('/pictures/:message/:index', (c) => picture(c, c.req.param(), parts));
  app.get('/api/sessions/:id/adapter', (c) => adapter(c, c.req.param('id'), parts));
}

async function picture(
  c: Context,
  { message, index }: { message: string; index: string },
  { service, callers, pictures }: RouteParts,
): Promise<Response> {
  const shown = service.picture(message, Number(index), callers.visitor(c), callers.holds(c));
  const asks = (what: string) => c.req.query(what) !== undefined;
  const found = shown && (await pictures.read(shown, { clear: asks('clear'), small: asks('small') }));
  if (!found) return c.text('This picture is gone.\n', 404);
  const cache = shown.veiled ? 'no-store' : forever;
  return c.body(new Uint8Array(found.bytes), 200, { 'content-type': found.type, 'cache-control': cache });
}

/**
 * Several pictures as a sheet shows them, `?of=MESSAGE/INDEX,...`, as a JSON list of `data:` addresses; null
 * for one that is gone.
 */
async function batch(c: Context, { service, callers, pictures }: RouteParts): Promise<Response> {
  const asked = (c.req.query('of') ?? '').split(',');
  if (asked.length > batchSize) return nothing(c);
  const list = asked.map((place) => {
    const [message = '', index = ''] = place.split('/');
    const number = /^\d+$/.test(index) ? Number(index) : -1;
    return service.picture(message, number, callers.visitor(c), callers.holds(c));
  });
  const read = await Promise.all(
    list.map((shown) => shown && pictures.read(shown, { clear: false, small: true })),
  );
  if (!read.some(Boolean)) return nothing(c);
  const lasts = read.every(Boolean) && !list.some((shown) => shown?.veiled);
  const addresses = read.map((one) => one && `data:${one.type};base64,${one.bytes.toString('base64')}`);
  const text = JSON.stringify(addresses.map((one) => one ?? null));
  return sendText(c, text, { type: 'application/json', cache: lasts ? forever : 'no-store' });
}

async function adapter(c: Context, session: string, { service, callers }: RouteParts): Promise<Response> {
  if (!callers.isAdmin(c))
    throw new AcclaimError(
      'not-allowed',
      say('The LoRA is for admins.'),
      say('Enter the access token first.'),
    );
  const round = c.req.query('round');
  const asked = c.req.query('format') ?? 'diffusers';
  const format = learnedFormats.find((one) => one === asked);
  const found =
    format && (await service.adapter(session, round === undefined ? null : Number(round), format));
  if (!found)
    throw new AcclaimError(
      'file-not-found',
      say('There is no such file yet.'),
      say(
        'A LoRA is there once a round has been learned; other formats once **/acclaim model export** has made them.',
      ),
    );
  const name = found.name.replace(/[^\w.-]/g, '-');
  const sent = found.folder
    ? await tarOf(found.path, name.replace(/\.tar$/, ''))
    : { bytes: (await stat(found.path)).size, stream: createReadStream(found.path) };
  return c.body(Readable.toWeb(sent.stream) as ReadableStream<Uint8Array>, 200, {
    'content-type': found.folder ? 'application/x-tar' : 'application/octet-stream',
    'content-length': String(sent.bytes),
    'content-disposition': `attachment; filename="${name}"`,
  });
}
