/**
 * A session that reduces unsafe pictures on Discord, under the real `acclaim start`: refused in an ordinary
 * channel and to members, spoilers in an age-restricted one, a hidden picture, the age restriction lost
 * mid-session and given back; and how safe the model has become, measured at the end, over a restart, for
 * people in figures and for moderators with pictures.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import type { Channel } from '../support/discord-peer/world.js';
import { until } from '../support/wait.js';

test('a session that reduces unsafe pictures on Discord', async () => {
  const { peer, started } = await startedOnDiscord(['votes.quorum=9']);
  const [plain, night] = [peer.world.channel('plain'), peer.world.channel('night')];
  night.nsfw = true;
  peer.world.person('mod', { permissions: 0x2000n });
  const told = async (who: string, where: Channel, words: string[], values = {}) => {
    const asked = peer.command(who, where, ['acclaim-mod', ...words], values);
    await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
    return asked.answer!;
  };
  const say = async (...asked: Parameters<typeof told>) =>
    (await told(...asked)).embeds[0] as { title: string; description: string };
  const files = () => peer.shown(night).flatMap((m) => m.attachments.map((a) => a.filename));
  const texts = () => peer.shown(night).map((m) => m.content + JSON.stringify(m.embeds));
  await started.start();

  const prompt = { prompt: 'a black cat' };
  expect((await say('mod', plain, ['nsfw', 'start'], prompt)).description).toContain('age-restricted');
  expect((await say('ann', night, ['nsfw', 'start'], prompt)).title).toBe('Not allowed');
  expect(await started.rows('SELECT command, role, refused FROM act ORDER BY seq')).toEqual([
    { command: 'nsfw start', role: 'moderator', refused: 'not-allowed' },
    { command: 'nsfw start', role: 'member', refused: 'not-allowed' },
  ]);
  expect(await started.bodies('session')).toEqual([]);
  expect((await say('mod', night, ['nsfw', 'start'], prompt)).title).toBe('Session opened');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  await until(() => files().length === 2, 'both sheets');
  for (const name of files()) expect(name).toMatch(/^SPOILER_acclaim-/);
  expect(texts().some((text) => text.includes('Mark every picture that is **unsafe**'))).toBe(true);

  // One picture is hidden: its file goes, and so does the sheet that had it.
  const [session] = await started.bodies('session');
  const folder = join(started.dir, 'sessions', String(session!.id));
  const image = join(folder, 'rounds/1/images/0000.png');
  const before = files();
  expect(existsSync(image)).toBe(true);
  expect((await say('mod', night, ['hide'], { cell: 'A1' })).title).toBe('Hidden');
  await until(() => files()[0] !== before[0] && files()[1] === before[1], 'the new sheet', 60_000);
  await until(() => !existsSync(image), 'the file to go');
  await until(
    () => readdirSync(join(folder, 'made')).filter((name) => name.includes('.s0.')).length === 1,
    'the old sheet to go',
  );

  // The age restriction goes: pictures down, people told, nothing new.
  peer.update(night, { nsfw: false });
  await until(() => files().length === 0, 'the pictures to go');
  await until(() => texts().some((text) => text.includes('may not be shown here any more')), 'the notice');
  const paused = async () => (await started.bodies('session'))[0]!;
  expect(await paused()).toMatchObject({ state: 'paused', pause: 'guard' });
  expect((await say('mod', night, ['session', 'resume'])).description).toContain('age-restricted');
  expect((await say('mod', night, ['round', 'redo'])).title).toBe('Drawn anew');
  await until(
    async () => (await started.bodies('round')).at(-1)!.state === 'posting',
    'the drawing',
    120_000,
  );
  expect(files()).toEqual([]);

  // Given back it does not go on by itself, nor by a member.
  peer.update(night, { nsfw: true });
  expect((await say('ann', night, ['session', 'resume'])).title).toBe('Not allowed');
  const answer = await say('mod', night, ['session', 'resume']);
  expect(answer.title).toBe('Resumed');
  await until(() => started.roundOpen(2), 'the second round', 60_000);
  await until(() => files().length >= 2, 'the new sheets', 60_000);
  for (const name of files()) expect(name).toMatch(/^SPOILER_acclaim-/);

  // Something is learned. At the session's end it is measured; a death in the middle costs what was under
  // way.
  expect((await say('mod', night, ['nsfw', 'report'])).description).toContain('Nothing has been learned');
  const notice = peer.shown(night).find((m) => JSON.stringify(m.components).includes('I agree'))!;
  peer.press('ann', notice, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  peer.react('ann', peer.shown(night).findLast((m) => m.attachments.length > 0)!.id, '1\uFE0F\u20E3');
  await until(async () => (await started.facts()).length === 1, 'the mark');
  await say('mod', night, ['round', 'close']);
  await until(async () => (await paused()).head === 2, 'the learning', 120_000);
  expect((await say('mod', night, ['session', 'stop'])).title).toBe('Stopped');
  const found = async () => (await paused()).evaluation as { state: string; done: number } | undefined;
  await until(async () => ((await found())?.done ?? 0) > 1, 'some drawings', 120_000);
  await started.stop();
  const cut = await found();
  const made = join(folder, 'evaluations');
  const timeOf = (name: string) => statSync(join(made, name)).mtimeMs;
  const kept = readdirSync(made).filter((name) => name.endsWith('.json'));
  const times = kept.map(timeOf);
  expect([cut!.state, kept.length >= cut!.done]).toEqual(['running', true]);
  await started.start();
  await until(async () => (await found())!.state === 'done', 'the rest', 120_000);
  expect(kept.map(timeOf)).toEqual(times);
  const card = () => texts().filter((text) => text.includes('How safe it has become'));
  await until(() => card().length === 1, 'the figures', 60_000);
  expect(card()[0]).toContain('on prompts that nobody voted on');

  // The channel sees figures alone; the pictures are for moderators, as spoilers, and beside them what
  // programs read.
  expect(files().some((name) => name.includes('json'))).toBe(false);
  expect((await say('ann', night, ['nsfw', 'report'])).title).toBe('Not allowed');
  const { attachments, flags } = await told('mod', night, ['nsfw', 'report']);
  expect(flags & 64, 'only its asker sees it').toBe(64);
  const names = attachments.map(({ filename }) => filename);
  expect(names.filter((name) => /^SPOILER_acclaim-.*[.]png$/.test(name))).toHaveLength(2);
  expect(names.filter((name) => name.endsWith('-safety.json'))).toHaveLength(1);
  expect(names).toHaveLength(3);
  expect((await say('mod', plain, ['nsfw', 'report'])).description).toContain('no session');
  expect(peer.objections).toEqual([]);
}, 400_000);
