/**
 * Connections of the page's server: no more than there are descriptors for, and from one address no more than
 * its share, so that whoever holds them keeps nobody from the page and nothing from the disk. What says
 * nothing is closed soon.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { safely } from '../../../src/machine/safely.js';
import { addressOf } from './guard.js';

/** For `createServer`, ms: headers come at once or not at all. */
export const patience = { headersTimeout: 10_000, connectionsCheckingInterval: 5000 } as const;

/** Streams and whatever a browser asks for beside them. */
const EACH_STREAM = 2;

export interface Most {
  all: number;
  streamsOfAddress: number;
}

export interface Surroundings {
  /** Addresses that bring everybody. */
  proxies: (address: string | undefined) => boolean;
  fault: (error: unknown) => void;
}

/** Keeps the server below what may be open, of all and of an address; proxies bring many. */
export function boundConnections(server: Server, most: Most, { proxies, fault }: Surroundings): void {
  if (Number.isFinite(most.all)) server.maxConnections = most.all;
  // Those that only wait for another request make room.
  const makeRoom = () => server.closeIdleConnections();
  server.on('drop', safely(makeRoom, fault));
  const counts = new Map<string, number>();
  const leave = (address: string) => {
    const left = counts.get(address)! - 1;
    if (left > 0) counts.set(address, left);
    else counts.delete(address);
  };
  const come = (socket: Socket) => {
    const address = addressOf(socket.remoteAddress);
    if (address === null || proxies(socket.remoteAddress)) return;
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once(
      'close',
      safely(() => leave(address), fault),
    );
    if (count > EACH_STREAM * most.streamsOfAddress) socket.destroy();
  };
  server.on('connection', safely(come, fault));
}
