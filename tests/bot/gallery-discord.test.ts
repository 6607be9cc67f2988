/**
 * A gallery on Discord under the real `acclaim start`: a picture a message, liked, disliked and starred by
 * reactions, a best by command, a flag without a menu, a vote while the bot is down, one picture hidden, the
 * outcome edited into each message.
 */
import { expect, test } from 'vitest';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import type { Message } from '../support/discord-peer/world.js';
import { until } from '../support/wait.js';

const [like, brownLike, dislike, star] = ['\u{1F44D}', '\u{1F44D}\u{1F3FE}', '\u{1F44E}', '\u2B50'];

test('a gallery on Discord, from its command to its second round', async () => {
  const { peer, started } = await startedOnDiscord(['votes.quorum=2', 'votes.settleSeconds=1']);
  const channel = peer.world.channel('roses');
  peer.world.person('mod', { permissions: 0x2000n });
  const say = async (who: string, words: string[], values = {}) => {
    const asked = peer.command(who, channel, words, values);
    await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
    return asked.answer!.embeds[0] as { title: string; description: string };
  };
  await started.start();

  const wanted = { prompt: 'a black cat', ballots: 'gallery' };
  expect((await say('ann', ['acclaim', 'session', 'start'], wanted)).title).toBe('Session opened');
  const notices = () => peer.shown(channel).filter((m) => JSON.stringify(m.components).includes('I agree'));
  await until(() => notices().length > 0, 'the notice');
  const notice = notices()[0]!;
  for (const name of ['bea', 'cem']) peer.press(name, notice, 'I agree');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const all = () => peer.shown(channel).filter((m) => m.content.startsWith('**Round 1, picture'));
  const [one, two, three, four] = all() as [Message, Message, Message, Message];
  const again = (m: Message) => peer.world.find(m.id)!;
  const glyphs = (m: Message) => [...(peer.world.reactions.get(m.id)?.keys() ?? [])];
  await until(() => [one, two, three, four].every((m) => glyphs(m).length === 3), 'the priming');
  for (const [i, m] of [one, two, three, four].entries()) {
    expect(m.content).toMatch(
      new RegExp(`^\\*\\*Round 1, picture #${i + 1}\\*\\*\\nIs this a good “a black cat”`),
    );
    expect(m.attachments).toMatchObject([{ description: `Picture #${i + 1}: “a black cat”` }]);
    expect(glyphs(m)).toEqual([like, dislike, star]);
    expect(m.components.flatMap((row) => row.components).map((c) => c.label)).toEqual(['Why not?', 'Flag']);
  }

  // The ledger's marks that stand, `picture mark who`.
  const standing = async () => {
    const latest = new Map<string, string>();
    for (const { ballot, voter, emoji, present } of await started.facts())
      latest.set(
        `${ballot} ${voter} ${emoji}`,
        `${Number(/\.s(\d+)\./.exec(String(ballot))![1]) + 1} ${emoji} ${present}`,
      );
    return [...latest.values()]
      .filter((mark) => mark.endsWith(' 1'))
      .map((mark) => mark.slice(0, -2))
      .sort();
  };
  const stands = (marks: string[]) =>
    until(
      async () => (await standing()).join() === [...marks].sort().join(),
      `${marks.join()} in the ledger`,
    );
  peer.react('bea', one.id, brownLike);
  peer.react('bea', one.id, star);
  peer.react('bea', two.id, dislike);
  peer.react('bea', two.id, dislike, { present: false });
  peer.react('bea', two.id, like);
  peer.react('cem', three.id, like);
  peer.react('cem', three.id, dislike);
  peer.react('cem', one.id, dislike);
  expect((await say('cem', ['acclaim', 'best'], { cell: '#4' })).title).toBe('Best');
  const marks = ['1 like', '1 star', '2 like', '3 like', '3 dislike', '1 dislike', '4 star-1'];
  await stands(marks);

  // While the bot is down; its start reads every picture again, and the best by command outlives that.
  await started.stop();
  peer.react('bea', three.id, dislike);
  await started.start();
  await stands([...marks, '3 dislike']);

  const flagged = peer.press('ann', again(four), 'Flag');
  await until(
    () => JSON.stringify(flagged.answer?.embeds ?? []).includes('Agree to the notice'),
    'the refusal',
  );
  const reported = peer.press('bea', again(four), 'Flag');
  await until(() => JSON.stringify(reported.answer?.embeds ?? []).includes('was reported'), 'the flag');
  expect((await say('mod', ['acclaim-mod', 'hide'], { cell: '#2' })).title).toBe('Hidden');
  await until(() => again(two).attachments.length === 0, 'the picture to be gone');
  expect(JSON.stringify(again(two).embeds)).toContain('held back');
  expect(again(two).components).toEqual([]);

  // Both have marked all that is still shown.
  peer.react('bea', four.id, like);
  await until(() => started.roundOpen(2), 'the second round', 180_000);
  const [first] = await started.bodies('round');
  expect(first).toMatchObject({ closeReason: 'quorum', learned: { learned: true } });
  expect(first!.outcome).toMatchObject({
    voters: 2,
    votes: 5,
    best: 3,
    cells: [
      { index: 0, up: 1, seen: 2, stars: 1 },
      { index: 2, up: 0, seen: 1, stars: 0 },
      { index: 3, up: 2, seen: 2, stars: 1 },
    ],
  });
  await until(() => again(four).content.includes('Closed'), 'the outcome', 60_000);
  const won = '**2 of 2** liked it. It is **the best of the round**';
  await until(() => again(four).content.includes(won), 'the best', 60_000);
  await until(() => again(three).content.includes('**0 of 1** liked it'), 'the outcome', 60_000);
  expect(peer.objections).toEqual([]);
}, 400_000);
