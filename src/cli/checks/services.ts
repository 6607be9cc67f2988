/** Checks of `doctor`: what stands between bot and engines. */
import { resolve } from 'node:path';
import { quietAwsClient } from '../../config/env.js';
import type { Config } from '../../config/schema.js';
import { checkSigned, MAKE_KEY } from '../../engines/signing.js';
import { toPlain } from '../../errors.js';
import type { Check } from '../check.js';

/** Redis is needed only where bot and engines run apart. */
export async function checkRedis(config: Pick<Config, 'queue' | 'artifacts'>): Promise<Check> {
  const name = 'redis';
  const { redis: url, ca, prefix } = config.queue;
  if (url === null)
    return {
      name,
      state: 'off',
      found: 'REDIS_URL is not set: bot and engine run in one',
      hint: 'How to run them apart: docs/operating.md.',
    };
  try {
    const signed = checkSigned(config);
    const { probe } = await import('../../redis/connection.js');
    const { doubts } = await import('../../redis/faults.js');
    const facts = await probe({ url, ca }, prefix);
    const worries = doubts(facts);
    if (!signed) worries.push({ found: 'what crosses it is not signed', hint: MAKE_KEY });
    const found = [`${facts.product} ${facts.version} answers`, ...worries.map((w) => w.found)].join('; ');
    return { name, state: worries.length ? 'warn' : 'ok', found, hint: worries.map((w) => w.hint).join(' ') };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return { name, state: 'fail', found: message, hint, code };
  }
}

/**
 * Whether this folder is the one that the bot shares with engines; asked of Redis, to which the bot tells its
 * mark.
 */
export async function checkFolder(config: Pick<Config, 'queue' | 'artifacts' | 'dataDir'>): Promise<Check> {
  const name = 'shared folder';
  const { redis: url, ca, prefix, key } = config.queue;
  const off = (found: string): Check => ({ name, state: 'off', found, hint: '' });
  if (url === null || config.artifacts.bucket !== null) return off('bot and engines share none');
  try {
    const { stored } = await import('../../redis/connection.js');
    const { keys } = await import('../../queue/redis/wire.js');
    const marker = await import('../../queue/transport/folder-mark.js');
    const text = await stored({ url, ca }, prefix, keys(prefix).folder);
    if (text === null) return off('no bot has told Redis of its data folder yet');
    const mine = await marker.readMarker(config.dataDir);
    if (marker.toldFolder(text, key) !== mine) throw marker.otherFolder(mine);
    return { name, state: 'ok', found: `${resolve(config.dataDir)} is the one of the bot`, hint: '' };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    if (code === 'redis-unreachable') return off('Redis does not tell');
    return { name, state: 'fail', found: message, hint, code };
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
      hint: 'How to do without: docs/operating.md.',
    };
  try {
    const { openArtifacts } = await import('../../artifacts/open.js');
    quietAwsClient();
    const opened = openArtifacts(artifacts);
    await opened.probe();
    opened.bucket.close();
    return { name, state: 'ok', found: `${opened.bucket.where} can be written and read`, hint: '' };
  } catch (error) {
    const { code, message, hint } = toPlain(error);
    return { name, state: 'fail', found: message, hint, code };
  }
}
