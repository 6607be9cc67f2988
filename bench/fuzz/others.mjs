/**
 * The readers of backups and of pictures for the fuzz, and what is mutated for them: a backup of an empty
 * folder with a round in it, and one picture in each format that is read, beside one that is none of ours
 * (SVG).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const restoreTo =
  ({ restore }) =>
  (file, dir) =>
    restore({ file, dir, replace: false, forgetOnPage: async () => {} });

async function backupParts({ Store, backup }) {
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

async function pictureSources() {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 };
  const picture = sharp({ create: { width: 40, height: 24, channels: 3, background: '#888', noise } });
  const formats = ['png', 'jpeg', 'webp'];
  const bytes = await Promise.all(formats.map((format) => picture.clone().toFormat(format).toBuffer()));
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>';
  return [
    ...formats.map((format, i) => ({ format, bytes: bytes[i] })),
    { format: 'svg', bytes: Buffer.from(svg) },
  ];
}

/** Every way in of bytes that people or platforms gave. `dir`: for the one that reads a file. */
const pictureReaders = ({ decodePicture, blurred, shrink, readPngNotes, readRaster }, dir) => ({
  decodePicture,
  blurred,
  shrink: (bytes) => shrink(bytes, Math.max(1, bytes.length - 1)),
  readPngNotes: async (bytes) => readPngNotes(bytes),
  readRaster: (bytes) => {
    const file = join(dir, `acclaim-fuzz-picture-${process.pid}`);
    writeFileSync(file, bytes);
    return readRaster(file).finally(() => rmSync(file));
  },
});

/** `of`: this project's own functions, by their names. */
export const makeOthers = async (of, dir) => ({
  readers: { restore: restoreTo(of), pictures: pictureReaders(of, dir) },
  from: { backup: await backupParts(of), pictures: await pictureSources() },
});
