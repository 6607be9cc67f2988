/**
 * The built bot as a process for crash tests: `acclaim start` itself, with one thing added from outside. When
 * told so (argv: folder, settings as JSON, crash as JSON), the process is killed with SIGKILL at a commit
 * that moves round 1 into a state: `before` the commit is durable, or `after` it is and nothing that follows
 * from it has been done.
 */

import { startCommand } from '../../bot/start.js';
import { loadConfig } from '../../src/config/load.js';
import { Store } from '../../src/store/store.js';

const [, , dir, settings, crash] = process.argv;
const wanted = JSON.parse(crash ?? 'null');

if (wanted) {
  const commit = Store.prototype.commit;
  Store.prototype.commit = async function (rows, effects) {
    const hit = rows.some((r) => r.table === 'round' && r.row.number === 1 && r.row.state === wanted.state);
    if (hit && wanted.when === 'before') process.kill(process.pid, 'SIGKILL');
    await commit.call(this, rows, effects);
    if (hit) process.kill(process.pid, 'SIGKILL');
  };
}

const abort = new AbortController();
process.once('SIGTERM', () => abort.abort());
const config = loadConfig({ set: [`dataDir=${dir}`, 'server.port=0', ...JSON.parse(settings)], env: {} });
await startCommand({
  config,
  seed: 7,
  signal: abort.signal,
  onReady: (url) => process.stdout.write(`${url}\n`),
});
