// The Python whose libraries are peers: bench/.venv (bench/peers/setup.sh), or the one that ACCLAIM_PYTHON
// names.
import { existsSync } from 'node:fs';
import { projectPath } from '../../src/files/paths.js';

const path = process.env.ACCLAIM_PYTHON ?? projectPath('bench/.venv/bin/python');

/** The interpreter's path. Throws where there is none, before anything is made for it. */
export function python(): string {
  if (existsSync(path)) return path;
  throw new Error(
    `no Python at ${path}: run bench/peers/setup.sh, or name one with these libraries in ACCLAIM_PYTHON`,
  );
}
