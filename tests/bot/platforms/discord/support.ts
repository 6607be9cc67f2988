/** A peer, a channel and the platform on them, as most tests want them; everything ends with the test. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { commandSpecs } from '../../../../bot/commands/table.js';
import { DiscordPlatform } from '../../../../bot/platforms/discord/adapter.js';
import type { DiscordOptions } from '../../../../bot/platforms/discord/options.js';
import type { Card, ChatEvent } from '../../../../src/chat/port.js';
import type { AcclaimError } from '../../../../src/errors.js';
import { encodePng } from '../../../../src/images/png.js';
import { Peer, peerToken } from '../../../support/discord-peer/peer.js';
import type { Channel } from '../../../support/discord-peer/world.js';

export interface Stage {
  peer: Peer;
  channel: Channel;
  platform: DiscordPlatform;
  events: ChatEvent[];
  errors: unknown[];
  fatal: AcclaimError[];
  /** What an event brings about; set by a test. */
  onEvent: (event: ChatEvent) => Promise<void>;
  /** A new process over the same Discord. */
  again(options?: Partial<DiscordOptions>): Promise<DiscordPlatform>;
}

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

export function ends(end: () => Promise<void>): void {
  endings.push(end);
}

export const noRoles = { operators: [], admins: [], moderators: [], adminsAreOperators: false };

export async function makeStage(
  options: Partial<DiscordOptions> = {},
  prepare: (peer: Peer) => void = () => {},
): Promise<Stage> {
  const peer = await Peer.start();
  const channel = peer.world.channel('roses');
  prepare(peer);
  const events: ChatEvent[] = [];
  const errors: unknown[] = [];
  const fatal: AcclaimError[] = [];
  const stage = { peer, channel, events, errors, fatal, onEvent: async () => {} } as unknown as Stage;
  // Checked last, when all requests have been made.
  ends(async () => {
    await peer.stop();
    expect(peer.objections).toEqual([]);
  });
  const start = async (more: Partial<DiscordOptions> = {}) => {
    const platform = new DiscordPlatform({
      token: peerToken,
      commands: commandSpecs,
      roles: noRoles,
      now: () => peer.world.now(),
      api: peer.url,
      onError: (error) => errors.push(error),
      onFatal: (error) => fatal.push(error),
      ...options,
      ...more,
      pace: { prime: 1, edit: 20, ...options.pace, ...more.pace },
    });
    ends(() => platform.stop());
    await platform.start(async (event) => {
      events.push(event);
      await stage.onEvent(event);
    });
    return platform;
  };
  stage.platform = await start();
  stage.again = async (more) => {
    await stage.platform.stop();
    stage.platform = await start(more);
    return stage.platform;
  };
  return stage;
}

export async function until(test: () => boolean, what = 'it to happen', ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!test()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Long enough for anything that is under way to arrive. */
export const settle = (ms = 60) => new Promise((resolve) => setTimeout(resolve, ms));

let pictures = 0;

/** A PNG of one colour; `size` pixels wide and high. */
export async function picture(colour = [200, 30, 60], size = 8): Promise<string> {
  const data = new Uint8Array(size * size * 3).map((_, i) => colour[i % 3]!);
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-picture-'));
  const file = join(dir, `${pictures++}.png`);
  writeFileSync(file, await encodePng({ width: size, height: size, data }));
  return file;
}

export function marks(events: readonly ChatEvent[]): [string, string, boolean][] {
  return events.flatMap((e): [string, string, boolean][] =>
    e.kind === 'reaction' ? [[e.account.displayName, e.emoji, e.present]] : [],
  );
}

/** A ballot as the views make it. */
export function sheet(key: string, file: string | null, fill: Partial<Card> = {}): Card {
  const cells = ['A1', 'A2', 'A3'].map((name, i) => ({ number: i + 1, name }));
  return {
    kind: 'ballot',
    key,
    title: 'Round 1, sheet A',
    text: 'Mark every picture that is a good “rose”, or **none of these**.',
    pictures: file === null ? [] : [{ file, alt: 'Contact sheet A: “rose”', spoiler: false }],
    reactions: ['1', '2', '3', 'none'],
    buttons: [
      { id: 'done', label: 'Done' },
      { id: 'flag', label: 'Flag' },
    ],
    progress: null,
    data: { open: true, cells },
    ...fill,
  };
}
