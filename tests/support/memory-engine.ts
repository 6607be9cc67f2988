/**
 * An engine in this process: the real worker with handlers of the test's choosing, behind the queue's link.
 * Messages take a turn of the event loop and are copied as a channel would copy them; a killed engine never
 * speaks again.
 */
import { type Handlers, Worker } from '../../engine/worker.js';
import type { EngineLauncher } from '../../src/queue/local/engine-link.js';
import type { FromEngine } from '../../src/queue/messages.js';

export interface MemoryEngines {
  launch: EngineLauncher;
  /** Kills every engine that runs a job. */
  killBusy(): void;
  started(): number;
}

export function memoryEngines(handlers: Partial<Handlers>): MemoryEngines {
  const busy = new Set<() => void>();
  let started = 0;
  const launch: EngineLauncher = (listener) => {
    started += 1;
    let alive = true;
    const end = (signal: string | null) => {
      if (!alive) return;
      alive = false;
      busy.delete(kill);
      setImmediate(() => listener.ended({ code: signal ? null : 0, signal, rss: 64 * 1048576 }));
    };
    const kill = () => end('SIGKILL');
    const send = (message: FromEngine) => {
      const copy = structuredClone(message);
      if (copy.type === 'done' || copy.type === 'failed') busy.delete(kill);
      setImmediate(() => {
        if (alive) listener.message(copy);
      });
    };
    const worker = new Worker(handlers as Handlers, { send });
    send({ type: 'ready', pid: 0 });
    return {
      send: (message) => {
        const copy = structuredClone(message);
        setImmediate(() => {
          if (!alive) return;
          if (copy.type === 'job') busy.add(kill);
          if (copy.type === 'stop') void worker.stop().then(() => setImmediate(() => end(null)));
          else worker.receive(copy);
        });
      },
      kill,
    };
  };
  return {
    launch,
    killBusy: () => {
      for (const kill of [...busy]) kill();
    },
    started: () => started,
  };
}
