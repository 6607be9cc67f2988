/**
 * A hub on loopback with one repository, made of a folder of this machine: the API that @huggingface/hub
 * asks, files with ranges, redirects to a second host (as real hubs send large files to their store), and a
 * table of faults.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, sep } from 'node:path';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface Asked {
  readonly host: 'hub' | 'store';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | undefined;
}

/** Takes an answer over; true when it did. */
export type Fault = (request: IncomingMessage, response: ServerResponse, file: Buffer | undefined) => boolean;

export interface HubPeer {
  readonly url: string;
  /** Of the second host. */
  readonly store: string;
  readonly asked: Asked[];
  /** Entries of the list instead of the folder's. */
  list: unknown[] | null;
  /** Raw answers instead of the API's, by what is asked. */
  raw: { info?: string; tree?: string; link?: string };
  faults: Fault[];
  close(): Promise<void>;
}

export const isFile = (name: string) => (request: IncomingMessage) => request.url!.endsWith(name);

export async function startHub(folder: string): Promise<HubPeer> {
  const files = new Map(
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name.split(sep).join('/'), readFileSync(join(folder, name))]),
  );
  const peer = { asked: [] as Asked[], list: null, raw: {}, faults: [] } as unknown as HubPeer;
  const note = (host: Asked['host'], { method, url, headers }: IncomingMessage) =>
    peer.asked.push({
      host,
      method: method!,
      path: url!,
      range: headers.range,
      token: headers.authorization,
    });

  const store = createServer((request, response) => {
    note('store', request);
    const file = files.get(decodeURIComponent(request.url!.split('?')[0]!.slice(1)));
    if (peer.faults.some((fault) => fault(request, response, file))) return;
    if (!file) return void response.writeHead(404).end();
    serve(request, response, file);
  });
  const hub = createServer((request, response) => {
    note('hub', request);
    const { url } = request;
    const tree = /^\/api\/models\/someone\/painterly\/tree\//.test(url!);
    if (peer.faults.some((fault) => !/\/api\//.test(url!) && fault(request, response, undefined))) return;
    if (/^\/api\/models\/someone\/painterly\/revision\//.test(url!)) {
      return void json(
        response,
        peer.raw.info ??
          JSON.stringify({
            _id: '1',
            id: 'someone/painterly',
            sha: COMMIT,
            gated: false,
            private: false,
            likes: 0,
            downloads: 0,
            lastModified: '2026-01-01',
            cardData: { license: 'cc0-1.0' },
          }),
      );
    }
    if (tree) {
      if (peer.raw.link) response.setHeader('link', `<${peer.raw.link}>; rel="next"`);
      return void json(response, peer.raw.tree ?? JSON.stringify(peer.list ?? listing(files)));
    }
    const match = /^\/someone\/painterly\/resolve\/([^/]+)\/(.+)$/.exec(url!);
    if (match?.[1] === COMMIT && files.has(decodeURIComponent(match[2]!)))
      return void response.writeHead(302, { location: `http://localhost:${port(store)}/${match[2]}` }).end();
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Repository not found"}');
  });
  await Promise.all([hub, store].map((server) => new Promise<void>((done) => server.listen(0, done))));
  return Object.assign(peer, {
    url: `http://127.0.0.1:${port(hub)}`,
    store: `http://localhost:${port(store)}`,
    close: async () => {
      for (const server of [hub, store]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  });
}

const port = (server: Server): number => (server.address() as AddressInfo).port;

const json = (response: ServerResponse, body: string) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);

/** As the hub lists them: large files by the sha256 of their content, small ones by git's. */
function listing(files: ReadonlyMap<string, Buffer>): unknown[] {
  return [...files].map(([path, data]) => {
    const blob = createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
    const entry = { type: 'file', path, size: data.length, oid: blob };
    if (!path.endsWith('.safetensors')) return entry;
    return {
      ...entry,
      lfs: { oid: createHash('sha256').update(data).digest('hex'), size: data.length, pointerSize: 130 },
    };
  });
}

export function serve(request: IncomingMessage, response: ServerResponse, file: Buffer): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= file.length && from > 0) return void response.writeHead(416).end();
  const part = file.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': part.length,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
  });
  response.end(part);
}

/**
 * Sends the next `bytes` of what is asked, waits until `arrived` bytes say that they are on the disk, then
 * breaks the connection.
 */
export function breakOff(
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  bytes: number,
  arrived: () => number,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': file.length - from,
    ...(from > 0 ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` } : {}),
  });
  const part = file.subarray(from, from + bytes);
  response.write(part);
  const watch = setInterval(() => {
    if (arrived() < from + part.length) return;
    clearInterval(watch);
    response.destroy();
  }, 5);
  response.on('close', () => clearInterval(watch));
}
