/**
 * A port of its own for who watches a process: `/healthz`, `/readyz`, `/metrics`. Read only, and nobody's
 * data is in it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AcclaimError, toPlain } from '../errors.js';
import type { Log } from '../log.js';
import { safely } from '../machine/safely.js';
import type { Meter } from './meter.js';
import { type Look, readiness } from './readiness.js';

export interface MonitorOptions {
  host: string;
  /** 0 = any free one. */
  port: number;
  meter: Meter;
  looks: readonly Look[];
  log?: Log;
}

/** Errors: port-taken, config-invalid. */
export async function openMonitor(options: MonitorOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const { host, port, meter, looks, log } = options;
  const json = (response: ServerResponse, status: number, body: unknown) =>
    answer(response, status, 'application/json', `${JSON.stringify(body)}\n`);
  const routes: Record<string, (response: ServerResponse) => Promise<void> | void> = {
    '/healthz': (response) => json(response, 200, { ok: true }),
    '/readyz': async (response) => {
      const found = await readiness(looks);
      json(response, found.ready ? 200 : 503, found);
    },
    '/metrics': async (response) => {
      const { type, text } = await meter.scrape();
      answer(response, 200, type, text);
    },
  };
  const fault = (error: unknown) => log?.warn(toPlain(error), 'monitor');
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const route = routes[(request.url ?? '').split('?')[0]!];
    if (!route || (request.method !== 'GET' && request.method !== 'HEAD'))
      return answer(response, route ? 405 : 404, 'text/plain', 'There is nothing here.\n');
    Promise.resolve(route(response))
      .catch(() => answer(response, 500, 'text/plain', 'That failed.\n'))
      .catch(fault);
  };
  const server = createServer(safely(serve, fault));
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      // A connection that cannot be accepted.
      if (server.listening) return fault(cause);
      const taken = cause.code === 'EADDRINUSE';
      reject(
        new AcclaimError(
          taken ? 'port-taken' : 'config-invalid',
          `cannot listen on ${host}:${port} (${cause.code})`,
          'Choose another engine.monitor.port, or null for none.',
          { cause },
        ),
      );
    };
    server.on('error', safely(failed, fault));
    server.listen(port, host, resolve);
  });
  const { port: open } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${open}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
