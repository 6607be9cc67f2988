/** Tokens and invites: how people come to rights, and how they leave them. */
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { AcclaimError } from '../../../../src/errors.js';
import { safely } from '../../../../src/machine/safely.js';
import { say } from '../../../../src/words/text.js';
import { readBody } from '../answers.js';
import { inviteBody, loginBody, logoutBody } from '../decode.js';
import type { RouteParts } from './parts.js';

export function accessRoutes(app: Hono, { service, callers, people, logins, onError }: RouteParts): void {
  app.post('/api/login', async (c) => {
    const { token } = await readBody(c, loginBody);
    const known = callers.meet(c);
    await callers.knock(c);
    const admitted = people.admit(token, known.id);
    if (!admitted)
      throw new AcclaimError(
        'not-allowed',
        say('That is not the access token.'),
        say('Ask whoever runs this server.'),
      );
    callers.keep(c, admitted.cookie, admitted.value);
    const admin = admitted.cookie === people.adminCookie;
    // Whoever runs the place counts, whatever was said of them before.
    if (admin) await service.vouched(people.account(known, 'admin'));
    return c.json({ ok: true });
  });
  app.post('/api/logout', async (c) => {
    await readBody(c, logoutBody);
    const login = callers.login(c);
    callers.dropRights(c);
    // Told once the browser has dropped its cookies: its pages ask anew.
    const { outgoing } = c.env as HttpBindings;
    const who = callers.visitor(c);
    outgoing.once(
      'close',
      safely(() => service.loggedOut(who), onError),
    );
    if (login !== undefined) await logins.end(login);
    return c.json({ ok: true });
  });
  app.post('/api/invite', async (c) => {
    const { code } = await readBody(c, inviteBody);
    const known = callers.account(c, callers.meet(c));
    await callers.knock(c);
    // One that opens its own link again needs no other.
    if (known.waits && !(await service.redeem(code)))
      throw new AcclaimError(
        'not-allowed',
        say('That invite was used already, or it has ended.'),
        say('Ask whoever sent it for another one.'),
      );
    callers.keep(c, people.voterCookie, people.vouch(known.id));
    await service.vouched({ ...known, waits: false });
    return c.json({ ok: true });
  });
}
