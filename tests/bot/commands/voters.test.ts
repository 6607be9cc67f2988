/**
 * Acts on a voter, by the commands alone: they reach every session of the server that the voter voted in, and
 * a guest server's moderators decide on nobody who votes elsewhere too.
 */
import { expect, it } from 'vitest';
import type { CommandContext } from '../../../bot/commands/command.js';
import { moderatingCommands } from '../../../bot/commands/moderating.js';
import { voterCode } from '../../../src/domain/state/ids.js';

const voter = 'a voter';
interface Server {
  /** Null: the host's own server. */
  guest?: string | null;
  /** All marks of the voter are on this server. */
  theirs?: boolean;
  /** Somebody excluded the voter here before. */
  excluded?: boolean;
}

/** What is done where, when a moderator in the channel of session "here" says so. */
async function done(word: string, { guest = null, theirs = true, excluded = false }: Server = {}) {
  const acts: string[] = [];
  const row = { command: 'exclude', refused: null, args: { voter } };
  const context = {
    account: { platform: 'fake' },
    channel: '1',
    by: {},
    values: { voter: voterCode(voter) },
    services: {
      sessions: { ofChannel: async () => ({ session: { id: 'here' }, voters: new Map([[voter, {}]]) }) },
      guests: { guestAt: async () => guest },
      channels: { haveAllMarksOf: async () => theirs },
      audit: { newWhole: async () => 'whole', of: async () => (excluded ? [row] : []) },
      voters: { votedIn: async () => ['here', 'beside'] },
      serverSessions: {
        all: async () => ['here', 'beside', 'empty'].map((session) => ({ session, address: session })),
      },
    },
    acts: { act: async (session: string) => void acts.push(session) },
  };
  const command = moderatingCommands.find(({ spec }) => spec.path.join(' ') === word)!;
  await command.run(context as unknown as CommandContext);
  return acts;
}

it.each(['exclude', 'include', 'trust', 'distrust', 'admit'])(
  '%s holds in every session of the server that they voted in, once each',
  async (word) => {
    expect(await done(word)).toEqual(['here', 'beside']);
  },
);

it('a guest decides on nobody who votes elsewhere too, and includes nobody whom they did not exclude', async () => {
  const guest = 'their server';
  expect(await done('exclude', { guest })).toEqual(['here', 'beside']);
  await expect(done('exclude', { guest, theirs: false })).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(done('include', { guest })).rejects.toMatchObject({ code: 'not-allowed' });
  expect(await done('include', { guest, excluded: true })).toEqual(['here', 'beside']);
});
