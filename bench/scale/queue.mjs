// What the bot's look at its queue costs: once a second, and at each word of an engine, it follows every job
// that is out and goes over every job that waits. Engines here are their beats alone. Writes what
// simulate.mjs reads. Usage: node bench/scale/queue.mjs [--jobs 500] [--out FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startRedis } from '../../dist/bench/lib/redis.mjs';
import { machine, median } from '../../dist/bench/lib/table.mjs';
import { resolveModel } from '../../dist/src/config/models.js';
import { createLog } from '../../dist/src/log.js';
import { modelHash } from '../../dist/src/models/model-hash.js';
import { Envelopes } from '../../dist/src/queue/envelope.js';
import { BullQueue } from '../../dist/src/queue/redis/bullmq.js';
import { connect } from '../../dist/src/queue/redis/connection.js';
import { keys } from '../../dist/src/queue/redis/wire.js';
import { SharedFolderTransport } from '../../dist/src/queue/transport/shared-folder.js';

const here = dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: {
    jobs: { type: 'string', default: '500' },
    out: { type: 'string', default: join(dirname(here), 'out', 'queue.json') },
  },
});
const count = Number(given.jobs);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-queue-'));
const { server, port } = await startRedis(dir);
const redis = { url: `redis://127.0.0.1:${port}`, ca: null };
const key = 'k'.repeat(32);
const model = resolveModel('mini');
const hash = await modelHash(model);
const queue = new BullQueue({
  redis,
  prefix: 'look',
  key,
  transport: new SharedFolderTransport(dir, { hash: modelHash, find: () => model }),
  log: createLog('error'),
  // Only when it is told to.
  lookMs: 1e9,
  // One beat of each is all there is.
  lostMs: 1e9,
});
const line = connect(redis, () => {});
const envelopes = new Envelopes(key);
const name = keys('look');
const beat = { device: 'cpu', memoryMb: 1000, models: [hash], warm: [], draining: false, count: 1 };
const jobs = (from) => {
  for (let i = from; i < from + count; i++) {
    const payload = { session: `s${i}`, round: 1, attempt: 1, seed: 1, task: 'cat' };
    const paths = { judge: model, roundDir: join(dir, `s${i}`) };
    queue.run({ id: `s${i}.1.score.1`, kind: 'score', payload: { ...payload, ...paths } }).catch(() => {});
  }
};

async function look() {
  while (queue.looking) await queue.looking;
  const times = [];
  for (let i = 0; i < 7; i++) {
    const began = performance.now();
    await queue.lookAll();
    times.push((performance.now() - began) / 1000);
  }
  return median(times);
}

jobs(0);
const waiting = await look();
for (let i = 0; i < count; i++) {
  const engine = `e${i}`;
  await line.sadd(name.engines, engine);
  await line.set(name.beat(engine), envelopes.close('beat', { engine, ...beat }), 'PX', 600_000);
}
await queue.lookAll();
const out = await look();
const report = { machine: machine(), jobs: count, perWaiting: waiting / count, perFlight: out / count };
mkdirSync(dirname(given.out), { recursive: true });
writeFileSync(given.out, JSON.stringify(report, null, 1));
console.log(
  `${report.machine}: a look at ${count} jobs that wait takes ${(waiting * 1000).toFixed(0)} ms, at ${count} that are out, with as many engines, ${(out * 1000).toFixed(0)} ms`,
);
await queue.close();
line.disconnect();
await server.end();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
