/**
 * `acclaim doctor`: looks at everything that a start needs, says what is wrong and how to mend it. It changes
 * nothing: what it writes to see whether it can, it takes away again.
 */
import { AcclaimError } from '../errors.js';
import type { Check, CheckEngine, CheckPlatforms, SlackManifest } from './check.js';
import { checkMemory, checkNode } from './checks/machine.js';
import { checkDecoder, checkJobMemory, checkLearner, checkModel } from './checks/model.js';
import { checkAccess, checkConfig, checkData, checkDatabase, checkPort } from './checks/place.js';
import { checkBucket, checkFolder, checkRedis } from './checks/services.js';
import { checkCores, checkDescriptors } from './checks/share.js';
import { defineCommand } from './command.js';
import { flag, several, text } from './options.js';

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', off: 'off ' };

/** The checks as lines for people: state, name, what was found, and how to mend it. */
export function report(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((c) => c.name.length));
  return checks
    .map(({ name, state, found, hint }) => {
      const line = `${marks[state]}  ${name.padEnd(width)}  ${found}\n`;
      return hint === '' ? line : `${line}${' '.repeat(width + 8)}${hint}\n`;
    })
    .join('');
}

export const command = defineCommand(
  {
    args: [],
    options: {
      data: text('--data <dir>', 'folder of all state'),
      config: text('--config <file>', 'configuration over config/default.yaml'),
      set: several('--set <key=value>', 'one setting over the configuration'),
      json: flag('--json', 'print the checks as JSON'),
      slackManifest: flag(
        '--slack-manifest',
        'print the manifest to make the Slack app from, and nothing else',
      ),
      slackUrl: text(
        '--slack-url <url>',
        'in the manifest: where Slack reaches Acclaim over HTTP; else Socket Mode',
      ),
    },
    examples: [
      'doctor',
      'doctor --json',
      'doctor --data owls',
      'doctor --slack-manifest',
      'doctor --set server.port=9000 --set "engine.devices=[cuda, cpu]"',
    ],
  },
  async ({ data, config: file, set, json, slackManifest, slackUrl }, _args, io) => {
    const bot = (await io.load('bot/cli/checks.js')) as {
      checkPlatforms: CheckPlatforms;
      slackManifest: SlackManifest;
    };
    if (slackManifest) return io.out(bot.slackManifest(slackUrl ?? null));
    const { config: loaded, check } = checkConfig({ file, set });
    const config = { ...loaded, dataDir: data ?? loaded.dataDir };
    const { checkEngine } = (await io.load('engine/cli/checks.js')) as { checkEngine: CheckEngine };
    const database = await checkDatabase(config.dataDir);
    const checks = [
      checkNode(),
      check,
      ...checkData(config.dataDir),
      ...(database ? [database] : []),
      checkMemory(),
      checkCores(config),
      checkDescriptors(config),
      await checkPort(config.server.host, config.server.port),
      checkAccess(config.server),
      await checkRedis(config),
      await checkFolder(config),
      await checkBucket(config.artifacts),
      ...(await checkModel(config, checkEngine)),
      checkJobMemory(config),
      checkLearner(config),
      checkDecoder(config),
      ...(await bot.checkPlatforms(config)),
    ];
    const failed = checks.filter((c) => c.state === 'fail');
    io.out(json ? `${JSON.stringify({ ok: failed.length === 0, checks }, null, 2)}\n` : report(checks));
    if (failed.length > 0) {
      const names = failed.map((c) => c.name).join(', ');
      throw new AcclaimError(
        failed[0]!.code ?? 'config-invalid',
        `not ready: ${names}`,
        'The hints are above.',
      );
    }
  },
);
