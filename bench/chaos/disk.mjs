// A small disk of memory that can be filled to the last byte. Mounting needs Linux and root.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const megabytes = 48;

export class SmallDisk {
  constructor(dir) {
    this.dir = dir;
  }

  /** Throws where it may not be mounted. */
  static mount(dir) {
    mkdirSync(dir, { recursive: true });
    const { status, stderr, error } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'acclaim-chaos', dir],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`no small disk: ${(stderr ?? String(error)).trim()}`);
    return new SmallDisk(dir);
  }

  fill() {
    const file = openSync(join(this.dir, 'ballast'), 'w');
    try {
      for (const size of [2 ** 20, 4096, 1]) {
        try {
          for (const block = Buffer.alloc(size); ; ) writeSync(file, block);
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free() {
    rmSync(join(this.dir, 'ballast'), { force: true });
  }

  unmount() {
    spawnSync('umount', ['-l', this.dir]);
  }
}

/** Null where a small disk can be had, else why not. */
export function whyNoDisk(dir) {
  try {
    SmallDisk.mount(dir).unmount();
    return null;
  } catch (error) {
    return error.message;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
