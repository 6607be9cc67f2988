// An engine that computes nothing, in a process of its own: each job takes three seconds, tells thirty times
// how far it is, and shows three previews of 60 KB. Usage: npm run bench -- scale/queue-engine PORT PREFIX KEY NAME
import { setTimeout as wait } from 'node:timers/promises';
import { createLog } from '../../src/log.js';
import type { JobQueue, JobRequest } from '../../src/queue/contract.js';
import type { JobKind, JobProgress, JobResult } from '../../src/queue/jobs.js';
import { serveEngine } from '../../src/queue/redis/serve.js';
import type { EngineTransport } from '../../src/queue/transport/transport.js';

const [port, prefix, key, engine] = process.argv.slice(2) as [string, string, string, string];
const preview = Buffer.alloc(60_000, 7).toString('base64');
const local: JobQueue = {
  run: async <K extends JobKind>(_job: JobRequest<K>, tell?: (p: JobProgress) => void) => {
    for (let done = 1; done <= 30; done++) {
      await wait(100);
      tell?.({ stage: 'sample', done, total: 30, secondsLeft: 1, ...(done % 10 === 0 ? { preview } : {}) });
    }
    return { images: [], diversity: 0 } as unknown as JobResult<K>;
  },
  cancel: async () => {},
  close: async () => {},
};
const nowhere: EngineTransport = {
  unpack: async (_kind, payload) => payload,
  deliver: async () => null,
  note: async () => {},
  discard: () => {},
  forget: async () => {},
};
await serveEngine({
  redis: { url: `redis://127.0.0.1:${port}`, ca: null },
  prefix,
  key,
  // A life of its own, as the product's engines have it.
  engine: `${engine}-${process.pid}`,
  ability: { device: 'cpu', memoryMb: 1000, models: [] },
  transport: nowhere,
  local,
  lostMs: 15_000,
  log: createLog('error'),
});
