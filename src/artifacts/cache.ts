/**
 * Artifacts that an engine has fetched or made, so as not to fetch them again: `<dir>/<hash>`, bounded in
 * size and age, least recently used go first. Invariants: what has its name is whole; it is checked, byte for
 * byte, before each use; what was used a short while ago stays, for a job may be about to read it. Several
 * engines may share the folder.
 */
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemClock } from '../clock.js';
import { readTree, type Tree, treeHash } from './tree.js';

/** Jobs read what they are given at their start: within so long, ms. */
const IN_USE_MS = 600_000;
/** What a killed engine left half-done is older than this, ms. */
const LEFT_MS = 86_400_000;

/** Artifacts that lie on this machine, up to a number of bytes; what was unused for longest goes first. */
export class Cache {
  constructor(
    private readonly dir: string,
    /** What is unused for longer goes too, ms. */
    private readonly bounds: { bytes: number; ageMs: number },
    private readonly now: () => number = systemClock.now,
  ) {}

  /** Where a job writes before what it wrote has a hash. */
  out(below: string): string {
    return join(this.dir, 'out', below);
  }

  /**
   * The folder (or file) that holds the artifact; `fetch` fills the place it is given where it is not here,
   * or has changed.
   */
  async take(hash: string, fetch: (root: string) => Promise<Tree>): Promise<string> {
    const place = join(this.dir, hash);
    if (!(await this.holds(place, hash))) {
      await rm(place, { recursive: true, force: true });
      // Taken up again by this process; another one has its own.
      const partial = `${place}.${process.pid}.partial`;
      await mkdir(this.dir, { recursive: true });
      await fetch(partial);
      await this.name(partial, place);
    }
    await this.use(place);
    await this.trim();
    return place;
  }

  /** Takes over what a job wrote, without copying it. */
  async adopt(hash: string, made: string): Promise<void> {
    const place = join(this.dir, hash);
    await mkdir(this.dir, { recursive: true });
    await this.name(made, place);
    await this.use(place);
    await this.trim();
  }

  /** Nobody wants these any more; what a job may be about to read goes by its age all the same. */
  async forget(hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) {
      const place = join(this.dir, hash);
      const facts = await stat(place).catch(() => null);
      if (facts && this.now() - facts.mtimeMs >= IN_USE_MS) await rm(place, { recursive: true, force: true });
    }
  }

  private async holds(place: string, hash: string): Promise<boolean> {
    if (!(await stat(place).catch(() => null))) return false;
    return treeHash(await readTree(place)) === hash;
  }

  /** Where another engine was faster, its copy is as good. */
  private async name(from: string, place: string): Promise<void> {
    if (await stat(place).catch(() => null)) await rm(from, { recursive: true, force: true });
    else await rename(from, place);
  }

  private async use(place: string): Promise<void> {
    const now = new Date(this.now());
    await utimes(place, now, now);
  }

  /** Takes away the least recently used until the rest is within bounds. */
  private async trim(): Promise<void> {
    const now = this.now();
    const held: { place: string; bytes: number; used: number }[] = [];
    for (const entry of await readdir(this.dir, { withFileTypes: true })) {
      const place = join(this.dir, entry.name);
      const facts = await stat(place).catch(() => null);
      if (!facts) continue;
      if (/^[0-9a-f]{64}$/.test(entry.name))
        held.push({ place, bytes: await sizeOf(place), used: facts.mtimeMs });
      else if (entry.name.endsWith('.partial') && now - facts.mtimeMs > LEFT_MS)
        await rm(place, { recursive: true, force: true });
    }
    await this.clearOut(now);
    let bytes = held.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of held.sort((a, b) => a.used - b.used)) {
      const age = now - one.used;
      if (age < IN_USE_MS || (bytes <= this.bounds.bytes && age < this.bounds.ageMs)) continue;
      await rm(one.place, { recursive: true, force: true });
      bytes -= one.bytes;
    }
  }

  private async clearOut(now: number): Promise<void> {
    const out = this.out('');
    const names = await readdir(out, { recursive: true }).catch(() => []);
    for (const name of names) {
      const place = join(out, name);
      if (!basename(place).includes('.try-')) continue;
      const facts = await stat(place).catch(() => null);
      if (facts && now - facts.mtimeMs > LEFT_MS) await rm(place, { recursive: true, force: true });
    }
  }
}

/** A folder's files, or a file: bytes. */
async function sizeOf(place: string): Promise<number> {
  const whole = await stat(place).catch(() => null);
  if (!whole?.isDirectory()) return whole?.size ?? 0;
  let bytes = 0;
  for (const name of await readdir(place, { recursive: true }).catch(() => []))
    bytes += (await stat(join(place, name)).catch(() => null))?.size ?? 0;
  return bytes;
}
