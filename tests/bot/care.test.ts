/**
 * Channels that may not show pictures that are NSFW any more: these come down at once, and the session is
 * told.
 */
import { expect, it } from 'vitest';
import { EffectHandlers, type HandlerParts } from '../../bot/effects/handlers.js';
import { Messenger } from '../../bot/effects/messenger.js';
import { Guards } from '../../bot/effects/nsfw-guard.js';
import { Platforms } from '../../bot/effects/platforms.js';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import type { Card } from '../../src/chat/port.js';
import { unreachable } from '../../src/chat/refusals.js';
import type { Event } from '../../src/domain/state/events.js';
import { silentLog } from '../../src/log.js';
import { World } from '../support/world.js';

const card = (key: string): Card => ({
  kind: 'ballot',
  key,
  title: key,
  text: '',
  pictures: [
    { file: 'careful.png', alt: '', spoiler: true },
    { file: 'plain.png', alt: '', spoiler: false },
  ],
  reactions: [],
  buttons: [],
  progress: null,
});

/** A session in channel 1, which was guarded until its pictures hung there and in channel 2. */
async function unguarded() {
  const platform = new FakePlatform();
  for (const channel of ['1', '2']) platform.guarded.add(channel);
  for (const [channel, key] of ['1 a', '1 b', '2 c'].map((post) => post.split(' ')))
    await platform.post(channel!, card(key!));
  platform.guarded.delete('1');
  const told: Event[] = [];
  const { state } = new World({}, false, true);
  const clock = { now: () => 7 };
  const platforms = new Platforms([platform]);
  const sessions = {
    find: async () => state,
    dispatch: async (_: string, event: Event) => {
      told.push(event);
      return null;
    },
  };
  const guards = new Guards({ clock, log: silentLog, platforms, sessions });
  const takeDown = async (superseded = false) => {
    const outbox = { superseded: () => superseded };
    const parts = { clock, guards, messenger: new Messenger(platforms), outbox, sessions };
    const effect = {
      kind: 'take-down',
      key: 'cat.take-down.0',
      session: 'cat',
      channel: 'fake-1',
      notBefore: 0,
    } as const;
    await new EffectHandlers(parts as unknown as HandlerParts).run(effect);
  };
  const hanging = () =>
    platform.messages.map((m) => [m.ref.channel, ...m.card.pictures.map((p) => p.file)].join(' '));
  return { platform, guards, told, state, hanging, takeDown };
}

const lost = { kind: 'channel', channel: 'fake-1', canPost: true, nsfw: false, at: 7 };

it('takes every such picture down where the channel is guarded no more, there alone, and tells the session', async () => {
  const { guards, told, state, hanging } = await unguarded();
  await guards.checkAll([state]);
  expect(hanging()).toEqual(['1 plain.png', '1 plain.png', '2 careful.png plain.png']);
  expect(told).toEqual([lost]);
});

it('tells the session although the pictures could not be taken down', async () => {
  const { platform, guards, told, state } = await unguarded();
  platform.takeDown = () => Promise.reject(new Error('the platform is away'));
  expect(await guards.refusal('cat', state.bindings[0]!)).toMatchObject({ code: 'not-allowed' });
  expect(told).toEqual([lost]);
});

it('says where it got no answer, so that it is asked again', async () => {
  const { platform, guards, told, state, hanging } = await unguarded();
  platform.outage = unreachable('fake', new Error('503'));
  expect(await guards.checkAll([state])).toBe(false);
  expect([hanging()[0], told]).toEqual(['1 careful.png plain.png', []]);
  platform.outage = null;
  expect(await guards.checkAll([state])).toBe(true);
  expect([hanging()[0], told]).toEqual(['1 plain.png', [lost]]);
});

it('leaves a guarded channel alone, and tells nothing that nobody lost', async () => {
  const { platform, guards, told, state, hanging } = await unguarded();
  platform.guarded.add('1');
  await guards.checkAll([state]);
  expect(hanging()[0]).toBe('1 careful.png plain.png');
  expect(told).toEqual([]);
});

it('takes down what the session asks it to, and nothing where the channel was put right meanwhile', async () => {
  const { platform, told, hanging, takeDown } = await unguarded();
  await takeDown();
  expect(hanging()).toEqual(['1 plain.png', '1 plain.png', '2 careful.png plain.png']);
  const done = { kind: 'effect-done', effect: 'cat.take-down.0', at: 7 };
  expect(told).toEqual([done]);
  platform.guarded.add('1');
  await platform.post('1', card('e'));
  await takeDown();
  expect(hanging().at(-1)).toBe('1 careful.png plain.png');
  expect(told).toEqual([done, done]);
});

it('reports nothing as done that was asked for anew while it ran', async () => {
  const { told, takeDown } = await unguarded();
  await takeDown(true);
  expect(told).toEqual([]);
});

it('lets a session go on where one of its channels may show them, and tells which', async () => {
  const { platform, guards, told, state } = await unguarded();
  const second = { ...state.bindings[0]!, channel: 'fake-2', address: '2' };
  const left = { ...second, channel: 'fake-3', address: '3', leftAt: 1 };
  const both = { ...state, bindings: [state.bindings[0]!, second, left] };
  await guards.mustResume(both);
  expect(told).toEqual([lost, { ...lost, channel: 'fake-2', nsfw: true }]);
  platform.guarded.delete('2');
  await expect(guards.mustResume(both)).rejects.toMatchObject({ code: 'not-allowed' });
  const { session } = state;
  await guards.mustResume({ ...both, session: { ...session, nsfw: false } });
});
