/**
 * `acclaim invite`: links by which people's marks on the page count, one a person. It writes nothing, and
 * runs beside the bot.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { fallback, integer, text } from '../../src/cli/options.js';
import { systemClock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { AcclaimError } from '../../src/errors.js';
import { INVITE_DAYS, inviteLink } from '../../src/network/invite-link.js';

const options = {
  count: fallback(integer('--count <n>', 'how many', { min: 1, max: 1000 }), 1),
  days: fallback(integer('--days <n>', 'days that they are good', { min: 1, max: 365 }), INVITE_DAYS),
  page: text('--page <address>', 'address of the page, as people reach it'),
  data: text('--data <dir>', 'folder of all state'),
  config: text('--config <file>', 'configuration over config/default.yaml'),
};

export const command = defineCommand(
  { args: [], options, examples: ['invite', 'invite --count 20 --page https://taste.example.org'] },
  async (v, _args, io) => {
    const { dataDir, server } = loadConfig({ file: v.config });
    const dir = resolve(v.data ?? dataDir);
    if (!existsSync(join(dir, 'secret.key')))
      throw new AcclaimError(
        'file-not-found',
        `There is no data folder of Acclaim at ${dir}.`,
        'Start Acclaim once, or name the folder: --data DIR.',
      );
    const page = v.page ?? pageOf(server);
    // Loaded when it runs: help and wrong usage need none of it.
    const { readSecret } = await import('../../src/store/voter-key.js');
    const { newInvite } = await import('../../src/store/invites.js');
    const secret = await readSecret(dir);
    const until = systemClock.now() + (v.days ?? INVITE_DAYS) * 86_400_000;
    for (let i = 0; i < (v.count ?? 1); i++) io.out(`${inviteLink(page, newInvite(secret, until))}\n`);
  },
);

/** As the page itself says it: nobody can open what only says "every address of this machine". */
function pageOf({ hostNames: [named], host, port }: Config['server']): string {
  if (named !== undefined) return `https://${named}`;
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
