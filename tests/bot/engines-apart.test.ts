/**
 * The bot over a real Redis while engines come and go: the round's message says that it waits, why and since
 * when, votes are taken all the while, and the round goes on by itself. The engines are real ones, on the
 * miniature.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { checkFolder } from '../../src/cli/checks/services.js';
import { loadConfig } from '../../src/config/load.js';
import { openServing } from '../../src/engines/serving.js';
import { decodePicture } from '../../src/images/png.js';
import { type Log, silentLog } from '../../src/log.js';
import { Meter } from '../../src/monitor/meter.js';
import { readiness } from '../../src/monitor/readiness.js';
import { ann, ben, small, TestHouse } from '../support/house.js';
import { TestRedis } from '../support/redis.js';
import { LARGE_SHEET, large, largePreviews, usual } from '../support/sizes.js';
import { until } from '../support/wait.js';

let redis: TestRedis;
let test: TestHouse | undefined;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0)) await stop();
  await test?.stop();
  test = undefined;
});
afterAll(() => redis.stop());

const settings = (more: string[] = []) => [
  `queue.redis=${redis.settings.url}`,
  `queue.key=${'k'.repeat(32)}`,
  'queue.lostSeconds=3',
  'votes.quorum=2',
  'votes.quorumBy=done',
  ...more,
];

const serving = (more: string[], log: Log = silentLog) => {
  const set = [`dataDir=${test!.dir}`, ...small, ...settings(more)];
  return openServing({ config: loadConfig({ set, env: {} }), log, meter: new Meter('engine') });
};

async function engine(more: string[] = [], log: Log = silentLog): Promise<() => Promise<void>> {
  const { stop } = await serving(more, log);
  stops.push(stop);
  return stop;
}

it('tells people once for each reason, takes votes meanwhile, and goes on', async () => {
  test = await TestHouse.open(settings(), undefined, false, { engines: 'redis' });
  const { platform } = test;
  const told: { key: string; text: string; since: unknown }[] = [];
  platform.onPost = ({ card }) => {
    if (card.kind === 'progress') told.push({ key: card.key, text: card.text, since: card.data?.since });
  };
  const waits = (text: string) => told.filter((one) => one.text.includes(text));
  const began = Date.now();
  await test.openSession();
  await until(() => waits('no engine is there').length > 0, 'word that no engine is there');
  expect(waits('no engine is there')[0]!.since).toBeGreaterThanOrEqual(began);

  // One that may use less than the miniature takes.
  const tooSmall = await engine(['engine.offerMb=100']);
  await until(() => waits('of memory').length > 0, 'word that it is too small');
  await tooSmall();
  const leave = await engine();
  await test.open(1);
  await leave();

  // Nobody computes: votes are taken, the round closes, and what was learned waits.
  const [a, b] = [test.sheet(1, 'A'), test.sheet(1, 'B')];
  for (const who of [ann, ben]) {
    await platform.consent(test.channel, who);
    await platform.mark(a.ref, who, '1');
    await platform.mark(b.ref, who, 'none');
    await platform.mark(b.ref, who, 'done');
  }
  const closed = await test.until((s) => s.rounds[0]!.state === 'learning');
  expect(closed.rounds[0]!.outcome).toMatchObject({ voters: 2, votes: 8 });
  await until(() =>
    told.some((one) => one.key.endsWith('.learn') && one.text.includes('no engine is there')),
  );
  await engine();
  await test.open(2);
  const twice = told.filter((one, i) => one.text.startsWith('It waits') && told[i - 1]?.text === one.text);
  expect(twice).toEqual([]);
});

it('gives no job to an engine whose mount is missing, names it, and goes on when the mount is there', async () => {
  test = await TestHouse.open(settings(), undefined, false, { engines: 'redis' });
  const { platform, dir } = test;
  const told: string[] = [];
  platform.onPost = ({ card }) => {
    if (card.kind === 'progress') told.push(card.text);
  };
  // What an engine has at the place of a mount that is missing: an empty folder.
  const mount = mkdtempSync(join(tmpdir(), 'acclaim-mount-'));
  const at = join(mount, 'data');
  symlinkSync(mkdtempSync(join(mount, 'empty-')), at);
  const said: { text: string; code?: string }[] = [];
  const log = {
    ...silentLog,
    error: (about: { code?: string }, text: string) => said.push({ ...about, text }),
  } as unknown as Log;
  const { looks, stop } = await serving([`dataDir=${at}`, 'queue.engine=lost'], log);
  stops.push(stop, async () => rmSync(mount, { recursive: true }));
  const ready = async () => (await readiness(looks)).checks.find(({ ok }) => !ok)?.why ?? null;
  await until(() => said.length > 0, 'word of the engine');
  expect(said).toEqual([expect.objectContaining({ code: 'data-mismatch' })]);
  await expect.poll(ready).toContain('data folder');
  await expect
    .poll(() => test!.scrape())
    .toMatch(/^acclaim_engine_aside_info\{engine="lost-[0-9a-f]{6}"\} 1$/m);
  const config = loadConfig({ set: [`dataDir=${at}`, ...settings()], env: {} });
  expect(await checkFolder(config)).toMatchObject({ state: 'fail', code: 'data-mismatch' });

  await test.openSession();
  await until(() => told.some((text) => text.includes("has the bot's data folder")), 'word that it waits');
  expect(test.state().rounds.at(-1)!.state).toBe('generating');

  rmSync(at);
  symlinkSync(dir, at);
  expect(await checkFolder(config)).toMatchObject({ state: 'ok' });
  await test.open(1);
  await expect.poll(ready).toBeNull();
  await expect.poll(() => test!.scrape()).toMatch(/^acclaim_engines_aside 0$/m);
});

it('opens no session while too many rounds wait', async () => {
  test = await TestHouse.open(settings(['queue.waiting=1']), undefined, false, { engines: 'redis' });
  const { platform } = test;
  const say = async (channel: string, text: string) => (await platform.command(channel, ann, text))?.text;
  await say('one', 'session start a hand');
  await until(() => test!.house.app.sessions.holding().length === 1);
  expect(await say('two', 'session start a rose')).toContain('A round waits for an engine already');
  expect(test.house.app.sessions.holding()).toHaveLength(1);
});

it.each([
  ['18 images in 20 steps', usual, {}, [6 * 16, 3 * 16]],
  ['64 images as of 512x512', large, largePreviews, LARGE_SHEET],
] as const)(
  'shows a round of %s while it is drawn, and nothing of it is lost on the way',
  async (_, size, env, sides) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const lines: string[] = [];
    const log = { ...silentLog, warn: (...line: unknown[]) => lines.push(JSON.stringify(line)) };
    // Redis here has seen nobody before, and an engine may be silent for as long as a busy machine lets it be.
    const apart = [`queue.prefix=size${size.length}-${sides[0]}`, 'queue.lostSeconds=120'];
    const more = [...size, ...apart];
    test = await TestHouse.open(settings(more), undefined, false, { engines: 'redis', log });
    const sheets = new Set<string>();
    test.platform.onPost = ({ card: { preview } }) => {
      if (preview !== undefined) sheets.add(preview);
    };
    await engine(more, log);
    await test.openSession();
    const { images, ballots } = await test.open(1);
    const count = [...images.values()].flat().length;
    expect([count, ballots.size]).toEqual([size === usual ? 18 : 64, size === usual ? 2 : 8]);
    expect(sheets.size).toBeGreaterThan(0);
    for (const sheet of sheets) {
      const png = Buffer.from(sheet.replace('data:image/png;base64,', ''), 'base64');
      const { width, height } = await decodePicture(png);
      expect([width, height]).toEqual(sides);
    }
    expect(lines).toEqual([]);
  },
);
