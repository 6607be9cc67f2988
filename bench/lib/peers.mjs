// The loopback peers of the tests (TypeScript) as plain modules: compiled once into bench/out/peers.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const out = join(root, 'bench', 'out', 'peers');
const peers = ['discord-peer', 'slack-peer'].map((name) => join('tests', 'support', name));

/** Compiles where something is newer than what was compiled. */
export function compilePeers() {
  const stamp = join(out, 'stamp');
  const sources = peers.flatMap((dir) => readdirSync(join(root, dir)).map((file) => join(root, dir, file)));
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return;
  mkdirSync(out, { recursive: true });
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      rootDir: root,
      outDir: out,
      composite: false,
      incremental: false,
      declaration: false,
      noUncheckedIndexedAccess: false,
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    files: peers.map((dir) => join(root, dir, 'peer.ts')),
  };
  const file = join(out, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', file]);
  if (status !== 0) throw new Error(`the peers do not compile: ${stdout}${stderr}`);
  // A peer reads a package's file by its place.
  const modules = join(out, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules);
  writeFileSync(stamp, '');
}

export const loadPeer = (name) => import(pathToFileURL(join(out, 'tests', 'support', name, 'peer.js')).href);
