/** `acclaim engine`: an engine that takes its jobs over Redis until it is told to leave. */
import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { integer, several, text } from '../../src/cli/options.js';
import { startLine } from '../../src/cli/start-line.js';
import { withoutPlatforms } from '../../src/config/engine.js';
import { loadConfig } from '../../src/config/load.js';
import { toPlain } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import type { Look } from '../../src/monitor/readiness.js';

const options = {
  data: text('--data <dir>', 'the folder of all state that the bot has too'),
  name: text('--name <name>', "name of this engine in logs; else made from the host's"),
  threads: integer('--threads <n>', 'CPU threads; 0 = one a core', { min: 0, max: 1024 }),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  set: several('--set <key=value>', 'one setting over the configuration'),
};

export const command = defineCommand(
  {
    args: [],
    options,
    examples: [
      'engine',
      'engine --data /mnt/acclaim --name gpu-1',
      'engine --set "engine.devices=[cuda, cpu]"',
    ],
  },
  async (v, _args, io) => {
    const set = [...(v.set ?? [])];
    if (v.name !== undefined) set.push(`queue.engine=${v.name}`);
    const loaded = loadConfig({ file: v.config, set });
    const log = createLog(loaded.logLevel, 'engine');
    log.info(startLine({ ...loaded, dataDir: v.data ?? loaded.dataDir }), 'acclaim starts');
    const { config: own, dropped } = withoutPlatforms(loaded);
    if (dropped.length > 0)
      log.warn(
        { settings: dropped },
        'an engine has no use for these: they are not used; take them off this machine',
      );
    const config = {
      ...own,
      dataDir: v.data ?? loaded.dataDir,
      engine: { ...loaded.engine, threads: v.threads ?? loaded.engine.threads },
    };
    // Loaded when it runs: help and wrong usage need none of it.
    const { openServing } = await import('../../src/engines/serving.js');
    const { Meter } = await import('../../src/monitor/meter.js');
    const { openMonitor } = await import('../../src/monitor/server.js');
    const { meterReadiness } = await import('../../src/monitor/readiness.js');
    const { watchDisk } = await import('../../src/monitor/disk.js');
    const { host, port } = config.engine.monitor;
    const meter = new Meter('engine');
    meter.watchProcess();
    const looks: Look[] = [{ name: 'engine', needed: true, look: () => 'it is starting' }];
    meterReadiness(meter, () => looks);
    const disk = watchDisk(meter, resolve(config.dataDir));
    // First, so that a port that is taken is told before anything runs.
    const monitor = port === null ? null : await openMonitor({ host, port, meter, looks, log });
    const serving = await openServing({ config, log, meter, signal: io.signal }).catch(async (error) => {
      await monitor?.stop();
      if (toPlain(error).code === 'cancelled') return null;
      throw error;
    });
    if (!serving) return;
    looks.splice(0, looks.length, ...serving.looks, disk);
    if (monitor) log.info({ monitor: monitor.url }, 'who watches can come');
    if (monitor) io.out(`${monitor.url}/metrics, /healthz and /readyz tell how it does.\n`);
    io.out(`The engine ${serving.name} takes jobs on ${serving.device}. Ctrl-C ends it.\n`);
    await new Promise<void>((resolve) => {
      if (io.signal.aborted) resolve();
      io.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await serving.stop();
    await monitor?.stop();
  },
);
