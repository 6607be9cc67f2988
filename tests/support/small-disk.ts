/** A file system of its own that fills up, where this user may mount one (root on Linux): a tmpfs of some megabytes. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SmallDisk {
  private constructor(readonly dir: string) {}

  /** Over the folder, which must be empty, else over one of its own. Null where none can be had. */
  static mount(megabytes: number, dir = mkdtempSync(join(tmpdir(), 'acclaim-disk-'))): SmallDisk | null {
    try {
      const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir];
      execFileSync('mount', options, { stdio: 'ignore' });
      return new SmallDisk(dir);
    } catch {
      rmSync(dir, { recursive: true });
      return null;
    }
  }

  static possible(): boolean {
    const disk = SmallDisk.mount(1);
    disk?.unmount();
    return disk !== null;
  }

  private get ballast(): string {
    return join(this.dir, 'ballast');
  }

  /** Leaves no byte. */
  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (let size = 1 << 20; size >= 1; ) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch {
          size >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    execFileSync('umount', [this.dir]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
