/**
 * An engine for light work beside the sessions' own, so that rounds go on meanwhile: started when it is first
 * asked for.
 */
import type { Config } from '../../src/config/schema.js';
import { launchEngine, openOwnQueue } from '../../src/engines/serving.js';
import type { Log } from '../../src/log.js';
import type { JobQueue } from '../../src/queue/contract.js';

/** Whoever asks for its queue starts it. */
export class SideEngine {
  private opened: JobQueue | null = null;

  constructor(private readonly parts: { config: Config; log: Log }) {}

  /** One thread, and no graphs to speak of. */
  queue(): JobQueue {
    const { config, log } = this.parts;
    this.opened ??= openOwnQueue({ config, log, launch: launchEngine(config, log, 1) });
    return this.opened;
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }
}
