/**
 * One bucket of an S3-compatible store, the home of its client: objects by key under one prefix. Every answer
 * is an AcclaimError or what was asked for; every request gives up when nothing moves, so that a server that
 * hangs is a server that is away. Large files go up in parts (multipart.ts).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AcclaimError } from '../errors.js';
import { explain, isMissing } from './refusals.js';

export interface BucketSettings {
  bucket: string;
  /** null = Amazon's. */
  endpoint: string | null;
  region: string;
  /** Start of all keys, without a slash at its end. */
  prefix: string;
  /** True: the bucket stands in the path of addresses, not in the host's name. */
  pathStyle: boolean;
  /** Both null: found as AWS's own tools find them. */
  accessKeyId: string | null;
  secretAccessKey: string | null;
}

export interface StoredObject {
  key: string;
  bytes: number;
  /** Epoch ms, by the server's clock. */
  modified: number;
}

/** A line on which nothing moves for so long is dead, ms. */
const IDLE_MS = 30_000;
const CONNECT_MS = 5000;

/** One S3-compatible bucket under one prefix. Errors: bucket-unreachable, bucket-refused. */
export class Bucket {
  readonly client: S3Client;
  readonly name: string;
  /** For people: where it is, without keys. */
  readonly where: string;
  private readonly prefix: string;

  constructor(settings: BucketSettings, attempts = 3) {
    const { endpoint, region, pathStyle, accessKeyId, secretAccessKey } = settings;
    this.name = settings.bucket;
    this.prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.where = `bucket ${settings.bucket}${endpoint === null ? '' : ` at ${endpoint}`}`;
    this.client = new S3Client({
      region,
      forcePathStyle: pathStyle,
      maxAttempts: attempts,
      // Stores that are not Amazon's know none of its newer checksums; ours is in the key.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
      ...(endpoint === null ? {} : { endpoint }),
      ...(accessKeyId === null || secretAccessKey === null
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } }),
    });
  }

  /** What every request names. */
  at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.name, Key: this.prefix + key };
  }

  /** Runs a request; its faults become ours. */
  async ask<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw explain(error, this.where, what);
    }
  }

  /** Null where there is none. */
  head(key: string, signal?: AbortSignal): Promise<StoredObject | null> {
    return this.ask(`look at ${key}`, async () => {
      try {
        const found = await this.client.send(new HeadObjectCommand(this.at(key)), options(signal));
        return { key, bytes: found.ContentLength ?? 0, modified: found.LastModified?.getTime() ?? 0 };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  /** The server checks the bytes on their arrival. */
  async put(key: string, body: Buffer, signal?: AbortSignal): Promise<void> {
    const md5 = createHash('md5').update(body).digest('base64');
    const command = new PutObjectCommand({ ...this.at(key), Body: body, ContentMD5: md5 });
    await this.ask(`put ${key}`, () => this.client.send(command, options(signal)));
  }

  /** The bytes as they come; a line that dies on the way is an error of the stream, told by `explain`. */
  get(key: string, signal?: AbortSignal): Promise<Readable> {
    return this.ask(`get ${key}`, async () => {
      try {
        const { Body } = await this.client.send(new GetObjectCommand(this.at(key)), options(signal));
        return Body as Readable;
      } catch (error) {
        if (!isMissing(error)) throw error;
        throw new AcclaimError(
          'artifact-missing',
          `${this.where}: ${key} is not there`,
          'It is sent again by itself; keep other programs from removing what lies under artifacts.prefix.',
        );
      }
    });
  }

  async remove(key: string): Promise<void> {
    await this.ask(`remove ${key}`, () => this.client.send(new DeleteObjectCommand(this.at(key))));
  }

  /** Objects whose keys begin so, in the server's order. */
  async *list(start: string): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const page = await this.ask(`list ${start}`, () =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: this.name,
            Prefix: this.prefix + start,
            ContinuationToken: token,
          }),
        ),
      );
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? [])
        yield { key: Key.slice(this.prefix.length), bytes: Size, modified: LastModified?.getTime() ?? 0 };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** Uploads that were begun and not ended, of keys that begin so. */
  async *uploads(start: string): AsyncGenerator<{ key: string; id: string; begun: number }> {
    let marker: Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'> | null = {};
    while (marker) {
      const command = new ListMultipartUploadsCommand({
        Bucket: this.name,
        Prefix: this.prefix + start,
        ...marker,
      });
      const page: ListMultipartUploadsCommandOutput = await this.ask(`list uploads of ${start}`, () =>
        this.client.send(command),
      );
      for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? [])
        yield { key: Key.slice(this.prefix.length), id: UploadId, begun: Initiated?.getTime() ?? 0 };
      marker = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
        : null;
    }
  }

  async abandon(key: string, id: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.at(key), UploadId: id });
    await this.ask(`abandon the upload of ${key}`, () =>
      this.client.send(command).catch((error) => {
        if (!isMissing(error)) throw error;
      }),
    );
  }

  close(): void {
    this.client.destroy();
  }
}

/** Options of a request that `signal` ends. */
export const options = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {});

/** Bytes `from` to `to` (exclusive) of a file. Errors: file-corrupt where it has become shorter. */
export async function readRange(file: string, from: number, to: number): Promise<Buffer> {
  if (from === to) return Buffer.alloc(0);
  const pieces: Buffer[] = [];
  for await (const piece of createReadStream(file, { start: from, end: to - 1, highWaterMark: 1 << 20 }))
    pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  if (bytes.length === to - from) return bytes;
  throw new AcclaimError('file-corrupt', `${file} became shorter while it was read`);
}
