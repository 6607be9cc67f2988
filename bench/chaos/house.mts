// What a run runs: a Discord and a Redis on loopback, `acclaim bot` and two engines of one thread, each with a
// line of its own to Redis, over a data folder with one session; on a small disk where a plan fills it.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../../src/files/paths.js';
import { Rng } from '../../src/rng.js';
import type { Peer } from '../../tests/support/discord-peer/peer.js';
import type { Channel } from '../../tests/support/discord-peer/world.js';
import { startRedis } from '../lib/redis.mjs';
import { SmallDisk } from '../lib/small-disk.mjs';
import { freePort, Supervised } from '../lib/supervised.mjs';
import { channelId, openFolder, settingsOf } from './folder.mjs';
import { Line } from './line.mjs';
import { People } from './people.mjs';
import type { Plan, Size } from './plan.mjs';

export const prefix = 'chaos';

/** What a run writes, and some room. */
const DISK_MB = 48;

/** Processes of Acclaim, by what they run. */
const commands = { bot: 'bot', a: 'engine', b: 'engine' } as const;
export type Name = keyof typeof commands;
const names = Object.keys(commands) as Name[];

export interface HouseOptions {
  /** The loopback Discord of the tests, and the bot's token there. */
  Peer: typeof Peer;
  token: string;
  /** Emptied first; logs stay. */
  dir: string;
  size: Size;
  /** What engines have beside their own. */
  env: Readonly<Record<string, string>>;
}

export interface House {
  data: string;
  peer: Peer;
  channel: Channel;
  people: People;
  redis: Supervised;
  redisPort: number;
  lines: Record<Name, Line>;
  acclaim: Record<Name, Supervised>;
  /** All of them, Redis too. */
  processes: Supervised[];
  /** Of the page. */
  url: string;
  disk: SmallDisk | null;
}

/** Takes one thing down; `sound`: all was well, so that nothing need be kept to look at. */
export type TakeDown = (sound: boolean) => unknown;

/** A process that finds no room for its truth says so and ends. */
export const fillsDisk = ({ kind }: Plan): boolean => kind === 'disk full';

/** `downs` gets what takes it down, last first, also of a house that did not come to stand. */
export async function openHouse(
  plans: readonly Plan[],
  { Peer, token, dir, size, env }: HouseOptions,
  downs: TakeDown[],
): Promise<House> {
  const data = join(dir, 'data');
  const disk = emptyFolder(dir, data, plans.some(fillsDisk), downs);
  await openFolder(data, size);
  const peer = await Peer.start();
  downs.push(() => peer.stop());
  const channel = peer.world.channel('taste', { id: channelId });
  const people = new People(peer, channel, new Rng(plans[0]?.seed ?? 0, 1, 'people'));
  const { server: redis, port: redisPort } = await startRedis(dir);
  downs.push(() => redis.end());
  const port = await freePort();
  const set = [
    ...settingsOf(size),
    `dataDir=${data}`,
    `queue.prefix=${prefix}`,
    'servers=open',
    `discord.token=${token}`,
    `discord.api=${peer.url}`,
    `server.port=${port}`,
  ].flatMap((one) => ['--set', one]);
  const lines = {} as Record<Name, Line>;
  const acclaim = {} as Record<Name, Supervised>;
  for (const name of names) {
    const line = await Line.open(redisPort);
    downs.push(() => line.close());
    lines[name] = line;
    const command = [process.execPath, projectPath('dist/src/acclaim.js'), commands[name], ...set];
    acclaim[name] = new Supervised(name, command, {
      dir,
      env: {
        REDIS_URL: `redis://127.0.0.1:${line.port}`,
        ACCLAIM_QUEUE_KEY: 'k'.repeat(32),
        ...(commands[name] === 'engine' && { ...env, ACCLAIM_ENGINE: name }),
      },
    });
  }
  const processes = [redis, ...Object.values(acclaim)];
  downs.push(() => Promise.all(processes.map((one) => one.end())));
  for (const one of Object.values(acclaim)) one.start();
  const url = `http://127.0.0.1:${port}`;
  return { data, peer, channel, people, redis, redisPort, lines, acclaim, processes, url, disk };
}

function emptyFolder(dir: string, data: string, small: boolean, downs: TakeDown[]): SmallDisk | null {
  // Left by a run that was killed itself.
  new SmallDisk(data).unmount();
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  if (!small) return null;
  const disk = SmallDisk.mount(DISK_MB, data);
  downs.push((sound) => {
    if (!sound) cpSync(data, join(dir, 'kept'), { recursive: true });
    disk.unmount();
  });
  return disk;
}
