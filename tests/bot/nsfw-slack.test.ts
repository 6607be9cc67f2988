/**
 * A session that reduces unsafe pictures on Slack, under the real `acclaim start`: refused in a public channel, blurred
 * among moderators, shown clear to who asks, taken down when somebody else gets in.
 */
import { afterAll, afterEach, expect, test } from 'vitest';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { appToken, botToken, Peer } from '../support/slack-peer/peer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => Peer.end());

test('a session that reduces unsafe pictures on Slack', async () => {
  const peer = await Peer.start(scopes);
  const started = new Started([
    `slack.botToken=${botToken}`,
    `slack.appToken=${appToken}`,
    `slack.api=${peer.api}`,
    `slack.roles.moderators=[${peer.id('mod')}, ${peer.id('dan')}]`,
    'votes.quorum=9',
  ]);
  endings.push(
    () => peer.stop(),
    () => started.remove(),
  );
  const open = await peer.channel('roses');
  const den = await peer.privateChannel('den', 'dan');
  await started.start();
  const say = async (who: 'ann' | 'dan', where: string, text: string) => {
    const asked = await peer.command(who, where, text);
    await until(() => asked.answers.length > 0, `an answer to ${text}`);
    return JSON.stringify(asked.answers);
  };
  const pictures = async () =>
    (await peer.shown(den)).flatMap((m) => (m.blocks ?? []).filter((b) => b.type === 'image'));
  const said = async () => JSON.stringify((await peer.shown(den)).map((m) => m.text));

  expect(await say('dan', open, 'nsfw start a black cat')).toContain('not private');
  expect(await say('ann', den, 'nsfw start a black cat')).toContain('Not allowed');
  expect(await started.rows('SELECT command, refused FROM act ORDER BY seq')).toEqual([
    { command: 'nsfw start', refused: 'not-allowed' },
    { command: 'nsfw start', refused: 'not-allowed' },
  ]);
  expect(await say('dan', den, 'nsfw start a black cat')).toContain('Session opened');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  await until(async () => (await pictures()).length === 2, 'both sheets', 60_000);
  for (const block of await pictures()) expect(block.block_id).toMatch(/-blurred$/);

  const ballot = (await peer.shown(den)).find((m) => JSON.stringify(m.blocks ?? []).includes('-blurred'))!;
  const revealed = await peer.press('dan', den, ballot.ts, 'Show to me');
  await until(() => revealed.answers.length === 1, 'the clear picture');
  expect(revealed.answers[0]).toMatchObject({ response_type: 'ephemeral' });
  expect(JSON.stringify(revealed.answers[0]!.blocks)).toContain('"image"');

  // Somebody got in whom Slack does not tell of: the next reveal finds out.
  await peer.invite(den, 'ann');
  const refused = await peer.press('ann', den, ballot.ts, 'Show to me');
  await until(() => refused.answers.length === 1, 'the refusal', 90_000);
  expect(JSON.stringify(refused.answers)).toContain('only be shown among moderators');
  await until(async () => (await pictures()).length === 0, 'the pictures to go');
  await until(async () => (await said()).includes('may not be shown here any more'), 'the notice');
  expect((await started.bodies('session'))[0]).toMatchObject({ state: 'paused', pause: 'guard' });
  expect(await say('dan', den, 'session resume')).toContain('not moderators');
  expect(peer.front.objections).toEqual([]);
}, 400_000);
