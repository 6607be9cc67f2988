/**
 * Prometheus' promtool for the tests of docs/deploy/alerts.yaml. Its file is taken out of Debian's package
 * (19 MB) into dist/tools: nothing is installed, and no Prometheus is started. Plain Node.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = 'prometheus';

/**
 * `run(command, args, env?, cwd?)` gives { ok, output }, and so does this; the file lies in `folder` then.
 */
export function fetchPromtool(folder, run) {
  if (!run('apt-get', ['--version']).ok || !run('dpkg-deb', ['--version']).ok)
    return { ok: false, output: 'this is no Debian\n' };
  const work = mkdtempSync(join(tmpdir(), 'acclaim-promtool-'));
  try {
    // Lists that were never fetched know no package; who is not root goes with those that are there.
    if (!/Candidate: \d/.test(run('apt-cache', ['policy', NAME]).output)) run('apt-get', ['update', '-q']);
    const got = run('apt-get', ['download', NAME], {}, work);
    const deb = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (!got.ok || !deb) return { ok: false, output: got.output };
    const unpacked = run('dpkg-deb', ['-x', join(work, deb), work]);
    if (!unpacked.ok) return unpacked;
    // Whole or not at all, also where this is broken off.
    const file = join(folder, 'promtool');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(work, 'usr/bin/promtool'), `${file}.part`);
    renameSync(`${file}.part`, file);
    return { ok: true, output: '' };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
