/**
 * How artifacts get from bot to engines and back, by the configuration: through the data folder that both
 * share, or a bucket.
 */
import { join, resolve } from 'node:path';
import type { Artifacts } from '../artifacts/artifacts.js';
import { Cache } from '../artifacts/cache.js';
import { quietAwsClient } from '../config/env.js';
import type { Config } from '../config/schema.js';
import { toPlain } from '../errors.js';
import type { Log } from '../log.js';
import { BucketBotTransport, BucketEngineTransport } from '../queue/transport/bucket.js';
import { SharedFolderTransport } from '../queue/transport/shared-folder.js';
import type { BotTransport, EngineTransport, Models } from '../queue/transport/transport.js';

type Settings = Pick<Config, 'artifacts' | 'dataDir'>;

/**
 * Null where there is no bucket. Its client is loaded only where there is one. Errors: bucket-refused,
 * bucket-unreachable.
 */
export async function openBucket({ artifacts }: Pick<Config, 'artifacts'>): Promise<Artifacts | null> {
  if (artifacts.bucket === null) return null;
  quietAwsClient();
  const { openArtifacts } = await import('../artifacts/open.js');
  const opened = openArtifacts(artifacts);
  await opened.probe();
  return opened;
}

/** The bot's end: through the bucket, or through the data folder where there is none. */
export function botTransport({ dataDir }: Settings, models: Models, bucket: Artifacts | null): BotTransport {
  return bucket
    ? new BucketBotTransport(bucket, dataDir, models)
    : new SharedFolderTransport(dataDir, models);
}

/** The engine's end, with its cache where there is a bucket. */
export async function engineTransport(config: Settings, models: Models, log: Log): Promise<EngineTransport> {
  const bucket = await openBucket(config);
  if (!bucket) return new SharedFolderTransport(config.dataDir, models);
  const { cacheMb, keepDays } = config.artifacts;
  const bounds = { bytes: cacheMb * 2 ** 20, ageMs: keepDays * 86_400_000 };
  const cache = new Cache(join(resolve(config.dataDir), 'cache'), bounds);
  const onWait = (error: unknown) => {
    if (error === null) log.info('the bucket is back');
    else log.warn(toPlain(error), 'the bucket is away: what is on its way waits');
  };
  return new BucketEngineTransport({ artifacts: bucket, cache, models, onWait });
}
