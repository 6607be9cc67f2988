/**
 * A whole session on Discord: the real bot, store and engine, the real discord.js, the peer. Opened by
 * command, voted on by three members of whom one changes, one withdraws and one votes while the bot is down;
 * closed, learned, gone on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandSpecs } from '../../../../bot/commands/table.js';
import { type CreatedApp, createApp } from '../../../../bot/create-app.js';
import { DiscordPlatform } from '../../../../bot/platforms/discord/adapter.js';
import { loadConfig } from '../../../../src/config/load.js';
import type { SessionState } from '../../../../src/domain/state/model.js';
import { factsOf } from '../../../../src/domain/voting/ledger.js';
import { silentLog } from '../../../../src/log.js';
import { ends, noRoles, sheet } from '../../../support/chat.js';
import { Peer, peerToken } from '../../../support/discord-peer/peer.js';
import type { Message } from '../../../support/discord-peer/world.js';
import { small } from '../../../support/house.js';
import { own } from '../../../support/started.js';
import { until } from '../../../support/wait.js';

const [one, two, none] = ['1\uFE0F\u20E3', '2\uFE0F\u20E3', '\u{1F6AB}'];

async function openHouse(peer: Peer, dir: string) {
  const platform = new DiscordPlatform({
    token: peerToken,
    commands: commandSpecs,
    roles: noRoles,
    now: () => Date.now(),
    api: peer.url,
    onFatal: (error) => {
      throw error;
    },
    pace: { prime: 20 },
  });
  const house = await createApp({
    config: loadConfig({ set: [`dataDir=${dir}`, ...small, ...own, 'votes.quorum=9'], env: {} }),
    log: silentLog,
    fatal: (error) => {
      throw error;
    },
    platforms: () => [platform],
  });
  await house.app.start();
  return { house, platform };
}

function stateOf(house: CreatedApp): SessionState | undefined {
  return house.app.sessions.holding()[0];
}

function roundOpen(house: CreatedApp, number: number): boolean {
  const round = stateOf(house)?.rounds.at(-1);
  return round?.number === number && round.state === 'open';
}

/** Marks that stand in the ledger, `sheet emoji voter`. */
function ledger(house: CreatedApp): string[] {
  const state = stateOf(house)!;
  return [...state.ballots.values()]
    .flatMap((ballot) =>
      factsOf(state, ballot)
        .known(false)
        .filter((fact) => fact.present)
        .map((fact) => `${ballot.id} ${fact.emoji} ${fact.voter}`),
    )
    .sort();
}

/** The same of what hangs on Discord, the bot's own left out. */
function hanging(house: CreatedApp, peer: Peer): string[] {
  const names: Record<string, string> = { [one]: '1', [two]: '2', [none]: 'none' };
  return [...stateOf(house)!.ballots.values()]
    .flatMap((ballot) =>
      [...(peer.world.reactions.get(ballot.message ?? '') ?? [])].flatMap(([glyph, [users]]) =>
        [...users]
          .filter((user) => user !== peer.world.bot.id)
          .map((user) => `${ballot.id} ${names[glyph]} ${house.voterKey('discord', user)}`),
      ),
    )
    .sort();
}

test('a session lives on Discord from its command to its second round', async () => {
  const peer = await Peer.start();
  const channel = peer.world.channel('roses');
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-discord-'));
  ends(async () => {
    await peer.stop();
    rmSync(dir, { recursive: true, force: true });
    expect(peer.objections).toEqual([]);
  });
  let { house, platform } = await openHouse(peer, dir);
  ends(() => house.stop());
  const ballots = () =>
    peer
      .shown(channel)
      .filter((m) => /^\*\*Round \d+/.test(m.content) && m.attachments.length > 0 && m.components.length > 0);

  const asked = peer.command('ann', channel, ['acclaim', 'session', 'start'], {
    prompt: 'a black cat @everyone',
  });
  await until(() => asked.answer?.embeds[0]?.title === 'Session opened', 'the answer');
  const agree = sheet('consent', null, {
    kind: 'notice',
    buttons: [{ id: 'consent', label: 'I agree' }],
    data: {},
  });
  const notice = await platform.post(channel.id, agree);
  for (const name of ['ann', 'bea', 'cem']) peer.press(name, peer.world.find(notice.message)!, 'I agree');

  await until(() => roundOpen(house, 1), 'the first round', 120_000);
  const [a, b] = ballots() as [Message, Message];
  const primed = (m: Message) => peer.world.reactions.get(m.id)?.has(none) === true;
  await until(() => primed(a) && primed(b), 'the priming');
  expect([...peer.world.reactions.get(a.id)!.keys()]).toEqual([one, two, none]);
  expect(a.attachments[0]!.description).toContain('black cat');

  peer.react('ann', a.id, one);
  peer.react('ann', b.id, two);
  peer.react('bea', a.id, two);
  peer.react('bea', a.id, two, { present: false });
  peer.react('bea', a.id, one);
  peer.react('bea', b.id, none);
  peer.react('cem', b.id, one);
  await until(() => ledger(house).length === 5, 'the votes');

  await house.stop();
  peer.react('cem', b.id, one, { present: false });
  peer.react('cem', b.id, two);
  peer.react('cem', a.id, none);
  ({ house, platform } = await openHouse(peer, dir));
  const same = () => ledger(house).join('\n') === hanging(house, peer).join('\n');
  await until(same, 'ledger and reactions to agree');
  expect(ledger(house)).toHaveLength(6);
  // On the last sheet, and to whom it may concern: of three none names one.
  const told = () => peer.world.find(b.id)!.content;
  await until(() => told().includes('3 of 3 have finished, waiting for 6.'), 'how many have finished');
  expect(told()).toContain('A moderator may close it now: **/acclaim-mod round close**');

  const refused = peer.command('ann', channel, ['acclaim-mod', 'round', 'close']);
  await until(() => refused.answer?.embeds[0]?.title === 'Not allowed', 'the refusal');
  peer.world.person('mod', { permissions: 0x2000n });
  const closed = peer.command('mod', channel, ['acclaim-mod', 'round', 'close']);
  await until(() => closed.answer?.embeds[0]?.title === 'Closed', 'the close');
  await until(() => roundOpen(house, 2), 'the second round', 240_000);

  const first = stateOf(house)!.rounds[0]!;
  // Marked good: cell 1 of A by two of three, cell 2 of B by two of three.
  expect(first.outcome).toMatchObject({ voters: 3, votes: 12 });
  expect(first.learned).toMatchObject({ learned: true });
  await until(() => peer.world.find(a.id)!.content.includes('Closed'), 'the outcome on the ballot', 60_000);
  expect(peer.world.find(a.id)!.components).toEqual([]);
  // What came of it, and what was learned from it, is one message; only the first drawing has one of its own.
  const said = () =>
    peer
      .shown(channel)
      .map(({ content, embeds: [of] }) => `${content}${of?.title ?? ''}\n${of?.description ?? ''}`);
  await until(
    () => said().some((text) => /approval[\s\S]*Learned from round 1/.test(text)),
    'the one message',
  );
  expect(said().filter((text) => /^(Learn|Draw|Drew)/.test(text))).toEqual([
    expect.stringContaining('Drew round 1'),
  ]);
  const everything = JSON.stringify(peer.shown(channel));
  expect(everything).not.toMatch(/(?<!\\\\)@everyone/);
  // Each ballot of the first round loses its buttons by an edit of its own.
  await until(() => ballots().length === 2, 'the ballots of the second round alone');
  expect(peer.requests.filter((r) => r.status >= 400)).toEqual([]);
}, 400_000);
