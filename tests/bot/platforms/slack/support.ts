/** A peer, a channel and the platform on them, as most tests want them; everything ends with the test. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import { SlackPlatform } from '../../../../bot/platforms/slack/adapter.js';
import { scopes } from '../../../../bot/platforms/slack/manifest.js';
import type { SlackOptions, Transport } from '../../../../bot/platforms/slack/options.js';
import type { Card, ChatEvent } from '../../../../src/chat/port.js';
import type { AcclaimError } from '../../../../src/errors.js';
import { encodePng } from '../../../../src/images/png.js';
import { signingSecret } from '../../../support/slack-peer/line.js';
import { appToken, botToken, Peer } from '../../../support/slack-peer/peer.js';

export interface Stage {
  peer: Peer;
  channel: string;
  platform: SlackPlatform;
  events: ChatEvent[];
  errors: unknown[];
  fatal: AcclaimError[];
  /** What an event brings about; set by a test. */
  onEvent: (event: ChatEvent) => Promise<void>;
  /** Added to the time. */
  shift: number;
  /** A new process over the same Slack. */
  again(options?: Partial<SlackOptions>): Promise<SlackPlatform>;
}

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

afterAll(() => Peer.end());

export function ends(end: () => Promise<void>): void {
  endings.push(end);
}

export const noRoles = { operators: [], admins: [], moderators: [], adminsAreOperators: false };

export const overHttp: Transport = { kind: 'http', signingSecret, host: '127.0.0.1', port: 0 };
export const overSocket: Transport = { kind: 'socket', appToken };

export async function makeStage(
  options: Partial<SlackOptions> = {},
  prepare: (peer: Peer) => void = () => {},
): Promise<Stage> {
  const peer = await Peer.start(scopes);
  prepare(peer);
  const channel = await peer.channel('roses');
  const events: ChatEvent[] = [];
  const errors: unknown[] = [];
  const fatal: AcclaimError[] = [];
  const stage = {
    peer,
    channel,
    events,
    errors,
    fatal,
    shift: 0,
    onEvent: async () => {},
  } as unknown as Stage;
  // Checked last, when all requests have been made.
  ends(async () => {
    await peer.stop();
    expect(peer.front.objections).toEqual([]);
  });
  const start = async (more: Partial<SlackOptions> = {}) => {
    const platform = new SlackPlatform({
      token: botToken,
      transport: overHttp,
      roles: noRoles,
      now: () => Date.now() + stage.shift,
      api: peer.api,
      onError: (error) => errors.push(error),
      onFatal: (error) => fatal.push(error),
      ...options,
      ...more,
      pace: {
        prime: 1,
        post: 1,
        edit: 20,
        retry: 10,
        limited: 20,
        file: 5,
        people: 50,
        ...options.pace,
        ...more.pace,
      },
    });
    ends(() => platform.stop());
    await platform.start(async (event) => {
      events.push(event);
      await stage.onEvent(event);
    });
    peer.target = platform.url;
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

export async function until(test: () => boolean, what = 'it to happen', ms = 8000): Promise<void> {
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
    e.kind === 'reaction' ? [[e.account.id, e.emoji, e.present]] : [],
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
