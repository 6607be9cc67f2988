/**
 * What every ChatPlatform must do, as a function that a platform's test calls with a way to make one.
 * `restart` gives the platform again over what it kept, where it keeps anything; `mark` is a member setting a
 * reaction on their side.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account, Card, ChatEvent, ChatPlatform, MessageRef } from '../../src/chat/port.js';
import { projectPath } from '../../src/files/paths.js';
import { buttonSheet } from '../support/chat.js';

export interface PlatformUnderTest {
  platform: ChatPlatform;
  channel: string;
  mark(ref: MessageRef, person: string, emoji: string, present: boolean): Promise<void>;
  /** A member types a command; resolves with the private answers it brought. */
  command(person: string, text: string): Promise<{ title: string; text: string }[]>;
  /** A member presses a button of a message, by its id and its label. */
  press(ref: MessageRef, person: string, button: string, label: string): Promise<void>;
  /** A member presses Flag on a message. */
  flag(ref: MessageRef, person: string, cell: string): Promise<void>;
  /** Titles that people see in the channel, in order. */
  shown(): Promise<string[]>;
  /** What is told of the pictures that people see in the channel, in order. */
  alts(): Promise<string[]>;
  /** The same platform after its process ended; null where the fake is the platform itself. */
  restart: (() => Promise<PlatformUnderTest>) | null;
  close(): Promise<void>;
}

export function card(key: string, title: string, fill: Partial<Card> = {}): Card {
  return {
    kind: 'notice',
    key,
    title,
    text: 'words',
    pictures: [],
    reactions: [],
    buttons: [],
    progress: null,
    ...fill,
  };
}

export function ballot(key: string, title: string): Card {
  return card(key, title, { kind: 'ballot', reactions: ['1', '2', 'none'], data: { open: true } });
}

/** One picture of a gallery. */
export function galleryBallot(key: string, title: string): Card {
  return card(key, title, {
    kind: 'ballot',
    reactions: ['like', 'dislike', 'star'],
    buttons: [{ id: 'flag', label: 'Flag' }],
    data: { open: true, style: 'gallery', cells: [{ number: 1, name: '#4', state: 'shown' }] },
  });
}

/** A duel, with its buttons. */
export function duelBallot(key: string, title: string): Card {
  return card(key, title, {
    kind: 'ballot',
    buttons: [
      ...(['Left', 'Right', 'Both', 'Neither'] as const).map((label) => ({ id: label.toLowerCase(), label })),
      { id: 'flag', label: 'Flag' },
    ],
    data: {
      open: true,
      style: 'duel',
      cells: [
        { number: 1, name: '#4', state: 'shown' },
        { number: 2, name: '#9', state: 'shown' },
      ],
    },
  });
}

export function platformContract(
  name: string,
  make: (sink: (event: ChatEvent) => Promise<void>) => Promise<PlatformUnderTest>,
): void {
  describe(`${name} as a platform`, () => {
    let under: PlatformUnderTest;
    let events: ChatEvent[];
    let onEvent: (event: ChatEvent) => Promise<void>;

    beforeEach(async () => {
      events = [];
      onEvent = async () => {};
      under = await make(async (event) => {
        events.push(event);
        await onEvent(event);
      });
    });
    afterEach(() => under.close());

    it('posts in order and shows what was posted', async () => {
      await under.platform.post(under.channel, card('a', 'first'));
      await under.platform.post(under.channel, card('b', 'second'));
      expect(await under.shown()).toEqual(['first', 'second']);
    });

    it('posts exactly once by key, also when asked twice at the same time', async () => {
      const first = await under.platform.post(under.channel, card('a', 'one'));
      const again = await under.platform.post(under.channel, card('a', 'two'));
      expect(again).toEqual(first);
      const [x, y] = await Promise.all([
        under.platform.post(under.channel, card('b', 'three')),
        under.platform.post(under.channel, card('b', 'three')),
      ]);
      expect(x).toEqual(y);
      expect(await under.shown()).toEqual(['one', 'three']);
    });

    it('names itself and the channel in every reference', async () => {
      const ref = await under.platform.post(under.channel, card('a', 'one'));
      expect(ref).toMatchObject({ platform: under.platform.name, channel: under.channel });
      expect(ref.message).toMatch(/./);
    });

    it('edits in place and keeps the key', async () => {
      const ref = await under.platform.post(under.channel, card('a', 'before'));
      await under.platform.edit(ref, card('a', 'after'));
      expect(await under.shown()).toEqual(['after']);
      expect(await under.platform.post(under.channel, card('a', 'once more'))).toEqual(ref);
    });

    it('takes a picture that comes with an edit, and gives it up with the next', async () => {
      const file = projectPath('docs', 'images', 'slack.png');
      const sheet = { file, alt: 'Same noise: before any vote, after round 1.', spoiler: false };
      const ref = await under.platform.post(under.channel, card('a', 'closed', { kind: 'outcome' }));
      expect(await under.alts()).toEqual([]);
      await under.platform.edit(ref, card('a', 'closed', { kind: 'outcome', pictures: [sheet] }));
      expect(await under.alts()).toEqual([sheet.alt]);
      await under.platform.edit(ref, card('a', 'closed', { kind: 'outcome' }));
      expect(await under.alts()).toEqual([]);
      expect(await under.shown()).toEqual(['closed']);
    });

    it('removes; what is gone can be edited or removed again without harm', async () => {
      const ref = await under.platform.post(under.channel, card('a', 'one'));
      await under.platform.remove(ref);
      await under.platform.remove(ref);
      await under.platform.edit(ref, card('a', 'late'));
      await under.platform.react(ref, '1');
      expect(await under.shown()).toEqual([]);
    });

    it('tells a mark with who, what and where, and gives it back when asked', async () => {
      const ref = await under.platform.post(under.channel, ballot('a', 'ballot'));
      await under.mark(ref, 'ann', '1', true);
      await under.mark(ref, 'bea', '1', true);
      await under.mark(ref, 'bea', '2', true);
      const marks = events.filter((e) => e.kind === 'reaction');
      expect(marks.map((e) => [e.emoji, e.present])).toEqual([
        ['1', true],
        ['1', true],
        ['2', true],
      ]);
      for (const mark of marks) {
        expect(mark.ref).toEqual(ref);
        expect(mark.account.platform).toBe(under.platform.name);
        expect(mark.at).toBeGreaterThan(0);
      }
      const [ann, bea] = [marks[0]!.account.id, marks[1]!.account.id];
      expect(ann).not.toBe(bea);
      const found = await under.platform.fetchReactions(ref);
      expect(ids(found.get('1'))).toEqual([ann, bea].sort());
      expect(ids(found.get('2'))).toEqual([bea]);
      // The same person has the same id on the next message.
      const next = await under.platform.post(under.channel, ballot('b', 'next'));
      await under.mark(next, 'ann', '2', true);
      expect(events.filter((e) => e.kind === 'reaction').at(-1)!.account.id).toBe(ann);
    });

    it('tells a withdrawal, after which the mark is not there', async () => {
      const ref = await under.platform.post(under.channel, ballot('a', 'ballot'));
      await under.mark(ref, 'ann', '2', true);
      await under.mark(ref, 'ann', '2', false);
      expect(events.filter((e) => e.kind === 'reaction').map((e) => e.present)).toEqual([true, false]);
      expect((await under.platform.fetchReactions(ref)).get('2') ?? []).toEqual([]);
    });

    it("takes a gallery's like, dislike and star, changed and withdrawn", async () => {
      const ref = await under.platform.post(under.channel, galleryBallot('g', 'picture'));
      for (const emoji of ['like', 'dislike', 'star']) await under.platform.react(ref, emoji);
      expect([...(await under.platform.fetchReactions(ref)).values()].flat()).toEqual([]);
      await under.mark(ref, 'ann', 'like', true);
      await under.mark(ref, 'ann', 'star', true);
      await under.mark(ref, 'bea', 'like', true);
      await under.mark(ref, 'bea', 'like', false);
      await under.mark(ref, 'bea', 'dislike', true);
      const told = events.flatMap((e) => (e.kind === 'reaction' ? [[e.emoji, e.present]] : []));
      expect(told).toEqual([
        ['like', true],
        ['star', true],
        ['like', true],
        ['like', false],
        ['dislike', true],
      ]);
      const found = await under.platform.fetchReactions(ref);
      const [ann, bea] = [ids(found.get('like')), ids(found.get('dislike'))];
      expect([ann.length, bea.length, ann[0] === bea[0]]).toEqual([1, 1, false]);
      expect(ids(found.get('star'))).toEqual(ann);
    });

    it('tells of the answers to a duel, each a press of a button', async () => {
      const ref = await under.platform.post(under.channel, duelBallot('d', 'duel'));
      for (const label of ['Left', 'Right', 'Both', 'Neither'])
        await under.press(ref, 'ann', label.toLowerCase(), label);
      const told = events.flatMap((e) => (e.kind === 'button' ? [[e.button, e.value, e.ref.message]] : []));
      expect(told).toEqual(['left', 'right', 'both', 'neither'].map((button) => [button, null, ref.message]));
    });

    it('tells of the marks of a sheet of buttons, of the largest size', async () => {
      const ref = await under.platform.post(under.channel, await buttonSheet('s'));
      for (const [button, label] of [['mark-9', '9'] as const, ['mark-none', 'None of these'] as const])
        await under.press(ref, 'ann', button, label);
      const told = events.flatMap((e) => (e.kind === 'button' ? [[e.button, e.value, e.ref.message]] : []));
      expect(told).toEqual(['mark-9', 'mark-none'].map((button) => [button, null, ref.message]));
    });

    it("flags a gallery's one picture without asking which", async () => {
      const ref = await under.platform.post(under.channel, galleryBallot('g', 'picture'));
      // Whoever presses is known by then (the page asks for consent first).
      await under.mark(ref, 'ann', 'like', true);
      await under.flag(ref, 'ann', '#4');
      expect(events.at(-1)).toMatchObject({ kind: 'button', ref, button: 'flag', value: '#4' });
    });

    it('leaves its own priming out of the reactions', async () => {
      const ref = await under.platform.post(under.channel, ballot('a', 'ballot'));
      await under.platform.react(ref, '1');
      await under.platform.react(ref, '1');
      expect([...(await under.platform.fetchReactions(ref)).values()].flat()).toEqual([]);
    });

    it('keeps marks through an edit', async () => {
      const ref = await under.platform.post(under.channel, ballot('a', 'ballot'));
      await under.mark(ref, 'ann', '1', true);
      await under.platform.edit(ref, ballot('a', 'edited'));
      expect((await under.platform.fetchReactions(ref)).get('1')).toHaveLength(1);
    });

    it('answers a command to the asker, and to nobody else', async () => {
      onEvent = async (event) => {
        if (event.kind === 'command')
          await under.platform.reply(event.replyTo, card('r', `you said ${event.text}`));
      };
      const answers = await under.command('ann', '/acclaim help');
      expect(answers.map((a) => a.title)).toEqual(['you said /acclaim help']);
      expect(await under.shown()).toEqual([]);
      const [event] = events;
      expect(event).toMatchObject({ kind: 'command', channel: under.channel, text: '/acclaim help' });
    });

    it('swallows an answer that nobody waits for', async () => {
      await under.platform.reply('nobody', card('r', 'late'));
      expect(await under.shown()).toEqual([]);
    });

    it('keeps messages, references and marks over a restart', async () => {
      // The one that is kept nowhere.
      if (!under.restart) return expect(under.platform.name).toBe('fake');
      const ref = await under.platform.post(under.channel, ballot('a', 'ballot'));
      const gone = await under.platform.post(under.channel, card('b', 'gone'));
      await under.platform.remove(gone);
      await under.mark(ref, 'ann', '1', true);
      const before = ids((await under.platform.fetchReactions(ref)).get('1'));
      under = await under.restart();
      expect(await under.shown()).toEqual(['ballot']);
      expect(ids((await under.platform.fetchReactions(ref)).get('1'))).toEqual(before);
      expect(await under.platform.post(under.channel, ballot('a', 'again'))).toEqual(ref);
      const fresh = await under.platform.post(under.channel, card('c', 'new'));
      expect([ref.message, gone.message]).not.toContain(fresh.message);
    });
  });
}

function ids(accounts: Account[] | undefined): string[] {
  return (accounts ?? []).map((a) => a.id).sort();
}
