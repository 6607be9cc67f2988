/**
 * A disk that fills up, really: that of the database amid votes, and that of the pictures while the engine
 * learns. Nothing is acknowledged that is not written, nothing half-written stays, and the session goes on by
 * itself once there is space.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SmallDisk, whyNoDisk } from '../../bench/lib/small-disk.mjs';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import { factsOf } from '../../src/domain/voting/ledger.js';
import { type Log, silentLog } from '../../src/log.js';
import { readiness } from '../../src/monitor/readiness.js';
import { ann, TestHouse } from '../support/house.js';

let test: TestHouse | undefined;
const ends: (() => void)[] = [];
afterEach(async () => {
  await test?.house.stop();
  test = undefined;
  for (const end of ends.splice(0).reverse()) end();
});

function small(dir?: string): SmallDisk {
  const disk = SmallDisk.mount(24, dir);
  ends.push(() => disk.remove());
  return disk;
}

async function opened(dir: string, log: Log = silentLog): Promise<TestHouse> {
  test = await TestHouse.open([], { dir, platform: new FakePlatform() }, false, { log });
  await test.openSession();
  await test.open(1);
  await test.platform.consent(test.channel, ann);
  return test;
}

describe.skipIf(whyNoDisk() !== null)('a full disk', () => {
  it('makes votes wait, in their order, and loses none', async () => {
    const disk = small();
    const full: string[] = [];
    const log = { ...silentLog, error: (words: unknown) => full.push((words as { code: string }).code) };
    const house = await opened(disk.dir, log);
    const { platform } = house;
    const a = house.sheet(1, 'A');
    disk.fill();
    const asked = Date.now();
    let [marks, written] = [0, 0];
    const waiting: Promise<unknown>[] = [];
    const mark = (emoji: string, present = true) => {
      const at = asked + waiting.length;
      waiting.push(platform.mark(a.ref, ann, emoji, present, at).then(() => (written += 1)));
    };
    mark('1');
    mark('star-1');
    // Until the pages that the database has already are used up.
    while (full.length === 0) {
      marks += 1;
      mark('2', marks % 2 === 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(written).toBeLessThan(waiting.length);
    const ready = await readiness(house.house.checks);
    expect(ready.ready).toBe(false);
    expect(ready.checks).toContainEqual({
      name: 'disk',
      ok: false,
      needed: true,
      why: 'no space is left: what people do waits for some',
    });
    disk.free();
    mark('2');
    await Promise.all(waiting);
    expect(full).toEqual(['disk-full']);
    expect((await readiness(house.house.checks)).ready).toBe(true);
    const [ballot] = house.state().ballots.values();
    const facts = factsOf(house.state(), ballot!).known();
    expect(facts.flatMap(({ present, emoji }) => (present ? [emoji] : [])).sort()).toEqual([
      '1',
      '2',
      'star-1',
    ]);
  }, 120_000);

  it('makes a round wait that cannot be put down, says so, and leaves nothing half-written', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-full-'));
    ends.push(() => rmSync(dir, { recursive: true }));
    mkdirSync(join(dir, 'sessions'));
    const disk = small(join(dir, 'sessions'));
    const house = await opened(dir);
    const { platform } = house;
    const [a, b] = [house.sheet(1, 'A'), house.sheet(1, 'B')];
    await platform.mark(a.ref, ann, '1');
    await platform.mark(b.ref, ann, 'none');
    disk.fill();
    await platform.mark(b.ref, ann, 'done');
    await house.until((s) => s.jobs.get('cat.1.learn.1')?.held?.code === 'disk-full');
    const said = () => platform.messages.find(({ card }) => card.key === 'cat.1.progress.0.learn')?.card.text;
    while (!said()?.includes('no space is left')) await new Promise((resolve) => setTimeout(resolve, 10));
    const folders = () => (readdirSync(join(disk.dir, 'cat'), { recursive: true }) as string[]).sort();
    const disks = (await readiness(house.house.checks)).checks.find(({ name }) => name === 'disk');
    expect(disks).toMatchObject({ ok: false, needed: true, why: 'no space is left for rounds' });
    expect(folders().filter((name) => /checkpoints.|partial|\.old|\.new/.test(name))).toEqual([]);
    disk.free();
    const state = await house.open(2);
    expect(state.rounds[0]).toMatchObject({
      state: 'done',
      attempt: 1,
      learned: { steps: 2, learned: true },
    });
    expect(state.jobs.get('cat.1.learn.1')).not.toHaveProperty('held');
    expect(readdirSync(join(disk.dir, 'cat', 'checkpoints'))).toEqual(['1']);
  }, 120_000);
});
