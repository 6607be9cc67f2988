/**
 * What carrying out an effect does and leaves: nothing twice, nothing on what is over, and no file of what was
 * hidden.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EffectHandlers, type HandlerParts } from '../../bot/effects/handlers.js';
import { Messenger } from '../../bot/effects/messenger.js';
import { Platforms } from '../../bot/effects/platforms.js';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot, Round } from '../../src/domain/state/round.js';
import { fileOf, sheetsIn } from '../support/grey-sheets.js';
import { World } from '../support/world.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-effects-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const sheets = (page: string | null = null) => sheetsIn(dir, page);

/** The effects of a world, carried out with its cards on a platform in memory. */
async function carriedOut() {
  const made = await sheets();
  const { world, cards, paths } = made;
  const platform = new FakePlatform();
  const platforms = new Platforms([platform]);
  const told: [session: string, event: Event][] = [];
  const others = new Map<string, SessionState>();
  const sessions = {
    get: () => world.state,
    find: async (id: string) => (id === 'cat' ? world.state : others.get(id)),
    dispatch: async (id: string, event: Event) => {
      told.push([id, event]);
      return null;
    },
  };
  const clock = { now: () => 7 };
  const parts = { clock, paths, cards, sessions, messenger: new Messenger(platforms) };
  const outbox = { superseded: () => false };
  const handlers = new EffectHandlers({ ...parts, outbox } as unknown as HandlerParts);
  const run = (effect: object) =>
    handlers.run({ key: 'k', session: 'cat', notBefore: 0, ...effect } as unknown as Effect);
  return { ...made, platform, others, told, run };
}
const done = ['cat', { kind: 'effect-done', effect: 'k', at: 7 }];

it('posts no ballot that hangs already, and puts no reactions under one that is closed', async () => {
  const { world, platform, told, run } = await carriedOut();
  const [ballot] = world.live() as [Ballot];
  await run({ kind: 'post-ballot', ballot: ballot.id });
  expect([platform.messages, told]).toEqual([[], [done]]);
  const reacted: string[] = [];
  platform.react = async (_, emoji) => void reacted.push(emoji);
  const prime = { kind: 'prime-ballot', ballot: ballot.id, reactions: ['1', '2'] };
  await run(prime);
  expect(reacted).toEqual(['1', '2']);
  world.react('ann', ballot, 'done');
  await run(prime);
  expect([reacted.length, told.length]).toEqual([2, 3]);
});

it('deletes the file of a picture that was hidden, and the sheets that it stands in', async () => {
  const { world, cards, paths, told, run } = await carriedOut();
  const [ballot] = world.live() as [Ballot];
  const sheet = await fileOf(cards, world, ballot);
  const picture = (index: number) => join(paths.round('cat', 1), 'images', `${index}.png`);
  world.command({ name: 'hide', index: 0, round: 1 });
  await run({ kind: 'delete-image', round: 1, index: 0 });
  expect([picture(0), picture(1), sheet].map((file) => existsSync(file))).toEqual([false, true, false]);
  expect(told).toEqual([done]);
});

it('deletes of the pictures of one noise those that were hidden', async () => {
  const { world, paths, run } = await carriedOut();
  const files = ['hidden', 'shown'].map((state) => ({ state, file: `pair/${state}.png` }));
  for (const { file } of files) {
    mkdirSync(dirname(join(paths.round('cat', 1), file)), { recursive: true });
    writeFileSync(join(paths.round('cat', 1), file), 'a picture');
  }
  world.state = {
    ...world.state,
    rounds: world.state.rounds.map((row) => ({
      ...row,
      pair: files as unknown as NonNullable<Round['pair']>,
    })),
  };
  await run({ kind: 'delete-pair' });
  expect(files.map(({ file }) => existsSync(join(paths.round('cat', 1), file)))).toEqual([false, true]);
});

it('stops the session that another takes the place of, but not one that ended', async () => {
  const { others, told, run } = await carriedOut();
  const old = new World();
  others.set('dog', old.state);
  await run({ kind: 'stop-session', stops: 'dog' });
  expect(told).toMatchObject([['dog', { kind: 'command', act: { name: 'stop' } }], done]);
  old.command({ name: 'stop' });
  others.set('dog', old.state);
  await run({ kind: 'stop-session', stops: 'dog' });
  expect(told.slice(2)).toEqual([done]);
});
