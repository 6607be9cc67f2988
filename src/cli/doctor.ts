/**
 * `acclaim doctor`: looks at everything that a start needs, says what is wrong and how to mend it. It changes nothing:
 * what it writes to see whether it can, it takes away again.
 */
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { quietAwsClient } from '../config/env.js';
import { loadConfig } from '../config/load.js';
import {
  checkLearnable,
  decoderFor,
  learnerSettings,
  modelFamily,
  resolveModel,
  samplerFor,
} from '../config/models.js';
import { type Config, deviceNames } from '../config/schema.js';
import { count } from '../domain/state/count.js';
import { checkSigned, MAKE_KEY } from '../engines/signing.js';
import { AcclaimError, toPlain } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { estimateMb, offeredMb } from '../models/job-memory.js';
import { isLoopback } from '../network/loopback.js';
import type { Check, CheckEngine, CheckPlatforms, SlackManifest } from './check.js';
import { checkCores, checkDescriptors } from './check-share.js';
import { defineCommand } from './command.js';
import { flag, several, text } from './options.js';

const GB = 1024 ** 3;
const gigabytes = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`;

/** Release line -> when its fixes end (https://nodejs.org/en/about/previous-releases). Odd ones live for half a year. */
const nodeEnds: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

export function checkNode(version = process.versions.node, now = new Date()): Check {
  const wanted: string = JSON.parse(readFileSync(projectPath('package.json'), 'utf8')).engines.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantMajor = 0, wantMinor = 0] = (wanted.match(/\d+/g) ?? []).map(Number);
  const ok = major > wantMajor || (major === wantMajor && minor >= wantMinor);
  const found = `${version} (wanted: ${wanted})`;
  if (!ok) return { name: 'node', state: 'fail', found, mend: 'Install a newer Node.', code: 'usage' };
  const end = nodeEnds[major];
  if (end === undefined || now < new Date(end)) return { name: 'node', state: 'ok', found, mend: '' };
  const mend = 'Acclaim runs on it; who can be reached from outside should use Node 24, a long-term release.';
  return { name: 'node', state: 'warn', found: `${version} gets no fixes since ${end}`, mend };
}

function checkConfig(options: { file?: string | undefined; set: string[] }): {
  config: Config;
  check: Check;
} {
  try {
    const config = loadConfig(options);
    return { config, check: { name: 'configuration', state: 'ok', found: 'valid', mend: '' } };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    const check: Check = { name: 'configuration', state: 'fail', found: message, mend, code };
    return { config: loadConfig({ env: {} }), check };
  }
}

/** The data folder may not be there yet: then its nearest ancestor must let us make it. */
export function checkData(dataDir: string): Check[] {
  const dir = resolve(dataDir);
  let there = dir;
  while (!existsSync(there)) there = dirname(there);
  const mend = 'Choose another folder: --data DIR, or ACCLAIM_DATA.';
  const refused = (found: string): Check[] => [
    { name: 'data', state: 'fail', found, mend, code: 'data-unwritable' },
  ];
  if (!statSync(there).isDirectory()) return refused(`${there} is not a folder`);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return refused(`${there} is not writable`);
  }
  const { bavail, bsize } = statfsSync(there);
  const free = bavail * bsize;
  const space: Check =
    free < 0.2 * GB
      ? { name: 'disk', state: 'fail', found: `${gigabytes(free)} free`, mend, code: 'disk-full' }
      : free < 2 * GB
        ? {
            name: 'disk',
            state: 'warn',
            found: `${gigabytes(free)} free`,
            mend: 'Long sessions may fill it.',
          }
        : { name: 'disk', state: 'ok', found: `${gigabytes(free)} free`, mend: '' };
  return [{ name: 'data', state: 'ok', found: there === dir ? dir : `${dir} can be made`, mend: '' }, space];
}

/** Every page of it; null where there is none yet. */
export async function checkDatabase(dataDir: string): Promise<Check | null> {
  const name = 'database';
  const file = join(resolve(dataDir), 'acclaim.sqlite');
  if (!existsSync(file)) return null;
  try {
    const { Connection } = await import('../store/sqlite.js');
    const db = await Connection.open(file, 'read');
    await db.checkSound().finally(() => db.close());
    return { name, state: 'ok', found: `${file} is sound`, mend: '' };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    return { name, state: 'fail', found: message, mend, code };
  }
}

export function checkPort(host: string, port: number): Promise<Check> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      done({
        name: 'port',
        state: 'fail',
        found: taken
          ? `${host}:${port} is taken (perhaps by an Acclaim that runs)`
          : `${host}:${port}: ${error.message}`,
        mend: taken
          ? 'Stop what listens there, or choose another: --port N.'
          : 'Set server.host to an address of this machine.',
        code: taken ? 'port-taken' : 'config-invalid',
      });
    });
    server.listen(port, host, () =>
      server.close(() => done({ name: 'port', state: 'ok', found: `${host}:${port} is free`, mend: '' })),
    );
  });
}

export function checkAccess({ host, accessToken, hostNames, trustProxy }: Config['server']): Check {
  if (isLoopback(host) && hostNames.length === 0 && trustProxy.length === 0) {
    return { name: 'access', state: 'ok', found: `${host} is reached from this machine only`, mend: '' };
  }
  if (accessToken)
    return {
      name: 'access',
      state: 'ok',
      found: `${[host, ...hostNames].join(', ')} with an access token`,
      mend: '',
    };
  return {
    name: 'access',
    state: 'fail',
    found: `${[host, ...hostNames].join(', ')} is reached from other machines, and there is no access token`,
    mend: 'Set ACCLAIM_ACCESS_TOKEN (16 characters or more), or keep server.host on loopback, and server.hostNames and server.trustProxy empty.',
    code: 'config-invalid',
  };
}

export function checkMemory(free = freemem()): Check {
  const found = `${gigabytes(free)} free (the miniature needs about 1 GB)`;
  return free < GB
    ? { name: 'memory', state: 'warn', found, mend: 'Close other programs, or expect slow rounds.' }
    : { name: 'memory', state: 'ok', found, mend: '' };
}

/** Whether rounds of the configured model and sampler teach the configured learner anything. */
export function checkLearner(config: Config): Check {
  const name = 'learner';
  try {
    const model = resolveModel(config.model);
    const learner = learnerSettings(config, modelFamily(model));
    const sampler = samplerFor(config, model);
    checkLearnable(sampler, learner);
    return {
      name,
      state: 'ok',
      found: `${learner.name}, on rounds of ${count(sampler.steps, 'step')} of ${sampler.scheduler}`,
      mend: '',
    };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    // A model that is not there has a line of its own.
    const state = code === 'not-learnable' ? 'fail' : 'off';
    return { name, state, found: message, mend: state === 'fail' ? mend : '', code };
  }
}

/** Which tiny decoder the configured model's pictures are shown or made with. */
export function checkDecoder(config: Config): Check {
  const name = 'decoder';
  try {
    const model = resolveModel(config.model);
    const own = existsSync(join(model, 'tiny_vae', 'config.json')) ? model : null;
    const wanted = decoderFor(config, model);
    const dir = wanted && (wanted.tiny ?? own);
    if (!dir) {
      const why = wanted ? 'there is no tiny decoder for it' : 'no tiny decoder is wanted';
      return { name, state: 'off', found: `the model's VAE: ${why}`, mend: '' };
    }
    const use = wanted.rounds ? 'previews and rounds' : 'previews';
    return { name, state: 'ok', found: `the tiny one of ${dir}, for ${use}`, mend: '' };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    // A model that is not there has a line of its own.
    const named = config.decoder.tiny !== null && message.includes(config.decoder.tiny);
    return { name, state: named ? 'fail' : 'off', found: message, mend: named ? mend : '', code };
  }
}

/** Whether jobs of the configured model go to an engine on this machine. */
export function checkJobMemory(config: Config): Check {
  const name = 'job memory';
  try {
    const model = resolveModel(config.model);
    const learner = learnerSettings(config, modelFamily(model));
    const payload = { model, learner, width: null, height: null, count: config.session.images };
    const need = Math.max(estimateMb('generate', payload), estimateMb('learn', payload));
    const has = offeredMb(config);
    const found = `a round takes about ${gigabytes(need * 2 ** 20)} of the ${gigabytes(has * 2 ** 20)} that an engine here may use`;
    if (need <= has) return { name, state: 'ok', found, mend: '' };
    return {
      name,
      state: 'warn',
      found,
      mend: 'Its jobs go to an engine with more: a smaller model, or another machine (docs/operating.md).',
    };
  } catch (error) {
    return { name, state: 'off', found: toPlain(error).message, mend: '' };
  }
}

async function checkModel(config: Config, checkEngine: CheckEngine): Promise<Check[]> {
  try {
    const model = resolveModel(config.model);
    const { devices, precision } = config.engine;
    const { dataDir, adapters } = config;
    return await checkEngine({ devices, precision, dataDir, known: deviceNames, model, adapters });
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    return [{ name: 'model', state: 'fail', found: message, mend, code }];
  }
}

/** Redis is needed only where bot and engines run apart. */
export async function checkRedis(config: Pick<Config, 'queue' | 'artifacts'>): Promise<Check> {
  const name = 'redis';
  const { redis: url, ca, prefix } = config.queue;
  if (url === null)
    return {
      name,
      state: 'off',
      found: 'REDIS_URL is not set: bot and engine run in one',
      mend: 'How to run them apart: docs/operating.md.',
    };
  try {
    const signed = checkSigned(config);
    const { probe } = await import('../queue/redis/connection.js');
    const { doubts } = await import('../queue/redis/redis-faults.js');
    const facts = await probe({ url, ca }, prefix);
    const worries = doubts(facts);
    if (!signed) worries.push({ found: 'what crosses it is not signed', mend: MAKE_KEY });
    const found = [`${facts.product} ${facts.version} answers`, ...worries.map((w) => w.found)].join('; ');
    return { name, state: worries.length ? 'warn' : 'ok', found, mend: worries.map((w) => w.mend).join(' ') };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    return { name, state: 'fail', found: message, mend, code };
  }
}

/** Whether this folder is the one that the bot shares with engines; asked of Redis, to which the bot tells its mark. */
export async function checkFolder(config: Pick<Config, 'queue' | 'artifacts' | 'dataDir'>): Promise<Check> {
  const name = 'shared folder';
  const { redis: url, ca, prefix, key } = config.queue;
  const off = (found: string): Check => ({ name, state: 'off', found, mend: '' });
  if (url === null || config.artifacts.bucket !== null) return off('bot and engines share none');
  try {
    const { folderThere } = await import('../queue/redis/connection.js');
    const marker = await import('../queue/transport/marker.js');
    const text = await folderThere({ url, ca }, prefix);
    if (text === null) return off('no bot has told Redis of its data folder yet');
    const mine = await marker.readMarker(config.dataDir);
    if (marker.toldFolder(text, key) !== mine) throw marker.otherFolder(mine);
    return { name, state: 'ok', found: `${resolve(config.dataDir)} is the one of the bot`, mend: '' };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    if (code === 'redis-unreachable') return off('Redis does not tell');
    return { name, state: 'fail', found: message, mend, code };
  }
}

/** A bucket is needed only where bot and engines share no folder. */
export async function checkBucket(artifacts: Config['artifacts']): Promise<Check> {
  const name = 'bucket';
  if (artifacts.bucket === null)
    return {
      name,
      state: 'off',
      found: 'ACCLAIM_BUCKET is not set: bot and engines share the data folder',
      mend: 'How to do without: docs/operating.md.',
    };
  try {
    const { openArtifacts } = await import('../artifacts/open.js');
    quietAwsClient();
    const opened = openArtifacts(artifacts);
    await opened.probe();
    opened.bucket.close();
    return { name, state: 'ok', found: `${opened.bucket.where} can be written and read`, mend: '' };
  } catch (error) {
    const { code, message, mend } = toPlain(error);
    return { name, state: 'fail', found: message, mend, code };
  }
}

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', off: 'off ' };

export function report(checks: readonly Check[]): string {
  const width = Math.max(...checks.map((c) => c.name.length));
  return checks
    .map(({ name, state, found, mend }) => {
      const line = `${marks[state]}  ${name.padEnd(width)}  ${found}\n`;
      return mend === '' ? line : `${line}${' '.repeat(width + 8)}${mend}\n`;
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
        'The mends are above.',
      );
    }
  },
);
