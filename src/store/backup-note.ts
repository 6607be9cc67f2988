/**
 * When the newest backup of a data folder was taken: a note beside the database, so that whoever watches the
 * bot hears of its age.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const note = (dir: string) => join(dir, 'last-backup.json');

/** Writes down when the newest backup was made, epoch ms. */
export async function noteBackup(dir: string, at: number): Promise<void> {
  const temporary = `${note(dir)}.new`;
  // Whoever takes backups may be another user than the bot's.
  await writeFile(temporary, `${JSON.stringify({ at: new Date(at).toISOString() })}\n`, { mode: 0o644 });
  await rename(temporary, note(dir));
}

/** Epoch ms; 0 where none was ever taken. */
export async function lastBackup(dir: string): Promise<number> {
  const text = await readFile(note(dir), 'utf8').catch(() => '{}');
  try {
    return Date.parse((JSON.parse(text) as { at: string }).at) || 0;
  } catch {
    return 0;
  }
}
