/**
 * A process that may open few files, and a crowd that holds every connection it gets: rounds are drawn all
 * the same.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { projectPath } from '../../src/files/paths.js';
import { descriptorLimit, roomFor } from '../../src/machine/descriptors.js';
import { small } from '../support/house.js';
import { Visitor } from '../support/visitor.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-descriptors-'));
let child: ChildProcess | undefined;
let sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  const gone = child && child.exitCode === null && child.signalCode === null && once(child, 'exit');
  child?.kill('SIGKILL');
  await gone;
  child = undefined;
  rmSync(dir, { recursive: true, force: true });
});

/** `acclaim start` in a shell that allows it so many descriptors. */
async function startWith(descriptors: number, settings: readonly string[]): Promise<string> {
  const all = [`dataDir=${dir}`, 'server.port=0', 'session.task=null', ...small, ...settings];
  const args = [projectPath('dist/src/acclaim.js'), 'start', ...all.flatMap((one) => ['--set', one])];
  const line = `ulimit -n ${descriptors}; exec "$0" "$@"`;
  child = spawn('sh', ['-c', line, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout!.on('data', (bytes) => (said += String(bytes)));
  await until(() => /http:\S+/.test(said) || child!.exitCode !== null, 'the page');
  return /http:\S+/.exec(said)![0].replace(/\/$/, '');
}

/**
 * Asks for the live line and then says and reads nothing more. Resolves with the status, or null when it was
 * thrown out.
 */
function hold(url: string): Promise<number | null> {
  const { host, port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  sockets.push(socket);
  socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  return new Promise((resolve) => {
    for (const end of ['error', 'close'] as const) socket.once(end, () => resolve(null));
    socket.once('data', (bytes) => {
      socket.pause();
      resolve(Number(String(bytes).slice(9, 12)));
    });
  });
}

it('draws a round beside 300 idle live lines, with 128 descriptors', async () => {
  const url = await startWith(128, ['limits.streams={all: 1000, person: 1000, address: 1000}']);
  const answers = await Promise.all(Array.from({ length: 300 }, () => hold(url)));
  expect(answers.filter((status) => status === 200).length).toBe(roomFor(128).streams);
  // The others are told to come again, or thrown out before they are heard.
  expect(answers.filter((status) => ![200, 429, null].includes(status))).toEqual([]);
  const ann = new Visitor(url);
  await ann.arrive();
  const text = '/acclaim session start a cat';
  const { replies } = await ann.json('/api/command', { channel: 'cat', text });
  expect(replies[0]).toMatchObject({ title: 'Session opened' });
  await until(async () => {
    const { sessions } = await ann.json('/api/status');
    expect(sessions[0].state).toBe('active');
    return sessions[0].roundState === 'open';
  }, 'the round');
}, 60_000);

it.each([
  ['src/acclaim.js', ['start', '--help'], 'Usage: acclaim start', 0],
  // Nobody's child, it says so once its modules are there.
  ['engine/main.js', [], 'the engine is started by the bot', 2],
])('reads the modules of %s one after another, with 64 descriptors', (file, args, said, status) => {
  const line = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, projectPath(`dist/${file}`), ...args];
  const run = spawnSync('sh', line, { encoding: 'utf8' });
  expect(run.stdout + run.stderr).toContain(said);
  expect(run.status).toBe(status);
});

it('keeps descriptors for itself, few as they are', () => {
  expect(descriptorLimit()).toBeGreaterThan(128);
  expect(roomFor(1024)).toEqual({ page: 708, streams: 354, platform: 236 });
  const { page, platform } = roomFor(128);
  expect(page + platform).toBeLessThanOrEqual(48);
  expect(roomFor(20).streams).toBeGreaterThan(0);
  expect(roomFor(null).page).toBe(Infinity);
});
