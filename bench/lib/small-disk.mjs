// A small disk of memory that can be filled to the last byte: a tmpfs, which needs Linux and root.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ownFolder = () => mkdtempSync(join(tmpdir(), 'acclaim-disk-'));

export class SmallDisk {
  /** `dir`: where one is mounted, or was by somebody who was killed. */
  constructor(dir) {
    this.dir = dir;
  }

  /** Over the folder, else over one of its own. Throws where it may not be mounted. */
  static mount(megabytes, dir = ownFolder()) {
    mkdirSync(dir, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'acclaim-small', dir];
    const { status, stderr, error } = spawnSync('mount', options, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`no small disk: ${(stderr ?? String(error)).trim()}`);
    return new SmallDisk(dir);
  }

  /** Leaves no byte. */
  fill() {
    const file = openSync(join(this.dir, 'ballast'), 'a');
    try {
      for (let size = 1 << 20; size >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free() {
    rmSync(join(this.dir, 'ballast'), { force: true });
  }

  /** The folder stays, and may still be open somewhere. */
  unmount() {
    spawnSync('umount', ['-l', this.dir]);
  }

  remove() {
    this.unmount();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Null where a small disk can be had, else why not. */
export function whyNoDisk(dir = ownFolder()) {
  try {
    SmallDisk.mount(1, dir).unmount();
    return null;
  } catch (error) {
    return error.message;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
