/** A process that sends an artifact to a bucket, to be killed in the middle: `SETTINGS PATH PART_BYTES`. */
import { Artifacts } from '../../src/artifacts/artifacts.js';
import { Bucket } from '../../src/artifacts/bucket.js';

const [settings, path, partBytes] = process.argv.slice(2);
const artifacts = new Artifacts(new Bucket(JSON.parse(settings)), {
  partBytes: Number(partBytes),
  keepMs: 86_400_000,
});
await artifacts.put(path);
