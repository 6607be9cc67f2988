/** `acclaim backup`: one file of the data folder, while Acclaim runs. */

import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { flag, mandatory, text } from '../../src/cli/options.js';
import { loadConfig } from '../../src/config/load.js';
import { count } from '../../src/domain/state/count.js';
import { software } from '../../src/machine/software.js';
import { rowsOf } from './stored.js';

const options = {
  out: mandatory(
    text('--out <file>', 'the backup to write; what stands there is replaced once the new one is whole'),
  ),
  data: text('--data <dir>', 'folder of all state'),
  artifacts: flag('--artifacts', 'pictures and checkpoints of sessions that have not ended, too'),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  json: flag('--json', 'print what is in it as JSON'),
};

export const command = defineCommand(
  {
    args: [],
    options,
    examples: [
      'backup --out acclaim.tar',
      'backup --out /backups/acclaim.tar --data /srv/acclaim --artifacts',
    ],
  },
  async (v, _args, io) => {
    // Loaded when it runs: help and wrong usage need none of it.
    const { backup } = await import('../../src/store/backup.js');
    const manifest = await backup({
      dir: resolve(v.data ?? loadConfig({ file: v.config }).dataDir),
      file: resolve(v.out),
      artifacts: v.artifacts,
      software: software(),
    });
    const { rows, files, sessions, createdAt, schema } = manifest;
    if (v.json)
      return io.out(`${JSON.stringify({ createdAt, schema, rows, files: files.length, sessions })}\n`);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    io.out(
      `${v.out}: ${rowsOf(rows)} as of ${createdAt}; ` +
        `${count(files.length, 'file')}, ${(bytes / 1e6).toFixed(1)} MB\n`,
    );
    const out = sessions.filter((session) => !session.included && session.folders.length > 0).length;
    if (out > 0)
      io.out(`Pictures and checkpoints of ${count(out, 'session')} are not in it: copy sessions/ as well.\n`);
    io.out("It holds the key of the voters' hashes: keep it to yourself, and delete it when it is old.\n");
  },
);
