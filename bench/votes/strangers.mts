// Strangers on the page, in a process of their own: each types wrong link codes and toggles consent as fast
// as it is answered, and all together hold live lines that read nothing. Counts how they were answered.
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { answer } from '../lib/asked.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const counts: Record<string, number> = {};
const sockets: Socket[] = [];
let going = false;

/** Resolves with the cookies that it sets. */
function post(url: string, path: string, cookie: string, body: object | null): Promise<string | undefined> {
  const text = body === null ? null : JSON.stringify(body);
  const headers = {
    cookie,
    ...(text ? { 'content-type': 'application/json', 'content-length': text.length } : {}),
  };
  return new Promise((resolve) => {
    const asked = request(url + path, { method: text ? 'POST' : 'GET', headers, agent }, (response) => {
      const status = String(response.statusCode);
      counts[status] = (counts[status] ?? 0) + 1;
      response.resume();
      response.on('end', () =>
        resolve(response.headers['set-cookie']?.map((line) => line.split(';')[0]).join('; ')),
      );
    });
    asked.on('error', () => {
      counts.lost = (counts.lost ?? 0) + 1;
      resolve(undefined);
    });
    asked.end(text ?? undefined);
  });
}

async function stranger(url: string, channel: string) {
  const cookie = (await post(url, '/api/me', '', null)) ?? '';
  while (going) {
    await post(url, '/api/command', cookie, { channel, text: '/acclaim link ABCD-EFGH' });
    await post(url, '/api/consent', cookie, { channel, given: true });
    await post(url, '/api/consent', cookie, { channel, given: false });
  }
}

function hold(url: string): Promise<string> {
  const { host, port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  return new Promise((resolve) => {
    socket.once('close', () => resolve('closed'));
    socket.once('data', (bytes) => {
      socket.pause();
      resolve(String(bytes).slice(9, 12));
    });
  });
}

interface Begin {
  url: string;
  channel: string;
  strangers: number;
  streams: number;
}

const requests = {
  begin: async ({ url, channel, strangers, streams }: Begin) => {
    const held = await Promise.all(Array.from({ length: streams }, () => hold(url)));
    going = true;
    for (let i = 0; i < strangers; i++) void stranger(url, channel);
    return { held: held.filter((status) => status === '200').length };
  },
  end: () => {
    going = false;
    for (const socket of sockets) socket.destroy();
    return counts;
  },
};

export type StrangerRequests = typeof requests;

answer(requests);
