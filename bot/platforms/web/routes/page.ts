/** The page's own files, and what monitors ask. */
import type { Hono } from 'hono';
import { AcclaimError } from '../../../../src/errors.js';
import { say } from '../../../../src/words/text.js';
import { sendAsset, sendText } from '../answers.js';
import { languageFor } from '../language.js';
import type { RouteParts } from './parts.js';

export function pageRoutes(app: Hono, parts: RouteParts): void {
  const { service, assets, monitor, callers, people } = parts;
  app.get('/', async (c) => {
    const who = { holder: callers.holds(c), admin: callers.isAdmin(c) };
    const lang = languageFor(c);
    const { state, batch } = await service.first(callers.greet(c), who);
    // The browser asks for them before any script runs.
    if (batch) c.header('link', `<${batch}>; rel=preload; as=fetch; crossorigin; fetchpriority=low`);
    return sendText(c, assets.index(lang, state), { type: 'text/html; charset=utf-8' });
  });
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    if (!monitor) return c.notFound();
    const found = await monitor.readiness();
    c.header('cache-control', 'no-store');
    return c.json(found, found.ready ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    if (!monitor) return c.notFound();
    if (callers.role(c) === 'member') {
      const [, token] = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
      if (token === undefined || !people.isAccessToken(token)) {
        await callers.knock(c);
        throw new AcclaimError(
          'not-allowed',
          say('The metrics are for admins.'),
          say('Send the access token: `Authorization: Bearer TOKEN`.'),
        );
      }
    }
    const { type, text } = await monitor.scrape();
    return c.body(text, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
  app.get('/favicon.ico', (c) => c.redirect('/page/logo.svg', 302));
  app.get('/page/*', (c) => sendAsset(c, assets, assets.get(c.req.path)));
}
