/**
 * Runs one act of the store in a process that is killed with SIGKILL at a chosen point, for crash tests of
 * what happens once.
 *   node kill-at.mjs restore N FILE DIR    before the Nth rename (from 1)
 *   node kill-at.mjs migrate N DIR         before the Nth statement of a migration
 * When N is beyond the last point it ends by itself and says `done` and how many points there were.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const [act, at, ...args] = process.argv.slice(2);
let points = 0;
const point = () => {
  if (++points === Number(at)) process.kill(process.pid, 'SIGKILL');
};

if (act === 'restore') {
  const { rename } = fs;
  fs.rename = (...names) => {
    point();
    return rename(...names);
  };
  syncBuiltinESMExports();
  const { restore } = await import('../../src/store/restore.js');
  const [file, dir] = args;
  await restore({ file, dir, replace: true, forgetOnPage: async () => {} });
} else {
  const { Connection } = await import('../../src/store/sqlite.js');
  const { exec } = Connection.prototype;
  Connection.prototype.exec = function (sql) {
    if (!/^(BEGIN IMMEDIATE|COMMIT|PRAGMA user_version|\s*(ALTER|CREATE|UPDATE|DROP) )/.test(sql))
      return exec.call(this, sql);
    point();
    return exec.call(this, sql);
  };
  const { Store } = await import('../../src/store/store.js');
  process.stdout.write('begins\n');
  await (await Store.open(args[0])).close();
}
process.stdout.write(`done ${points}\n`);
