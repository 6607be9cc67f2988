// The Python whose libraries are peers: bench/.venv (bench/peers/setup.sh), or the one that ACCLAIM_PYTHON
// names.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = process.env.ACCLAIM_PYTHON ?? fileURLToPath(new URL('../.venv/bin/python', import.meta.url));

/** The interpreter's path. Throws where there is none, before anything is made for it. */
export function python() {
  if (existsSync(path)) return path;
  throw new Error(
    `no Python at ${path}: run bench/peers/setup.sh, or name one with these libraries in ACCLAIM_PYTHON`,
  );
}
