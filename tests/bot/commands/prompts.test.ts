/**
 * The policy of prompts through the real bot and its store: one private answer, one row in the audit, never
 * the text.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeAccount } from '../../../bot/platforms/fake/platform.js';
import { specify } from '../../../bot/services/plans.js';
import { loadConfig } from '../../../src/config/load.js';
import { promptOf } from '../../../src/domain/state/prompts.js';
import { TestHouse } from '../../support/house.js';

let house: TestHouse;
beforeAll(async () => {
  house = await TestHouse.open(["prompts.blocked=['brand x']"], undefined, false);
}, 60_000);
afterAll(() => house.stop());

const admin = fakeAccount('boss', 'operator');

it('joins what a session is asked for by: a title, a prompt, what is led away from', () => {
  const config = loadConfig({ env: {} });
  for (const [request, nsfw] of [
    [{ title: 'teen', prompt: 'bottomless' }, false],
    [{ prompt: 'a kid', negative: 'clothes' }, false],
    [{ prompt: 'a chair', title: 'kid' }, true],
  ] as const)
    expect(() => specify(config, { ...request, nsfw }), JSON.stringify(request)).toThrow(/Minors/);
  expect(specify(config, { prompt: 'a kid', title: 'kite', negative: 'blurry' }).prompt).toBe('a kid');
});

it('takes several prompts of a session that reduces unsafe pictures, each by itself', () => {
  const config = loadConfig({ env: {} });
  const ask = (prompts: string[], more = {}) =>
    specify(config, { prompt: prompts[0]!, prompts, nsfw: true, ...more });
  const session = ask(['a robot', 'a ghost', 'an owl']);
  expect(session).toMatchObject({
    title: 'a robot | a ghost | an owl',
    prompts: ['a robot', 'a ghost', 'an owl'],
  });
  expect([1, 2, 3, 4].map((round) => promptOf(session, round))).toEqual([
    'a robot',
    'a ghost',
    'an owl',
    'a robot',
  ]);
  const plain = specify(config, { prompt: 'a robot' });
  expect(['prompts' in plain, promptOf(plain, 7)]).toEqual([false, 'a robot']);
  for (const wrong of [
    ['a robot'],
    ['a robot', ''],
    ['a robot', 'x'.repeat(201)],
    new Array(9).fill('a robot'),
  ])
    expect(() => ask(wrong), `${wrong.length}`).toThrow(/cannot be drawn in turn/);
  expect(() => ask(['a robot', 'a kid'])).toThrow(/Minors/);
  expect(() => ask(['a robot', 'a ghost'], { learner: 'hero' })).toThrow(/one prompt alone/);
});

it('shows nobody a name that it would not take as a prompt', async () => {
  const named = { ...fakeAccount('ann'), displayName: 'p0rn' };
  const answer = await house.platform.command('nowhere', named, 'me name show');
  expect(answer?.text).toContain('That wording is not taken');
});

it.each([
  ['session start', 'session start sunny BR4ND-X shoe', 'sunny'],
  ['session start', 'session start rainy n\u200bude meadow', 'rainy'],
  ['nsfw start', 'nsfw start windy child', 'windy'],
  ['settings', 'settings models foggy,nude', 'foggy'],
  ['session start', 'session start windy sᴇx tᴇᴇɴ', 'windy'],
])('%s: %s', async (command, said, told) => {
  const { platform } = house;
  const answers = platform.replies.length;
  const answer = await platform.command('nowhere', admin, said);
  expect(platform.replies.length).toBe(answers + 1);
  expect(answer?.title).toBe('Not done');
  const audit = await platform.command('nowhere', admin, 'audit 1');
  expect(audit?.text).toContain(`${command}`);
  expect(audit?.text).toContain('(refused: prompt-refused)');
  for (const { text } of [answer!, audit!]) expect(text).not.toContain(told);
  expect((await platform.command('nowhere', admin, 'session list'))?.text).toBe('There is none yet.');
});
