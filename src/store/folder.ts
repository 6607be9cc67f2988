/** Folders of the data directory: made without surprises, and put on disk with what was renamed in them. */
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Like `mkdir -p`. Node's own recursion never ends where a parent exists and yet takes no folders (/proc).
 */
export async function makeFolder(dir: string): Promise<void> {
  const mode = 0o700;
  try {
    await mkdir(dir, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(resolve(dir));
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return;
    if (code !== 'ENOENT' || (await stat(parent).catch(() => null)) !== null) throw error;
    await makeFolder(parent);
    await mkdir(dir, { mode });
  }
}

/** A rename is on disk once its folder is. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
}
