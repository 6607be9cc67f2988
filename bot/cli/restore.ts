/** `acclaim restore`: a backup into a data folder, checked whole before anything changes. */

import { join, resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { flag, text } from '../../src/cli/options.js';
import { loadConfig } from '../../src/config/load.js';
import { count } from '../../src/domain/state/count.js';
import { Messages } from '../platforms/web/messages.js';
import { rowsOf } from './stored.js';

const options = {
  data: text('--data <dir>', 'folder of all state to restore into'),
  replace: flag(
    '--replace',
    'move what is there aside; without it a folder that holds a database is refused',
  ),
  config: text('--config <file>', 'configuration over config/default.yaml'),
};

export const command = defineCommand(
  {
    args: [{ name: 'file', help: 'a file that `acclaim backup` made', required: true }],
    options,
    examples: ['restore acclaim.tar --data /srv/acclaim', 'restore acclaim.tar --replace'],
  },
  async (v, [file], io) => {
    // Loaded when it runs: help and wrong usage need none of it.
    const { restore } = await import('../../src/store/restore.js');
    const dir = resolve(v.data ?? loadConfig({ file: v.config }).dataDir);
    const { manifest, left, aside, missing } = await restore({
      file: resolve(file!),
      dir,
      replace: v.replace,
      forgetOnPage,
    });
    const { rows, createdAt } = manifest;
    io.out(`${dir} is as of ${createdAt}: ${rowsOf(rows)}\n`);
    if (left === null)
      io.out(
        'Whoever asked to be forgotten after that is in it again, and nothing here can tell who: ask them, or have them leave once more.\n',
      );
    else if (left.people + left.sessions > 0)
      io.out(
        `Taken out again, for they left since: ${count(left.people, 'person', 'people')}, ${count(left.sessions, 'purged session')}.\n`,
      );
    if (aside !== null) io.out(`What was there lies in ${aside}: delete it when you need it no more.\n`);
    if (missing.length > 0)
      io.out(
        `${count(missing.length, 'folder')} of rounds and checkpoints ${missing.length === 1 ? 'is' : 'are'} not here, such as ${missing[0]}: copy sessions/ back beside the database.\n`,
      );
  },
);

async function forgetOnPage(dir: string, is: (account: string) => boolean): Promise<void> {
  const messages = await Messages.open(join(dir, 'web', 'messages.jsonl'));
  try {
    for (const who of messages.known().filter(is)) await messages.consent(who, false, 0);
  } finally {
    await messages.close();
  }
}
