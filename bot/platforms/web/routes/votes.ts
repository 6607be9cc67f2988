/** What people do on the page: they follow it, mark, press, type and agree. */
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono } from 'hono';
import { AcclaimError } from '../../../../src/errors.js';
import { plainFor, readBody } from '../answers.js';
import { buttonBody, commandBody, completeBody, consentBody, reactBody } from '../decode.js';
import { languageFor } from '../language.js';
import type { RouteParts } from './parts.js';

export function voteRoutes(app: Hono, parts: RouteParts): void {
  const { service, callers } = parts;
  app.get('/api/status', async (c) => c.json(await service.status(callers.holds(c), callers.isAdmin(c))));
  app.get('/api/me', async (c) => {
    c.header('cache-control', 'no-store');
    return c.json(await service.me(callers.greet(c)));
  });
  app.get('/api/events', (c) => follow(c, parts));
  app.post('/api/react', async (c) => {
    const body = await readBody(c, reactBody);
    service.admit(body, callers.holds(c));
    const account = callers.actor(c);
    try {
      return c.json({ mine: await service.mark(account, body) });
    } catch (error) {
      if (!(error instanceof AcclaimError) || error.code !== 'round-closed') throw error;
      // What was taken before the round closed: the page names the rest.
      return c.json({ error: plainFor(c, error), mine: service.mine(account, body.message) }, 409);
    }
  });
  app.post('/api/button', async (c) => {
    const body = await readBody(c, buttonBody);
    service.admit(body, callers.holds(c));
    return c.json({ replies: await service.press(callers.actor(c), body) });
  });
  app.post('/api/command', async (c) => {
    const body = await readBody(c, commandBody);
    service.admit(body, callers.holds(c));
    return c.json({ replies: await service.command(callers.actor(c), body) });
  });
  app.post('/api/complete', async (c) => {
    const body = await readBody(c, completeBody);
    service.admit(body, callers.holds(c));
    return c.json({ values: await service.complete(callers.actor(c), body) });
  });
  app.post('/api/consent', async (c) => {
    await service.consent(callers.actor(c), await readBody(c, consentBody));
    return c.json({ ok: true });
  });
}

/** Opens a line of events, which answers by itself. */
function follow(c: Context, { service, callers, logins, guarding }: RouteParts): Response {
  const last = c.req.header('last-event-id') ?? c.req.query('after');
  const headers = {
    ...guarding,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  };
  const { outgoing } = c.env as HttpBindings;
  const login = callers.login(c);
  const stands = login === undefined ? undefined : () => logins.stands(login);
  const visitor = callers.visitor(c);
  service.follow(
    {
      visitor,
      stands,
      address: callers.address(c),
      holder: callers.holds(c),
      admin: callers.isAdmin(c),
      language: languageFor(c),
    },
    { response: outgoing, headers },
    last,
  );
  return RESPONSE_ALREADY_SENT;
}
