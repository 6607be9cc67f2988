/** `acclaim start` and `acclaim bot`: options into the configuration, the address out, Ctrl-C in. */
import { type Command, defineCommand } from '../../src/cli/command.js';
import { integer, several, text } from '../../src/cli/options.js';
import { loadConfig } from '../../src/config/load.js';
import { factsOfPlatform } from '../../src/domain/state/platforms.js';
import { AcclaimError } from '../../src/errors.js';
import type { Engines } from '../create-app.js';

const options = {
  port: integer('--port <n>', 'port of the web channel; 0 takes any free one', { min: 0, max: 65535 }),
  data: text('--data <dir>', 'folder of all state'),
  task: text('--task <name>', 'open a session for a task of config/tasks/'),
  prompt: text('--prompt <text>', 'open a session for a prompt of your own'),
  model: text(
    '--model <choice>',
    'model of new sessions, with LoRAs as in "sd15 + lcm-lora-sd15 + style:.6"',
  ),
  adapter: several('--adapter <file[:weight]>', 'LoRA that new sessions are drawn with, and how strongly'),
  seed: integer('--seed <n>', 'seed of the session that opens; drawn when missing', {
    min: 0,
    max: 2 ** 32 - 1,
  }),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  set: several('--set <key=value>', 'one setting over the configuration'),
};

/** `engines` as in StartOptions. */
export const startWith = (examples: readonly string[], engines?: Engines): Command =>
  defineCommand({ args: [], options, examples }, async (v, _args, io) => {
    if (v.task !== undefined && v.prompt !== undefined)
      throw new AcclaimError(
        'usage',
        '--task and --prompt exclude each other',
        'See `acclaim start --help`.',
      );
    const loaded = loadConfig({ file: v.config, set: v.set });
    const config = {
      ...loaded,
      dataDir: v.data ?? loaded.dataDir,
      model: v.model ?? loaded.model,
      adapters: [...loaded.adapters, ...v.adapter],
      server: { ...loaded.server, port: v.port ?? loaded.server.port },
    };
    // Loaded when it runs: help and wrong usage need none of it. As the launcher loads: one file after
    // another.
    const { startCommand } = (await io.load('bot/start.js')) as typeof import('../start.js');
    await startCommand({
      config,
      task: v.task,
      prompt: v.prompt,
      seed: v.seed,
      signal: io.signal,
      ...(engines === undefined ? {} : { engines }),
      onClaim: ({ platform, code, minutes }) => io.out(claimLine(platform, code, minutes)),
      onReady: (url) => io.out(`Acclaim is ready: open ${url} in a browser. Ctrl-C stops it.\n`),
    });
  });

/** The only place where a code is told: whoever reads it runs the host. */
function claimLine(platform: string, code: string, minutes: number): string {
  const { word = 'server', admin = '/acclaim' } = factsOfPlatform(platform)?.server ?? {};
  return `No ${word} on ${platform} is this host's own yet. An admin of it types there within ${minutes} minutes: ${admin} claim ${code}\n`;
}

export const command = startWith([
  'start',
  'start --task hand --port 9000',
  'start --prompt "an owl on a beach" --data owls',
]);
