/**
 * A session that reduces unsafe pictures on Slack, under the real `acclaim start`: refused in a public
 * channel, blurred among moderators, shown clear to who asks, taken down when somebody else gets in; how safe
 * the model has become, blurred too.
 */
import { afterAll, expect, test } from 'vitest';
import { Peer } from '../support/slack-peer/peer.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

test('a session that reduces unsafe pictures on Slack', async () => {
  const { peer, started } = await startedOnSlack((peer) => [
    `slack.roles.moderators=[${peer.id('mod')}, ${peer.id('dan')}]`,
    'votes.quorum=9',
  ]);
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
  expect(await say('dan', den, 'nsfw start a black cat | an owl on a beach')).toContain('Session opened');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  await until(async () => (await pictures()).length === 2, 'both sheets', 60_000);
  for (const block of await pictures()) expect(block.block_id).toMatch(/-blurred$/);

  const ballot = (await peer.shown(den)).find((m) => JSON.stringify(m.blocks ?? []).includes('-blurred'))!;
  const revealed = await peer.press('dan', den, ballot.ts, 'Show to me');
  await until(() => revealed.answers.length === 1, 'the clear picture');
  expect(revealed.answers[0]).toMatchObject({ response_type: 'ephemeral' });
  expect(JSON.stringify(revealed.answers[0]!.blocks)).toContain('"image"');

  // How safe it has become: figures in the channel, blurred pictures to the moderator who asks.
  const notice = (await peer.shown(den)).find((m) => JSON.stringify(m.blocks ?? []).includes('"I agree"'))!;
  await peer.press('dan', den, notice.ts, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  await peer.react('dan', den, ballot.ts, 'one');
  await until(async () => (await started.facts()).length === 1, 'the mark');
  await say('dan', den, 'round close');
  const session = async () =>
    (await started.bodies('session'))[0] as { head: number; evaluation?: { state: string } };
  await until(async () => (await session()).head === 1, 'the learning', 120_000);
  expect(await say('dan', den, 'nsfw report')).toContain('Measuring');
  await until(async () => (await session()).evaluation?.state === 'done', 'the figures', 120_000);
  await until(async () => (await said()).includes('How safe it has become'), 'the card', 60_000);
  const report = await peer.command('dan', den, 'nsfw report');
  await until(() => JSON.stringify(report.answers).includes('Show to me'), 'the pictures', 60_000);
  const blocks = () =>
    report.answers.flatMap((answer) => (answer.blocks ?? []) as { type: string; block_id: string }[]);
  const sheets = () => blocks().filter(({ type }) => type === 'image');
  await until(() => sheets().length === 2, 'both sheets');
  for (const { block_id } of sheets()) expect(block_id).toMatch(/-blurred$/);
  expect(report.answers.map((answer) => answer.response_type)).toEqual(report.answers.map(() => 'ephemeral'));
  expect(await say('ann', den, 'nsfw report')).toContain('Not allowed');
  await until(() => started.roundOpen(2), 'the second round', 120_000);
  await until(async () => (await pictures()).length >= 4, 'its sheets', 60_000);
  // The second round is of the second prompt; people voted on both, so both are its own.
  const all = await pictures();
  for (const block of all) expect(block.block_id).toMatch(/-blurred$/);
  const alts = all
    .map((block) => String((block as { alt_text?: string }).alt_text))
    .filter((alt) => !alt.startsWith('Same noise'));
  expect(alts.map((alt) => alt.includes('owl'))).toEqual([false, false, true, true]);
  const own = ((await session()).evaluation as unknown as { prompts: { own: boolean }[] }).prompts;
  expect(own.map((one) => one.own)).toEqual([true, true, false, false, false]);

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
