/**
 * The HTTP side of the web channel: guards and headers before all routes, whose subjects are files of
 * `routes/`. They decode, ask the service (service.ts) and answer; nothing is decided here.
 */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AcclaimError, inSentences } from '../../../src/errors.js';
import { nothing, refuse, tooLong } from './answers.js';
import { Callers } from './callers.js';
import type { Door } from './door.js';
import type { Front } from './front.js';
import { accessRoutes } from './routes/access.js';
import { fileRoutes } from './routes/files.js';
import { pageRoutes } from './routes/page.js';
import type { RouteParts } from './routes/parts.js';
import { voteRoutes } from './routes/votes.js';

export interface ServerParts extends Omit<RouteParts, 'callers' | 'guarding'> {
  door: Door;
  front: Front;
}

const LIMITED_MS = 1000;

/** All routes; it listens nowhere yet. */
export function makeApp(parts: ServerParts): Hono {
  const { service, people, door, assets, front, onError } = parts;
  const app = new Hono();
  const guarding = {
    'content-security-policy': assets.contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  };
  app.use(async (c, next) => {
    const refused = front.refusal(c);
    if (refused?.status === 421) return c.text(`${inSentences(refused)}\n`, 421);
    if (refused) return refuse(c, new AcclaimError('not-allowed', refused.message, refused.hint));
    await next();
    if (c.res === RESPONSE_ALREADY_SENT) return;
    for (const [name, value] of Object.entries(guarding)) c.header(name, value);
  });
  app.use('/api/*', bodyLimit({ maxSize: 16 * 1024, onError: (c) => refuse(c, tooLong) }));
  app.onError(async (error, c) => {
    // Whoever asks again at once is answered no more than once a second, and costs nobody else anything
    // meanwhile.
    if (error instanceof AcclaimError && error.code === 'limited' && c.req.method === 'POST')
      await pause(LIMITED_MS);
    return refuse(c, error, onError);
  });
  app.notFound(nothing);
  const callers = new Callers({ people, front, door, now: () => service.now() });
  for (const add of [pageRoutes, voteRoutes, accessRoutes, fileRoutes])
    add(app, { ...parts, callers, guarding });
  return app;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
