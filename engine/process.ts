/**
 * The engine's process: jobs over Node's IPC channel, answers back. It lowers its own priority so that the
 * bot stays responsive, beats while its event loop is free, leaves Ctrl-C to its parent, and ends when the
 * parent is gone.
 */
import { getPriority, setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { toPlain } from '../src/errors.js';
import { createLog } from '../src/log.js';
import { threadsHere } from '../src/machine/cores.js';
import { safely } from '../src/machine/safely.js';
import { software } from '../src/machine/software.js';
import type { FromEngine } from '../src/queue/messages.js';
import { DeviceVerdicts } from './device-verdicts.js';
import { chooseDevice, type WantedPrecision } from './devices.js';
import { announceCosts } from './foretold-costs.js';
import { EngineContext } from './jobs/context.js';
import { createHandlers } from './jobs/handlers.js';
import { int8Folder } from './models/int8/unet.js';
import { runBudget } from './runtime/budget.js';
import { ExecutorCache } from './runtime/cache.js';
import { Worker } from './worker.js';

const BEAT_MS = 2000;
/** Who waits for it need not know of less, s. */
const AHEAD_S = 1;
/** Executors kept at most; a session of one model uses about eight. */
const EXECUTORS = 16;

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '0' },
    devices: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'auto' },
    data: { type: 'string' },
    memory: { type: 'string', default: '400' },
    run: { type: 'string' },
    nice: { type: 'string', default: '0' },
    'log-level': { type: 'string', default: 'warn' },
  },
});

const send = (message: FromEngine) => {
  // Sends to a parent that has just gone fail; `disconnect` says the rest.
  if (process.connected) process.send?.(message, undefined, {}, () => {});
};

if (!process.send) {
  process.stderr.write('acclaim: usage: the engine is started by the bot\n  Run `acclaim start`.\n');
  process.exit(2);
}
if (Number(values.nice) > 0) setPriority(Math.min(19, getPriority() + Number(values.nice)));

const {
  name: device,
  emission,
  precision,
  int8,
  notes,
} = await chooseDevice(
  values.devices.split(','),
  values.precision as WantedPrecision,
  values.data === undefined ? undefined : new DeviceVerdicts(values.data),
);
const threads = threadsHere(Number(values.threads));
const cache = new ExecutorCache(
  { threads, device, emission },
  {
    executors: EXECUTORS,
    memory: Number(values.memory) * 2 ** 20,
    run: runBudget(values.run === undefined ? null : Number(values.run)),
  },
);
const engine = new EngineContext({
  ...{ cache, threads, device, precision, software: software() },
  int8: int8 && values.data !== undefined ? { folder: int8Folder(values.data) } : undefined,
});
const log = createLog(values['log-level'] as Parameters<typeof createLog>[0], 'engine');
const worker = new Worker(createHandlers(engine), { send }, log, (signal) => engine.ahead.work(signal));
cache.onAhead = (seconds) => {
  if (seconds >= AHEAD_S) send({ type: 'ahead', seconds });
};
announceCosts(engine, (text) => log.info({ ...worker.about }, text));
/** A defect, or a message that does not fit: the next process begins anew. */
const end = (error: unknown) => {
  const stack = error instanceof Error ? error.stack : undefined;
  log.error({ ...worker.about, ...toPlain(error), stack }, 'the engine ends');
  process.exit(1);
};

process.on('SIGINT', () => {});
process.on('SIGTERM', safely(leave, end));
process.on('disconnect', () => process.exit(0));
// A parent that died while these modules were loading has been missed.
if (!process.connected) process.exit(0);
const receive = (raw: unknown) =>
  (raw as { type?: string } | null)?.type === 'stop' ? leave() : worker.receive(raw);
process.on('message', safely(receive, end));
process.on('uncaughtException', end);

send({ type: 'ready', pid: process.pid, device, precision: int8 ? 'int8' : precision, notes });
let due = performance.now() + BEAT_MS;
const beat = () => {
  const lag = Math.max(0, performance.now() - due) / 1000;
  due = performance.now() + BEAT_MS;
  send({
    type: 'alive',
    rss: process.memoryUsage.rss(),
    lag,
    cache: { ...cache.counts, executors: cache.size, models: engine.models },
  });
};
setInterval(safely(beat, end), BEAT_MS);

/** Ends the running job between two steps, then the process. */
async function leave(): Promise<void> {
  await worker.stop();
  process.exit(0);
}
