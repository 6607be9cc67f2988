// A run's data folder: before, with a session that has just been opened by the domain's own decision;
// afterwards, what is wrong with it. Session, seed, voters' keys and account ids are the same in every run,
// so that the bytes must be, too.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specify } from '../../bot/services/plans.js';
import { loadConfig } from '../../src/config/load.js';
import { openSession } from '../../src/domain/sessions/open.js';
import { factsOf } from '../../src/domain/voting/ledger.js';
import { Store } from '../../src/store/store.js';
import type { Peer } from '../../tests/support/discord-peer/peer.js';
import { members } from './people.mjs';
import { lockSeconds, type Size, type Sizes, sizes } from './plan.mjs';

export const session = 'chaos';
export const channelId = '100000000000000001';

/** Bot and engines have the same. */
export const settingsOf = (size: Size): string[] => [
  'engine.threads=1',
  'session.task=null',
  'session.goal=null',
  `session.rounds=${sizes[size].rounds}`,
  ...sizes[size].settings,
  'votes.quorum=2',
  'votes.settleSeconds=0.2',
  `queue.lostSeconds=${lockSeconds}`,
];

export async function openFolder(dir: string, size: Size): Promise<void> {
  writeFileSync(join(dir, 'secret.key'), Buffer.alloc(32, 7), { mode: 0o600 });
  const config = loadConfig({ set: settingsOf(size), env: {} });
  const spec = specify(
    config,
    { prompt: 'a black cat inside a cardboard box', title: 'cat', seed: 5 },
    'discord',
  );
  const store = await Store.open(dir);
  const community = 'discord';
  const channel = `discord-${channelId}`;
  await store.ensureChannel(
    { id: community, platform: 'discord', name: community },
    {
      id: channel,
      community,
      platform: 'discord',
      address: channelId,
      server: null,
      name: 'cat',
      nsfw: false,
    },
  );
  const place = { channel, community, platform: 'discord', address: channelId, sweeps: true } as const;
  const { decision } = openSession({ ...spec, id: session, community, createdBy: null }, place, Date.now());
  await store.commit(decision.rows, decision.effects);
  await store.close();
}

/** What must hold and does not, in words; and the hash of every file of the checkpoints. */
export async function readBack(
  dir: string,
  peer: Peer,
  { rounds, sheets, ends }: Sizes,
): Promise<{ wrong: string[]; checkpoints: Record<string, string> }> {
  const wrong: string[] = [];
  const store = await Store.open(dir);
  try {
    const [state] = await store.loadSessions();
    if (!state) throw new Error('the session is gone');
    const told = state.rounds.map(({ number, state }) => `${number} ${state}`).join(', ');
    const wanted = Array.from({ length: rounds }, (_, i) => `${i + 1} ${ends ?? 'done'}`).join(', ');
    if (told !== wanted) wrong.push(`rounds: ${told}`);
    const ballots = [...state.ballots.values()];
    const places = new Set(ballots.map((b) => `${b.round} ${b.channel} ${b.sheet}`));
    if (ballots.length !== sheets * rounds || places.size !== ballots.length)
      wrong.push(`${ballots.length} ballots at ${places.size} places`);
    const names = new Map(Object.entries(members).map(([name, id]) => [store.voterKey('discord', id), name]));
    const ledger = ballots.flatMap((ballot) =>
      factsOf(state, ballot)
        .known()
        .filter((fact) => fact.present)
        .map((fact) => `${ballot.message} ${names.get(fact.voter)} ${fact.emoji}`),
    );
    const hung = standing(
      peer,
      ballots.flatMap(({ message }) => message ?? []),
    );
    if (String(ledger.sort()) !== String(hung))
      wrong.push(`the ledger says ${ledger.join('; ')}, the platform ${hung.join('; ')}`);
  } finally {
    await store.close();
  }
  const checkpoints = hashes(join(dir, 'sessions', session, 'checkpoints'));
  return { wrong, checkpoints };
}

/** "message member emoji" of what people left on the ballots. */
function standing(peer: Peer, messages: readonly string[]): string[] {
  const emoji = new Map([
    ['1\uFE0F\u20E3', '1'],
    ['2\uFE0F\u20E3', '2'],
    ['\u{1F6AB}', 'none'],
  ]);
  const names = new Map(Object.entries(members).map(([name, id]) => [id, name]));
  return messages
    .flatMap((message) =>
      [...(peer.world.reactions.get(message) ?? [])].flatMap(([glyph, users]) =>
        users
          .flatMap((of) => [...of])
          .filter((user) => names.has(user))
          .map((user) => `${message} ${names.get(user)} ${emoji.get(glyph)}`),
      ),
    )
    .sort();
}

function hashes(dir: string): Record<string, string> {
  if (!existsSync(dir)) return {};
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(dir.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')];
      })
      .sort(),
  );
}
