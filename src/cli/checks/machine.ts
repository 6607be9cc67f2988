/** Checks of `doctor`: this machine. */
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { systemClock } from '../../clock.js';
import { projectPath } from '../../files/paths.js';
import type { Check } from '../check.js';
import { GB, gigabytes } from './gigabytes.js';

/**
 * Release line -> when its fixes end (https://nodejs.org/en/about/previous-releases). Odd ones live for half
 * a year.
 */
const nodeEnds: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

/** The Node that runs this: new enough, and still mended by its makers. */
export function checkNode(version = process.versions.node, now = new Date(systemClock.now())): Check {
  const wanted: string = JSON.parse(readFileSync(projectPath('package.json'), 'utf8')).engines.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantMajor = 0, wantMinor = 0] = (wanted.match(/\d+/g) ?? []).map(Number);
  const ok = major > wantMajor || (major === wantMajor && minor >= wantMinor);
  const found = `${version} (wanted: ${wanted})`;
  if (!ok) return { name: 'node', state: 'fail', found, hint: 'Install a newer Node.', code: 'usage' };
  const end = nodeEnds[major];
  if (end === undefined || now < new Date(end)) return { name: 'node', state: 'ok', found, hint: '' };
  const hint = 'Acclaim runs on it; who can be reached from outside should use Node 24, a long-term release.';
  return { name: 'node', state: 'warn', found: `${version} gets no fixes since ${end}`, hint };
}

/** Free memory, `free` in bytes. */
export function checkMemory(free = freemem()): Check {
  const found = `${gigabytes(free)} free (the miniature needs about 1 GB)`;
  return free < GB
    ? { name: 'memory', state: 'warn', found, hint: 'Close other programs, or expect slow rounds.' }
    : { name: 'memory', state: 'ok', found, hint: '' };
}
