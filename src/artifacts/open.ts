/** The artifacts of a configuration: one place where its units become the code's. */
import { Artifacts } from './artifacts.js';
import { Bucket, type BucketSettings } from './bucket.js';

export interface ArtifactSettings extends Omit<BucketSettings, 'bucket'> {
  /** null = there is none, and nobody may open it. */
  bucket: string | null;
  partMb: number;
  keepDays: number;
}

/** Opens the configured bucket; it is not asked anything yet. */
export function openArtifacts({ bucket, partMb, keepDays, ...rest }: ArtifactSettings): Artifacts {
  if (bucket === null) throw new Error('there is no bucket');
  return new Artifacts(new Bucket({ bucket, ...rest }), {
    partBytes: partMb * 2 ** 20,
    keepMs: keepDays * 86_400_000,
  });
}
