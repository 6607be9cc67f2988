/**
 * `acclaim retention`: what the policy would take away now, and why the rest stays. It takes nothing away.
 */

import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { flag, several, text } from '../../src/cli/options.js';
import { systemClock } from '../../src/clock.js';
import { loadConfig } from '../../src/config/load.js';
import { retentionOf } from '../../src/config/rules.js';
import { type Fate, fates, type Kept } from '../../src/domain/sessions/retention.js';
import { count } from '../../src/domain/state/count.js';

const options = {
  data: text('--data <dir>', 'folder of all state'),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  set: several('--set <key=value>', 'one setting over the configuration'),
  json: flag('--json', 'print it as JSON'),
};

const reasons: Record<Kept, string> = {
  policy: 'the policy keeps it for good',
  runs: 'the session, or the round, is not over',
  story: 'the story shows it',
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const command = defineCommand(
  {
    args: [],
    options,
    examples: ['retention', 'retention --set retention.picturesDays=30', 'retention --json'],
  },
  async (v, _args, io) => {
    // Loaded when it runs: help and wrong usage need none of it.
    const [{ peekRounds }, { collectable }, { DataPaths }] = await Promise.all([
      import('../../src/store/peek.js'),
      import('../upkeep/garbage-collection.js'),
      import('../effects/data-paths.js'),
    ]);
    const config = loadConfig({ file: v.config, set: v.set });
    const dir = resolve(v.data ?? config.dataDir);
    const policy = retentionOf(config);
    const now = systemClock.now();
    const sessions = await peekRounds(dir);
    const goes = (
      await Promise.all(sessions.map((rows) => collectable(rows, new DataPaths(dir), policy, now)))
    ).flat();
    const stays = new Map<string, number>();
    for (const { session, rounds } of sessions)
      for (const { tensors, pictures } of fates(session, rounds, policy))
        for (const [what, fate] of Object.entries({ tensors, pictures })) {
          const why = reason(fate, now);
          if (why !== null) stays.set(`${what}: ${why}`, (stays.get(`${what}: ${why}`) ?? 0) + 1);
        }
    const bytes = goes.reduce((sum, one) => sum + one.bytes, 0);
    if (v.json) {
      const found = goes.map(({ session, round, what, files, bytes }) => ({
        session,
        round,
        what,
        files: files.length,
        bytes,
      }));
      io.out(`${JSON.stringify({ bytes, goes: found, stays: Object.fromEntries(stays) }, null, 2)}\n`);
      return;
    }
    for (const { session, round, what, files, bytes } of goes)
      io.out(`${session} round ${round}: ${what}, ${count(files.length, 'file')}, ${megabytes(bytes)}\n`);
    io.out(`${megabytes(bytes)} would go now; the running bot takes it away within six hours.\n`);
    for (const [why, rounds] of [...stays].sort()) io.out(`stays: ${why} (${count(rounds, 'round')})\n`);
  },
);

/** Null where it is due. */
function reason(fate: Fate, now: number): string | null {
  if ('kept' in fate) return reasons[fate.kept];
  return fate.due <= now ? null : 'not old enough';
}
