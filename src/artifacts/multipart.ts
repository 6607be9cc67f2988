/**
 * Files that go up in parts. An upload that was begun by anybody is gone on with: the key names the content,
 * and the cut is decided by the file's size, so that a part which stands with our size and MD5 is ours and is
 * not sent again. Two who send the same file help each other; whoever ends it last finds it there.
 */
import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AcclaimError } from '../errors.js';
import { type Bucket, options, readRange } from './bucket.js';
import { isMissing } from './refusals.js';

/** What S3 takes: parts of at least 5 MiB but for the last, 10,000 of them at most. */
const LEAST = 5 << 20;
const MOST_PARTS = 10_000;
/** Parts on their way at a time; each is held in memory. */
const AT_ONCE = 3;

interface Upload {
  file: string;
  bytes: number;
  sha256: string;
  /** Bytes of a part, as configured. */
  partBytes: number;
  signal?: AbortSignal | undefined;
}

/** Where the parts of a file begin and end. */
export function cut(bytes: number, wanted: number): { from: number; to: number }[] {
  const size = Math.max(LEAST, wanted, Math.ceil(bytes / MOST_PARTS));
  const parts = Math.max(1, Math.ceil(bytes / size));
  return Array.from({ length: parts }, (_, i) => ({ from: i * size, to: Math.min(bytes, (i + 1) * size) }));
}

/**
 * Errors: file-corrupt where the file is not what `sha256` says; nothing is then put. Returns the parts that
 * were sent.
 */
export async function putInParts(bucket: Bucket, key: string, upload: Upload): Promise<number> {
  try {
    return await attempt(bucket, key, upload);
  } catch (error) {
    // Another one has ended the upload meanwhile, or it was collected.
    if (!isMissing(error)) throw await failure(bucket, key, error);
    if ((await bucket.head(key, upload.signal))?.bytes === upload.bytes) return 0;
    return await attempt(bucket, key, upload).catch(async (again) => {
      throw await failure(bucket, key, again);
    });
  }
}

const failure = (bucket: Bucket, key: string, error: unknown): Promise<unknown> =>
  bucket.ask(`put ${key}`, () => Promise.reject(error)).catch((told) => told);

async function attempt(bucket: Bucket, key: string, upload: Upload): Promise<number> {
  const { file, bytes, sha256, partBytes, signal } = upload;
  const { client } = bucket;
  const id = (await begun(bucket, key)) ?? (await begin(bucket, key));
  const target = { ...bucket.at(key), UploadId: id };
  const standing = await partsOf(bucket, target);
  const whole = createHash('sha256');
  const done: { PartNumber: number; ETag: string }[] = [];
  const under = new Set<Promise<void>>();
  let sent = 0;
  try {
    for (const [i, { from, to }] of cut(bytes, partBytes).entries()) {
      signal?.throwIfAborted();
      const body = await readRange(file, from, to);
      whole.update(body);
      const md5 = createHash('md5').update(body).digest();
      const PartNumber = i + 1;
      const stands = standing.get(PartNumber);
      if (stands && stands.bytes === body.length && stands.etag === `"${md5.toString('hex')}"`) {
        done.push({ PartNumber, ETag: stands.etag });
        continue;
      }
      const ContentMD5 = md5.toString('base64');
      const command = new UploadPartCommand({ ...target, PartNumber, Body: body, ContentMD5 });
      const going = client.send(command, options(signal)).then(({ ETag = '' }) => {
        done.push({ PartNumber, ETag });
        sent += 1;
        under.delete(going);
      });
      going.catch(() => {});
      under.add(going);
      if (under.size >= AT_ONCE) await Promise.race(under);
    }
    await Promise.all(under);
  } catch (error) {
    await Promise.allSettled(under);
    throw error;
  }
  if (whole.digest('hex') !== sha256) {
    await bucket.abandon(key, id);
    throw new AcclaimError('file-corrupt', `${file} has changed while it was sent`, 'Run it again.');
  }
  const Parts = done.sort((a, b) => a.PartNumber - b.PartNumber);
  await client.send(
    new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }),
    options(signal),
  );
  return sent;
}

/** The newest upload of exactly this key. */
async function begun(bucket: Bucket, key: string): Promise<string | undefined> {
  let newest: { id: string; begun: number } | undefined;
  for await (const upload of bucket.uploads(key))
    if (upload.key === key && upload.begun >= (newest?.begun ?? 0)) newest = upload;
  return newest?.id;
}

async function begin(bucket: Bucket, key: string): Promise<string> {
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(bucket.at(key)));
  return UploadId ?? '';
}

async function partsOf(bucket: Bucket, target: { Bucket: string; Key: string; UploadId: string }) {
  const parts = new Map<number, { etag: string; bytes: number }>();
  let marker: string | undefined;
  do {
    const command = new ListPartsCommand({ ...target, PartNumberMarker: marker });
    const page = await bucket.client.send(command);
    for (const { PartNumber = 0, ETag = '', Size = 0 } of page.Parts ?? [])
      parts.set(PartNumber, { etag: ETag, bytes: Size });
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}
