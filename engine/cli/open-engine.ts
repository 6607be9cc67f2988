/** The engine within a command's own process: `generate` and `learn` run a job here and leave. */
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { threadsHere } from '../../src/machine/cores.js';
import { software } from '../../src/machine/software.js';
import { DeviceVerdicts } from '../device-verdicts.js';
import { chooseDevice } from '../devices.js';
import { EngineContext } from '../jobs/context.js';
import { int8Folder } from '../models/int8/unet.js';
import { runBudget } from '../runtime/budget.js';
import { ExecutorCache } from '../runtime/cache.js';

const EXECUTORS = 16;

export interface EngineRequest {
  config?: string | undefined;
  set?: readonly string[] | undefined;
  /** Over the configuration's devices. */
  device?: string | undefined;
  threads?: number | undefined;
}

/**
 * Chooses the device that works first; `close` releases what was compiled. Errors: those of the
 * configuration; device-unavailable.
 */
export async function openEngine(
  request: EngineRequest,
): Promise<{ config: Config; engine: EngineContext; notes: readonly string[]; close(): Promise<void> }> {
  const config = loadConfig({ file: request.config, set: request.set });
  const device = await chooseDevice(
    request.device ? [request.device] : config.engine.devices,
    config.engine.precision,
    new DeviceVerdicts(config.dataDir),
  );
  const threads = threadsHere(request.threads ?? config.engine.threads);
  const limits = {
    executors: EXECUTORS,
    memory: config.engine.memoryMb * 2 ** 20,
    run: runBudget(config.engine.runMb),
  };
  const cache = new ExecutorCache({ threads, device: device.name, emission: device.emission }, limits);
  const { name, precision } = device;
  const int8 = device.int8 ? { folder: int8Folder(config.dataDir) } : undefined;
  const engine = new EngineContext({ cache, threads, device: name, precision, int8, software: software() });
  return { config, engine, notes: device.notes, close: () => cache.clear() };
}
