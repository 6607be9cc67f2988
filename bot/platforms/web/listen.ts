/** The port. */
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import type { Hono } from 'hono';
import { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { patience } from './connections.js';

/** Listens; a port in use is `port-taken`. Later on `fault` hears of connections that cannot be accepted. */
export function listen(
  app: Hono,
  host: string,
  port: number,
  fault: (error: unknown) => void,
): Promise<{ server: ServerType; port: number }> {
  return new Promise((resolve, reject) => {
    const options = { fetch: app.fetch, hostname: host, port, serverOptions: patience };
    const server = serve(options, (info: AddressInfo) => resolve({ server, port: info.port }));
    const failed = (error: NodeJS.ErrnoException) => {
      if (server.listening) fault(error);
      else if (error.code === 'EADDRINUSE') {
        const hint = `Stop the other program, or choose another port: acclaim start --port ${port + 1}`;
        reject(new AcclaimError('port-taken', `port ${port} on ${host} is in use`, hint, { cause: error }));
      } else if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
        const hint = 'Choose a port above 1023 and an address of this machine.';
        reject(
          new AcclaimError('config-invalid', `cannot listen on ${host}:${port} (${error.code})`, hint, {
            cause: error,
          }),
        );
      } else reject(error);
    };
    server.on('error', safely(failed, fault));
  });
}
