/** The room on the disks of a data folder: a metric, and a row of `/readyz` that says when there is none. */
import { Disk } from '../store/disk.js';
import type { Meter } from './meter.js';
import type { Look } from './readiness.js';

/** `waits`: something that was asked for waits for room. */
export function watchDisk(meter: Meter, dir: string, waits: () => boolean = () => false): Look {
  const disk = new Disk(dir);
  meter.gauge(
    'acclaim_disk_free_bytes',
    'Room that is left on the disk of the data folder, and on that of its sessions where they have their own.',
    ['folder'],
    async (gauge) => {
      gauge.reset();
      for (const [folder, bytes] of await disk.free()) gauge.set({ folder }, bytes);
    },
  );
  return {
    name: 'disk',
    needed: true,
    look: () => (waits() ? 'no space is left: what people do waits for some' : disk.look()),
  };
}
