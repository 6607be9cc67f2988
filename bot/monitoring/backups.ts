/** When backups of the data folder were taken: other processes do that, and leave a note. */
import { lastBackup } from '../../src/store/backup-note.js';

/** Read anew each time. */
export class Backups {
  /** `dir`: the data folder. */
  constructor(private readonly dir: string) {}

  /** Epoch ms; 0 = never. */
  newest(): Promise<number> {
    return lastBackup(this.dir);
  }
}
