/**
 * Somebody who leaves while they have marks on many open rounds: all are taken back before their key is gone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import { specify } from '../../bot/services/plans.js';
import { loadConfig } from '../../src/config/load.js';
import { decide } from '../../src/domain/decide.js';
import { openSession } from '../../src/domain/sessions/open.js';
import type { Event } from '../../src/domain/state/events.js';
import { Connection } from '../../src/store/sqlite.js';
import { Store } from '../../src/store/store.js';
import { TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 60_000 });

let test: TestHouse | undefined;
afterEach(async () => {
  await test?.stop(true);
  if (test) rmSync(test.dir, { recursive: true, force: true });
  test = undefined;
});

const sessions = 40;
const ann = fakeAccount('ann');

/** A folder with open rounds, on each of which Ann has marked a picture. */
async function filled(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-leaving-'));
  const store = await Store.open(dir);
  const at = Date.now();
  const spec = specify(
    loadConfig({ set: ['votes.quorum=9'], env: {} }),
    { prompt: 'a cat', images: 4 },
    'fake',
  );
  const voter = {
    key: store.voterKey('fake', ann.id),
    platform: 'fake',
    bornAt: null,
    joinedAt: null,
    role: 'member',
  } as const;
  for (let s = 0; s < sessions; s++) {
    const place = {
      channel: `fake-c${s}`,
      community: 'fake',
      platform: 'fake',
      address: `c${s}`,
      sweeps: false,
    } as const;
    await store.ensureChannel(
      { id: 'fake', platform: 'fake', name: 'fake' },
      {
        id: place.channel,
        community: 'fake',
        platform: 'fake',
        address: place.address,
        name: 'cat',
        nsfw: false,
        server: null,
      },
    );
    const { decision } = openSession({ ...spec, id: `s${s}`, community: 'fake', createdBy: null }, place, at);
    const rows = [...decision.rows];
    let { state } = decision;
    const take = (event: Event) => {
      const next = decide(state, event);
      rows.push(...next.rows);
      state = next.state;
      return next.effects;
    };
    const images = [0, 1, 2, 3].map((index) => ({
      index,
      file: `images/${index}.png`,
      width: 64,
      height: 64,
    }));
    const posts = take({
      kind: 'job-done',
      job: [...state.jobs.keys()][0]!,
      result: { kind: 'generate', images },
      at,
    });
    for (const effect of posts)
      if (effect.kind === 'post-ballot')
        take({ kind: 'ballot-posted', ballot: effect.ballot, effect: effect.key, message: `m${s}`, at });
    take({ kind: 'consent', voter, given: true, at });
    for (const ballot of state.ballots.keys())
      take({ kind: 'reaction', ballot, voter, emoji: '1', present: true, at });
    await store.commit(rows, []);
  }
  await store.close();
  return dir;
}

it('takes back every mark of somebody who leaves, on however many rounds, and forgets them once', async () => {
  const dir = await filled();
  const platform = new FakePlatform();
  test = await TestHouse.open(['votes.quorum=9'], { dir, platform });
  const { app, voterKey } = test.house;
  const counted = async () =>
    (await app.overview.status()).sessions.map(({ votes, voters }) => ({ votes, voters }));
  expect(await counted()).toEqual(Array(sessions).fill({ votes: 4, voters: 1 }));
  const holds = vi.spyOn(app.sessions, 'hold');

  await platform.consent('c0', ann, false);
  await until(() => !app.sessions.knows(voterKey('fake', ann.id)), 'forgetting');
  expect(await counted()).toEqual(Array(sessions).fill({ votes: 0, voters: 0 }));
  // What the disk says: of each mark the last row.
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
  try {
    const asked = () => db.all(`SELECT key FROM outbox WHERE json_extract(body, '$.kind') = 'forget'`);
    await until(async () => (await asked()).length === 0, 'the last who asked');
    expect(holds).toHaveBeenCalledTimes(1);
    const last = await db.all<{ present: number; marks: number }>(
      `SELECT present, count(*) AS marks FROM fact f WHERE seq =
         (SELECT max(seq) FROM fact WHERE ballot = f.ballot AND voter = f.voter AND emoji = f.emoji) GROUP BY present`,
    );
    expect(last).toEqual([{ present: 0, marks: sessions }]);
  } finally {
    await db.close();
  }
});
