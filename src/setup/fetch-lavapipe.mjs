/**
 * Mesa's software Vulkan driver (lavapipe) for the tests: it computes in float16, which SwiftShader does not.
 * The driver's file is taken out of Debian's package, of the distribution itself or its backports, into
 * dist/tools; nothing is installed. It is from Mesa 25, because onnxruntime-node's WebGPU refuses the one of
 * Mesa 22, which cannot index arrays of buffers. Plain Node.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = 'mesa-vulkan-drivers';
export const DRIVER = 'libvulkan_lvp.so';
const OLDEST = 25;

/** `run(command, args, env?, cwd?)` gives { ok, output }. Returns why it could not be had, or null. */
export function fetchLavapipe(folder, run) {
  const driver = join(folder, DRIVER);
  if (existsSync(driver)) return null;
  if (!run('apt-get', ['--version']).ok || !run('dpkg-deb', ['--version']).ok) return 'this is no Debian';
  const work = mkdtempSync(join(tmpdir(), 'acclaim-lavapipe-'));
  try {
    const options = newEnough(run('apt-cache', ['policy', NAME]).output) ? [] : backports(work, run);
    if (!options) return `there is no ${NAME} ${OLDEST}`;
    const { ok, output } = run('apt-get', [...options, 'download', NAME], {}, work);
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (!ok || !deb) return output.trim().split('\n').at(-1) || 'the download failed';
    if (!run('dpkg-deb', ['-x', join(work, deb), work]).ok) return `${deb} cannot be unpacked`;
    const unpacked = join(work, 'usr/lib/x86_64-linux-gnu', DRIVER);
    const missing = run('ldd', [unpacked]).output.match(/\S+(?= => not found)/g);
    if (missing) return `it needs ${missing.join(', ')} (apt-get install ${NAME})`;
    // Whole or not at all, also where this is broken off.
    mkdirSync(folder, { recursive: true });
    copyFileSync(unpacked, `${driver}.part`);
    renameSync(`${driver}.part`, driver);
    return null;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const newEnough = (policy) => Number(/Candidate: (?:\d+:)?(\d+)/.exec(policy)?.[1] ?? 0) >= OLDEST;

/** Options of apt for lists of its own: the backports of this distribution, from where its packages come. */
function backports(work, run) {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  const source = new RegExp(`(\\S+) ${codename}/main `).exec(run('apt-cache', ['policy']).output)?.[1];
  if (!codename || !source) return null;
  const list = join(work, 'sources.list');
  writeFileSync(list, `deb ${source} ${codename}-backports main\n`);
  mkdirSync(join(work, 'lists/partial'), { recursive: true });
  const own = { 'Etc::sourcelist': list, 'Etc::sourceparts': '-', 'State::lists': join(work, 'lists') };
  const options = Object.entries({ ...own, Cache: work }).flatMap(([key, value]) => [
    '-o',
    `Dir::${key}=${value}`,
  ]);
  run('apt-get', [...options, 'update', '-q']);
  return newEnough(run('apt-cache', [...options, 'policy', NAME]).output) ? options : null;
}
