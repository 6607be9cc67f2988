/** The first line of a service's log: which program runs, on what, and whom it meets. No secret is in it. */
import { resolve } from 'node:path';
import type { Config } from '../config/schema.js';
import { version } from '../machine/software.js';

type Told = Pick<Config, 'dataDir' | 'model' | 'queue' | 'artifacts'>;

/** The fields of the line. */
export function startLine({ dataDir, model, queue, artifacts }: Told): object {
  const { bucket, endpoint } = artifacts;
  return {
    version: version(),
    node: process.versions.node,
    pid: process.pid,
    data: resolve(dataDir),
    model,
    redis: queue.redis && withoutPassword(queue.redis),
    bucket: bucket && (endpoint === null ? bucket : `${endpoint}/${bucket}`),
  };
}

function withoutPassword(address: string): string {
  const url = new URL(address);
  url.password = '';
  url.username = '';
  return String(url);
}
