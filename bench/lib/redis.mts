// A real redis-server on a free port that saves nothing: one that comes back is one that has forgotten.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, Supervised } from './supervised.mjs';

/** Resolves once it answers. */
export async function startRedis(dir: string): Promise<{ server: Supervised; port: number }> {
  const port = await freePort();
  const command = ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir];
  const server = new Supervised('redis', [...command, '--save', '', '--appendonly', 'no'], { dir });
  server.start();
  for (let tries = 0; tries < 200; tries++) {
    if ((await ask(port, 'PING')).includes('PONG')) return { server, port };
    await wait(20);
  }
  await server.end();
  throw new Error(`redis-server does not answer: see ${dir}/redis.log`);
}

/** What it says to a line; '' where it does not answer. */
export async function ask(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(1000, () => socket.destroy());
  socket.write(`${line}\r\nQUIT\r\n`);
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  socket.on('error', () => {});
  await once(socket, 'close').catch(() => {});
  return text;
}

/** Name of the engine that has a job of the queue's now, as BullMQ knows it; undefined where none has. */
export async function engineAtWork(port: number, prefix: string): Promise<string | undefined> {
  const script = `for _, q in ipairs(redis.call('HKEYS', KEYS[1])) do local at = '${prefix}:' .. q .. ':' for _, id in ipairs(redis.call('LRANGE', at .. 'active', 0, -1)) do return redis.call('HGET', at .. id, 'pb') end end`;
  const said = await ask(port, `EVAL "${script}" 1 ${prefix}:needs`);
  return /^[a-z][a-z0-9-]*$/m.exec(said)?.[0];
}
