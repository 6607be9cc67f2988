/** Pictures, and what sessions taught. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import { AcclaimError } from '../../../../src/errors.js';
import { tarOf } from '../../../../src/store/folder-archive.js';
import { learnedFormats } from '../options.js';
import type { RouteParts } from './parts.js';

export function fileRoutes(app: Hono, parts: RouteParts): void {
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
  // What is NSFW is asked for anew each time: it may be no longer allowed.
  const cache = shown.veiled ? 'no-store' : 'private, max-age=31536000, immutable';
  return c.body(new Uint8Array(found.bytes), 200, { 'content-type': found.type, 'cache-control': cache });
}

async function adapter(c: Context, session: string, { service, callers }: RouteParts): Promise<Response> {
  if (!callers.isAdmin(c))
    throw new AcclaimError('not-allowed', 'The LoRA is for admins.', 'Enter the access token first.');
  const round = c.req.query('round');
  const asked = c.req.query('format') ?? 'diffusers';
  const format = learnedFormats.find((one) => one === asked);
  const found =
    format && (await service.adapter(session, round === undefined ? null : Number(round), format));
  if (!found)
    throw new AcclaimError(
      'file-not-found',
      'There is no such file yet.',
      'A LoRA is there once a round has been learned; other formats once **/acclaim model export** has made them.',
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
