/** How artifacts get from bot to engines and back, by the configuration: through the data folder that both share, or a bucket. */
import { join, resolve } from 'node:path';
import type { Artifacts } from '../artifacts/artifacts.js';
import { Cache } from '../artifacts/cache.js';
import { quietAwsClient } from '../config/env.js';
import type { Config } from '../config/schema.js';
import { toPlain } from '../errors.js';
import type { Log } from '../log.js';
import { BucketBot, BucketEngine } from '../queue/transport/bucket-places.js';
import type { BotPlaces, EnginePlaces, Models } from '../queue/transport/places.js';
import { SharedFolder } from '../queue/transport/shared-places.js';

type Settings = Pick<Config, 'artifacts' | 'dataDir'>;

/** Null where there is no bucket. Its client is loaded only where there is one. Errors: bucket-refused, bucket-unreachable. */
export async function openBucket({ artifacts }: Pick<Config, 'artifacts'>): Promise<Artifacts | null> {
  if (artifacts.bucket === null) return null;
  quietAwsClient();
  const { openArtifacts } = await import('../artifacts/open.js');
  const opened = openArtifacts(artifacts);
  await opened.probe();
  return opened;
}

export function botPlaces({ dataDir }: Settings, models: Models, bucket: Artifacts | null): BotPlaces {
  return bucket ? new BucketBot(bucket, dataDir, models) : new SharedFolder(dataDir, models);
}

export async function enginePlaces(config: Settings, models: Models, log: Log): Promise<EnginePlaces> {
  const bucket = await openBucket(config);
  if (!bucket) return new SharedFolder(config.dataDir, models);
  const { cacheMb, keepDays } = config.artifacts;
  const bounds = { bytes: cacheMb * 2 ** 20, ageMs: keepDays * 86_400_000 };
  const cache = new Cache(join(resolve(config.dataDir), 'cache'), bounds);
  const onWait = (error: unknown) => {
    if (error === null) log.info('the bucket is back');
    else log.warn(toPlain(error), 'the bucket is away: what is on its way waits');
  };
  return new BucketEngine({ artifacts: bucket, cache, models, onWait });
}
