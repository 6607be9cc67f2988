/**
 * The only file that reads the process's environment. Each variable is a row: where it goes in the
 * configuration and how its text becomes a value. `.env` in the working directory is read too; the real
 * environment goes over it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { isMissing, readFault } from '../files/reading.js';

export type Environment = Record<string, string | undefined>;

const text = (value: string): unknown => value;
const number = (value: string): unknown => (value.trim() === '' ? value : Number(value));
const flag = (value: string): unknown => ({ true: true, false: false })[value.trim().toLowerCase()] ?? value;
const list = (value: string): unknown => value.split(',').map((part) => part.trim());

/**
 * Variable -> key of the configuration. ACCLAIM_CONFIG and ACCLAIM_MODELS are apart: they say where things
 * are, to every command alike.
 */
export const variables = {
  ACCLAIM_DATA: { key: 'dataDir', read: text },
  ACCLAIM_MODEL: { key: 'model', read: text },
  ACCLAIM_HOST: { key: 'server.host', read: text },
  ACCLAIM_PORT: { key: 'server.port', read: number },
  ACCLAIM_ACCESS_TOKEN: { key: 'server.accessToken', read: text },
  ACCLAIM_HOST_NAMES: { key: 'server.hostNames', read: list },
  ACCLAIM_TRUST_PROXY: { key: 'server.trustProxy', read: list },
  ACCLAIM_NSFW_CHANNELS: { key: 'server.nsfwChannels', read: list },
  ACCLAIM_NSFW_TOKEN: { key: 'server.nsfwToken', read: text },
  ACCLAIM_SERVERS: { key: 'servers', read: text },
  DISCORD_TOKEN: { key: 'discord.token', read: text },
  DISCORD_SERVERS: { key: 'discord.servers', read: list },
  DISCORD_OWN_SERVERS: { key: 'discord.ownServers', read: list },
  SLACK_BOT_TOKEN: { key: 'slack.botToken', read: text },
  SLACK_APP_TOKEN: { key: 'slack.appToken', read: text },
  SLACK_SIGNING_SECRET: { key: 'slack.signingSecret', read: text },
  SLACK_OWN_WORKSPACES: { key: 'slack.ownWorkspaces', read: list },
  SLACK_HOST: { key: 'slack.host', read: text },
  SLACK_PORT: { key: 'slack.port', read: number },
  HF_TOKEN: { key: 'hub.token', read: text },
  HF_ENDPOINT: { key: 'hub.url', read: text },
  ACCLAIM_HUB_INSIDE: { key: 'hub.inside', read: list },
  ACCLAIM_DEVICES: { key: 'engine.devices', read: list },
  ACCLAIM_THREADS: { key: 'engine.threads', read: number },
  REDIS_URL: { key: 'queue.redis', read: text },
  REDIS_CA: { key: 'queue.ca', read: text },
  ACCLAIM_QUEUE_KEY: { key: 'queue.key', read: text },
  ACCLAIM_ENGINE: { key: 'queue.engine', read: text },
  ACCLAIM_BUCKET: { key: 'artifacts.bucket', read: text },
  ACCLAIM_BUCKET_ENDPOINT: { key: 'artifacts.endpoint', read: text },
  ACCLAIM_BUCKET_REGION: { key: 'artifacts.region', read: text },
  ACCLAIM_BUCKET_PREFIX: { key: 'artifacts.prefix', read: text },
  ACCLAIM_BUCKET_PATH_STYLE: { key: 'artifacts.pathStyle', read: flag },
  ACCLAIM_BUCKET_KEY_ID: { key: 'artifacts.accessKeyId', read: text },
  ACCLAIM_BUCKET_SECRET: { key: 'artifacts.secretAccessKey', read: text },
  ACCLAIM_MONITOR_HOST: { key: 'engine.monitor.host', read: text },
  ACCLAIM_MONITOR_PORT: { key: 'engine.monitor.port', read: number },
  ACCLAIM_LOG_LEVEL: { key: 'logLevel', read: text },
} as const satisfies Record<string, { key: string; read: (value: string) => unknown }>;

export const configFileVariable = 'ACCLAIM_CONFIG';
export const modelsVariable = 'ACCLAIM_MODELS';

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw readFault(error, file, { hint: '' });
  }
}

/** The environment with `.env` of `dir` under it; empty values count as unset. */
export function readEnvironment(dir = process.cwd(), real: Environment = process.env): Environment {
  const file = join(dir, '.env');
  const merged: Environment = { ...parseEnv(textOf(file)) };
  for (const [name, value] of Object.entries(real)) if (value !== undefined) merged[name] = value;
  for (const name of Object.keys(merged)) if (merged[name] === '') delete merged[name];
  return merged;
}

/** What only the bot's process has to know: an engine that computes for it is started without. */
const botsOwn =
  /^(DISCORD_|SLACK_|REDIS_|AWS_|ACCLAIM_BUCKET_)|^(ACCLAIM_(ACCESS_TOKEN|NSFW_TOKEN|QUEUE_KEY)|HF_TOKEN)$/;

/** The real environment for a child process that computes. */
export function engineEnvironment(real: Environment = process.env): Environment {
  return Object.fromEntries(Object.entries(real).filter(([name]) => !botsOwn.test(name)));
}

/** Key -> value for every variable that is set. */
export function environmentSettings(env: Environment): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [name, row] of Object.entries(variables)) {
    const value = env[name];
    if (value !== undefined) settings.set(row.key, row.read(value));
  }
  return settings;
}

/**
 * Tells Amazon's client to keep to itself which versions of Node its later versions will need:
 * package-lock.json says which is used.
 */
export function quietAwsClient(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}
