/**
 * What the tests of Discord and Slack share: a ballot and a picture as the views make them, and what ends
 * with a test.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { markButtons } from '../../bot/views/own-ballot.js';
import type { ChatEvent, ToldCard } from '../../src/chat/port.js';
import { encodePng } from '../../src/images/png.js';
import { told } from '../../src/words/tell.js';

/** With the test that runs; last come, first ended. */
export function ends(end: () => unknown): void {
  onTestFinished(async () => {
    await end();
  });
}

export function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-chat-'));
  ends(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Nobody is more than the platform says. */
export const noRoles = { operators: [], admins: [], moderators: [] };

/** A PNG of one colour; `size` pixels wide and high. */
export async function picture(colour = [200, 30, 60], size = 8): Promise<string> {
  const data = new Uint8Array(size * size * 3).map((_, i) => colour[i % 3]!);
  const file = join(freshDir(), 'picture.png');
  writeFileSync(file, await encodePng({ width: size, height: size, data }));
  return file;
}

/** A ballot as the views make it. */
export function sheet(key: string, file: string | null, fill: Partial<ToldCard> = {}): ToldCard {
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

/** A private answer. */
export function answer(text: string, fill: Partial<ToldCard> = {}): ToldCard {
  const none = { pictures: [], reactions: [], buttons: [], progress: null };
  return { kind: 'reply', key: 'r', title: 'Answer', text, ...none, ...fill };
}

/** What commands said, as the parser gets it. */
export function typed(events: readonly ChatEvent[]): string[] {
  return events.flatMap((e) => (e.kind === 'command' ? [e.text] : []));
}

/** A sheet of the largest size that is marked by buttons, as the views make it. */
export async function buttonSheet(key: string): Promise<ToldCard> {
  const cells = Array.from({ length: 9 }, (_, i) => ({ number: i + 1, name: `A${i + 1}`, state: 'shown' }));
  const buttons = [
    ...told(markButtons(cells), 'en'),
    ...['Done', 'Best', 'Why not?', 'Flag'].map((label) => ({
      id: label.toLowerCase().replace(/ .*/, ''),
      label,
    })),
  ];
  return { ...sheet(key, await picture()), reactions: [], buttons, data: { open: true, cells } };
}
