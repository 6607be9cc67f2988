/**
 * Approval of prompts through the real bot and its store: asked, looked at, opened or refused once, over
 * restarts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../../bot/platforms/fake/platform.js';
import { ann, ben, mod, TestHouse } from '../../support/house.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let house: TestHouse;
afterEach(() => house.stop());

const admin = fakeAccount('boss', 'admin');
const say = async (text: string, who = ann, channel = 'taste') =>
  (await house.platform.command(channel, who, text))!;
const cards = () => house.platform.messages.filter(({ card }) => card.key.startsWith('proposal.'));
const sessions = () => house.house.app.sessions.holding().map(({ session }) => session);
const restart = async () => {
  const { dir, platform } = house;
  await house.stop(true);
  house = await TestHouse.open([], { dir, platform });
};
/** What a person was answered, in all, to the question that got this answer. */
const answersTo = (first: { key: string }) => {
  const { replyTo } = house.platform.replies.find(({ card }) => card.key === first.key)!;
  return house.platform.replies.filter((reply) => reply.replyTo === replyTo).map(({ card }) => card);
};

it('a member waits for a moderator, who looks, refuses one and opens one; both are told', async () => {
  house = await TestHouse.open([], undefined, false);
  await say('settings approval on', admin);
  const first = await say('session start a red rose --images 6');
  expect(first.title).toBe('Proposal 1');
  const second = await say('session start cat', ben);
  expect(second.title).toBe('Proposal 2');
  expect(sessions()).toEqual([]);
  // The card shows moderators that something waits, and nobody the words.
  expect(cards().map(({ card }) => card.title)).toEqual([
    'Proposal 1 waits for a moderator',
    'Proposal 2 waits for a moderator',
  ]);
  for (const { card } of cards()) expect(JSON.stringify(card)).not.toContain('rose');

  const press = async (number: number, button: string, who = mod) => {
    const at = cards().find(({ card }) => card.title.startsWith(`Proposal ${number} `))!;
    const replyTo = await house.platform.press(at.ref, who, button, String(number));
    return house.platform.replies.find((reply) => reply.replyTo === replyTo)!.card;
  };
  for (const button of ['proposal-show', 'proposal-ok', 'proposal-refuse'])
    expect((await press(1, button, ben)).title).toBe('Not allowed');
  expect((await press(1, 'proposal-show')).text).toContain('“a red rose” (images 6)');
  expect((await say('proposals', mod)).text).toMatch(
    /\*\*1\*\*: “a red rose”.*\n\*\*2\*\*: “a black cat inside/,
  );

  expect((await say('proposals refuse 1 not today', mod)).title).toBe('Refused');
  expect(answersTo(first).at(-1)).toMatchObject({ title: 'Proposal 1 was refused', text: 'not today' });
  expect((await press(2, 'proposal-ok')).title).toBe('Opened');
  expect(answersTo(second).at(-1)!.title).toBe('Proposal 2 was opened');
  expect(sessions()).toMatchObject([{ title: 'cat', state: 'active' }]);
  expect(cards().map(({ card }) => [card.title, card.buttons.length])).toEqual([
    ['Proposal 1 was refused', 0],
    ['Proposal 2 was opened', 0],
  ]);
  for (const word of ['ok', 'refuse', 'show'])
    expect((await say(`proposals ${word} 2`, mod)).text).toContain('does not wait here (any more)');
  expect((await say('proposals', mod)).text).toBe('None waits.');

  const audit = (await say('audit', mod)).text;
  for (const line of ['a member: session start proposal 1', 'a moderator: proposals refuse, number 1'])
    expect(`${audit}\n${(await say('audit', mod, 'elsewhere')).text}`).toContain(line);
  // Of what was refused no word is left.
  const held = readdirSync(house.dir).map((name) => readFileSync(join(house.dir, name), 'latin1'));
  for (const text of held) expect(text).not.toContain('not today');
});

it('waits over a restart, under its number, with one card; numbers are never used twice', async () => {
  house = await TestHouse.open(['prompts.approval=true'], undefined, false);
  await say('session start a red rose');
  await say('session start a blue rose', ben);
  await say('proposals refuse 2', mod);
  await restart();
  expect(cards()).toHaveLength(2);
  expect((await say('proposals', mod)).text).toContain('“a red rose”');
  await say('settings approval on', admin);
  expect((await say('session start a green rose')).title).toBe('Proposal 3');
  expect((await say('proposals ok 1', mod)).title).toBe('Opened');
  expect(cards().map(({ card }) => card.title)).toEqual([
    'Proposal 1 was opened',
    'Proposal 2 was refused',
    'Proposal 3 waits for a moderator',
  ]);
  await restart();
  expect(sessions()).toMatchObject([{ prompt: 'a red rose' }]);
  expect((await say('proposals', mod)).text).not.toContain('a red rose');
});

it('opens once, however many say so at once', async () => {
  house = await TestHouse.open(['prompts.approval=true'], undefined, false);
  await say('session start a red rose');
  const words = await Promise.all([1, 2, 3].map(() => say('proposals ok 1', mod)));
  expect(words.map(({ title }) => title).sort()).toEqual(['Not done', 'Not done', 'Opened']);
  expect(sessions()).toHaveLength(1);
});

it('keeps to its server, to what could be opened, and forgets who asked', async () => {
  house = await TestHouse.open(['prompts.approval=true'], undefined, true);
  const { platform } = house;
  platform.homes.set('den', 'tulips');
  expect((await say('session start a nude')).title).toBe('Not done');
  expect((await say('session start a red rose')).text).toContain('A session runs in this channel');
  expect((await say('session start a red rose', mod, 'own')).title).toBe('Session opened');
  await platform.consent('taste', ann);
  const asked = await say('session start a red rose', ann, 'den');
  expect(asked.title).toBe('Proposal 1');
  expect((await say('proposals ok 1', mod)).text).toContain('does not wait here');
  const mine = await say('me export');
  const json = mine.files![0]!.content;
  expect('text' in json && JSON.parse(json.text).proposals).toMatchObject([
    { number: 1, wish: { prompt: 'a red rose' } },
  ]);
  for (const number of [2, 3])
    expect((await say('session start a rose', ann, 'den')).title).toBe(`Proposal ${number}`);
  expect((await say('session start a rose', ann, 'den')).text).toContain('3 proposals of yours wait');
  const key = house.house.voterKey('fake', ann.id);
  await say('me forget');
  await expect.poll(() => house.state().voters.has(key)).toBe(false);
  const holding = () =>
    readdirSync(house.dir).filter((name) => readFileSync(join(house.dir, name)).includes(key));
  await expect.poll(holding).toEqual([]);
  expect((await say('proposals ok 1', mod, 'den')).title).toBe('Opened');
  expect(sessions().find(({ prompt }) => prompt === 'a red rose')?.createdBy).toBeNull();
});
