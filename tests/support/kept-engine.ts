/**
 * Built engines that outlive the house that started them: the next one with the same settings takes over a
 * process that has loaded and compiled all it needs. A house is told what it would be told of one of its own,
 * from `ready` to its end. Whoever looks at how processes begin and end has the built bot.
 */
import type { Launch } from '../../bot/create-app.js';
import { engineEnvironment } from '../../src/config/env.js';
import { launchEngine } from '../../src/engines/serving.js';
import type { EngineLauncher, EngineLink, EngineListener } from '../../src/queue/local/engine-link.js';
import type { FromEngine, ToEngine } from '../../src/queue/messages.js';

class KeptEngine {
  /** Who hears of it; null = it waits for the next house. */
  private listener: EngineListener | null = null;
  private readonly link: EngineLink;
  private ready: FromEngine | null = null;
  private job: string | null = null;
  private rss = 0;

  constructor(launch: EngineLauncher, onGone: (engine: KeptEngine) => void) {
    this.link = launch({
      message: (message) => this.hear(message),
      ended: (end) => {
        onGone(this);
        const { listener } = this;
        this.listener = null;
        listener?.ended(end);
      },
    });
  }

  get free(): boolean {
    return this.listener === null && this.ready !== null;
  }

  taken(listener: EngineListener): EngineLink {
    this.listener = listener;
    const { ready } = this;
    if (ready) setImmediate(() => this.listener === listener && listener.message(ready));
    return {
      send: (message) => {
        if (this.listener === listener) this.tell(message);
      },
      kill: (hung) => {
        if (this.listener === listener) this.link.kill(hung);
      },
    };
  }

  private hear(message: FromEngine): void {
    if (message.type === 'ready') this.ready = message;
    if (message.type === 'alive') this.rss = message.rss;
    if (message.type === 'done' || message.type === 'failed') this.job = null;
    this.listener?.message(message);
  }

  private tell(message: ToEngine): void {
    if (message.type === 'job') this.job = message.id;
    // Told to end amid its work, or before it has begun, it does.
    if (message.type !== 'stop' || this.job !== null || this.ready === null) this.link.send(message);
    else {
      const { listener, rss } = this;
      this.listener = null;
      setImmediate(() => listener?.ended({ code: 0, signal: null, rss }));
    }
  }
}

const kept = new Map<string, Set<KeptEngine>>();

export const keptEngine: Launch = (config, log) => {
  const key = JSON.stringify([config.engine, config.logLevel, engineEnvironment()]);
  const engines = kept.get(key) ?? new Set();
  kept.set(key, engines);
  return (listener) => {
    const free = [...engines].find((one) => one.free);
    if (free) return free.taken(listener);
    const engine = new KeptEngine(launchEngine(config, log), (gone) => engines.delete(gone));
    engines.add(engine);
    return engine.taken(listener);
  };
};
