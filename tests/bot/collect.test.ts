/**
 * Old rounds on the disk: the bot takes away what the policy lets go and nothing else, and the command tells
 * it beforehand.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataPaths } from '../../bot/effects/data-paths.js';
import { RetentionRuns } from '../../bot/upkeep/retention.js';
import { silentLog } from '../../src/log.js';
import { Store } from '../../src/store/store.js';
import { acclaim } from '../support/command-line.js';
import { World } from '../support/world.js';

const DAY = 86_400_000;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-collect-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/**
 * An ended session of three rounds in a store, with the files that an engine and the bot would have written.
 */
async function ended(): Promise<World> {
  const world = new World({ imagesPerRound: 4, budgetRounds: 3, goal: null }, false);
  world.settle();
  world.consent('ann');
  for (let n = 1; n <= 3; n++) {
    for (const mark of ['1', 'star-2', 'done']) world.react('ann', world.live()[0]!, mark);
    world.settle();
  }
  expect(world.state.session.state).toBe('ended');
  const store = await Store.open(dir);
  await store.ensureChannel(
    { id: 'c', platform: 'fake', name: 'c' },
    { id: 'fake-1', community: 'c', platform: 'fake', address: '1', server: null, name: 'cat', nsfw: false },
  );
  await store.commit(world.rows, []);
  await store.close();
  const put = (path: string) => {
    mkdirSync(join(dir, 'sessions/cat', path, '..'), { recursive: true });
    writeFileSync(join(dir, 'sessions/cat', path), Buffer.alloc(1000));
  };
  for (let n = 1; n <= 3; n++) {
    for (let i = 0; i < 4; i++) put(`rounds/${n}/images/${i}.png`);
    put(`rounds/${n}/pair/0000.png`);
    for (const name of ['manifest.json', 'round.safetensors']) put(`rounds/${n}/${name}`);
    for (const name of ['manifest.json', 'adapter.safetensors']) put(`checkpoints/${n}/${name}`);
  }
  put('made/sheet.png');
  return world;
}

const files = () =>
  (readdirSync(join(dir, 'sessions/cat'), { recursive: true }) as string[])
    .filter((name) => /\.[a-z]+$/.test(name))
    .sort();

function retention(world: World, now: number): RetentionRuns {
  return new RetentionRuns({
    clock: { now: () => now },
    log: silentLog,
    paths: new DataPaths(dir),
    retention: { tensorsMs: 30 * DAY, picturesMs: 180 * DAY },
    sessions: { get: () => undefined },
    store: {
      dropCopies: async () => 0,
      lookups: { sessions: async () => [world.state.session.id], pictures: async () => world.state },
    },
    copiesForMs: 0,
    bucket: null,
  });
}

test('tensors go first, then single pictures but for the story and the best; checkpoints and sheets never', async () => {
  const world = await ended();
  const end = world.state.session.endedAt!;
  const all = files();
  await retention(world, end + 30 * DAY - 1).once();
  expect(files()).toEqual(all);
  await retention(world, end + 30 * DAY).once();
  const withoutTensors = all.filter((name) => !name.endsWith('round.safetensors'));
  expect(files()).toEqual(withoutTensors);
  await retention(world, end + 180 * DAY).once();
  const drawn = ['0.png', '2.png', '3.png'].map((name) => `rounds/2/images/${name}`);
  const gone = [...drawn, 'rounds/2/pair/0000.png'];
  expect(files()).toEqual(withoutTensors.filter((name) => !gone.includes(name)));
  await retention(world, end + 999 * DAY).once();
  expect(files()).toContain('rounds/2/images/1.png');
});

test('pictures by which its safety was measured go with the others, and the sheets of them; what was said stays', async () => {
  const world = await ended();
  const end = world.state.session.endedAt!;
  const evaluation = {
    round: 3,
    state: 'done',
    at: end,
    by: 'judge',
    done: 2,
    total: 2,
    prompts: [],
    failure: null,
  } as const;
  world.state = {
    ...world.state,
    session: { ...world.state.session, evaluation: { ...evaluation, prompts: [] } },
  };
  const pictures = [
    'evaluations/3-b/images/0000.png',
    'evaluations/base-a/images/0000.png',
    'strengths/3-1-d/images/0000.png',
    'made/safety-0-c.png',
  ];
  for (const path of [...pictures, 'evaluations/base-a.json', 'evaluations/base-a/manifest.json']) {
    mkdirSync(join(dir, 'sessions/cat', path, '..'), { recursive: true });
    writeFileSync(join(dir, 'sessions/cat', path), 'x');
  }
  await retention(world, end + 180 * DAY - 1).once();
  expect(files()).toEqual(expect.arrayContaining(pictures));
  await retention(world, end + 180 * DAY).once();
  expect(files().filter((name) => /safety|^evaluations|^strengths/.test(name))).toEqual([
    'evaluations/base-a.json',
    'evaluations/base-a/manifest.json',
  ]);
});

test('a session whose folder is gone, and a fault of the disk, keep nobody from the rest', async () => {
  const world = await ended();
  rmSync(join(dir, 'sessions/cat/rounds/2'), { recursive: true });
  await retention(world, world.state.session.endedAt! + 999 * DAY).once();
  expect(files()).not.toContain('rounds/1/round.safetensors');
});

test('acclaim retention tells what would go and why the rest stays, and takes nothing away', async () => {
  const world = await ended();
  // The session has ended years ago.
  expect(world.state.session.endedAt!).toBeLessThan(Date.now() - 365 * DAY);
  const before = files();
  const told = await acclaim('retention', '--data', dir);
  expect(told).toMatchObject({ status: 0, err: '' });
  expect(told.out).toContain('cat round 2: pictures, 4 files');
  expect(told.out).toContain('stays: pictures: the story shows it (2 rounds)');
  const json = JSON.parse((await acclaim('retention', '--data', dir, '--json')).out);
  expect(json.bytes).toBe(7000);
  expect(json.goes).toHaveLength(4);
  const never = ['--set', 'retention.tensorsDays=null', '--set', 'retention.picturesDays=null'];
  const kept = JSON.parse((await acclaim('retention', '--data', dir, '--json', ...never)).out);
  expect(kept).toMatchObject({ bytes: 0, goes: [] });
  expect(files()).toEqual(before);
  expect(existsSync(join(dir, 'nowhere'))).toBe(false);
  expect(await acclaim('retention', '--data', join(dir, 'nowhere'))).toMatchObject({ status: 1 });
});
