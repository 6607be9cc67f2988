// A small disk of memory that can be filled to the last byte: a tmpfs, which needs Linux and root.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ownFolder = () => mkdtempSync(join(tmpdir(), 'acclaim-disk-'));

export class SmallDisk {
  /** `dir`: where one is mounted, or was by somebody who was killed. */
  constructor(readonly dir: string) {}

  /** Over the folder, else over one of its own. Throws where it may not be mounted. */
  static mount(megabytes: number, dir = ownFolder()): SmallDisk {
    mkdirSync(dir, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'acclaim-small', dir];
    const { status, stderr, error } = spawnSync('mount', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`no small disk: ${(stderr ?? String(error)).trim()}`);
    return new SmallDisk(dir);
  }

  /** Leaves no byte. */
  fill(): void {
    const file = openSync(join(this.dir, 'ballast'), 'a');
    try {
      for (let size = 1 << 20; size >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.dir, 'ballast'), { force: true });
  }

  /** The folder stays, and may still be open somewhere. */
  unmount(): void {
    spawnSync('umount', ['-l', this.dir]);
  }

  remove(): void {
    this.unmount();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Null where a small disk can be had, else why not. */
export function whyNoDisk(dir = ownFolder()): string | null {
  try {
    SmallDisk.mount(1, dir).unmount();
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
