/**
 * The readers of backups and of pictures for the fuzz, and what is mutated for them: a backup of an empty
 * folder with a round in it, and one picture in each format that is read, beside one that is none of ours
 * (SVG).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { blurred } from '../../src/images/convert.js';
import { decodePicture, readPngNotes } from '../../src/images/png.js';
import { readRaster } from '../../src/images/read.js';
import { shrink } from '../../src/images/shrink.js';
import { backup } from '../../src/store/backup.js';
import { restore } from '../../src/store/restore.js';
import { Store } from '../../src/store/store.js';
import type { Archived, Picture } from './mutations.mjs';

export const restoreTo = (file: string, dir: string) =>
  restore({ file, dir, replace: false, forgetOnPage: async () => {} });

export async function backupParts(): Promise<Archived> {
  const root = mkdtempSync(join(tmpdir(), 'acclaim-fuzz-backup-'));
  try {
    const dir = join(root, 'data');
    const store = await Store.open(dir);
    await store.close();
    mkdirSync(join(dir, 'web'), { recursive: true });
    writeFileSync(join(dir, 'web/ended-logins.json'), '[["a",1]]');
    writeFileSync(join(dir, 'web/messages.jsonl'), '{"a":1}\n');
    mkdirSync(join(dir, 'sessions/s/rounds/1'), { recursive: true });
    writeFileSync(join(dir, 'sessions/s/rounds/1/manifest.json'), '{}');
    const manifest = await backup({ dir, file: join(root, 'a.tar'), artifacts: false, software: 'acclaim' });
    const paths = [...manifest.files.map(({ path }) => path), 'sessions/s/rounds/1/manifest.json'];
    return {
      manifest: {
        ...manifest,
        sessions: [{ id: 's', state: 'active', folders: ['sessions/s/rounds/1'], included: true }],
      },
      files: paths.map((path) => ({ path, bytes: readFileSync(join(dir, path)) })),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

export async function pictureSources(): Promise<Picture[]> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const picture = sharp({ create: { width: 40, height: 24, channels: 3, background: '#888', noise } });
  const formats = ['png', 'jpeg', 'webp'] as const;
  const bytes = await Promise.all(formats.map((format) => picture.clone().toFormat(format).toBuffer()));
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';
  return [
    ...formats.map((format, i) => ({ format, bytes: bytes[i]! })),
    { format: 'svg', bytes: Buffer.from(svg) },
  ];
}

/** Every way in of bytes that people or platforms gave. */
export const pictureReaders: Readonly<Record<string, (bytes: Buffer) => Promise<unknown>>> = {
  decodePicture,
  blurred,
  shrink: (bytes) => shrink(bytes, Math.max(1, bytes.length - 1)),
  readPngNotes: async (bytes) => readPngNotes(bytes),
  readRaster: (bytes) => {
    const file = join(tmpdir(), `acclaim-fuzz-picture-${process.pid}`);
    writeFileSync(file, bytes);
    return readRaster(file).finally(() => rmSync(file));
  },
};
