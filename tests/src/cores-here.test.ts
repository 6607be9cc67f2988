/**
 * What of the processors a container may use: files as Docker, systemd and Kubernetes leave them, and a group
 * of our own.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { checkCores } from '../../src/cli/checks/share.js';
import { loadConfig } from '../../src/config/load.js';
import { projectPath } from '../../src/files/paths.js';
import { coresHere, cpuQuota, threadsHere } from '../../src/machine/cores.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-cores-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function machine(files: Record<string, string>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const v2 = '41 31 0:38 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';
const own = (quota: string) => ({
  'proc/self/cgroup': '0::/\n',
  'proc/self/mountinfo': `23 1 8:1 / / rw - ext4 /dev/sda1 rw\n${v2}`,
  'sys/fs/cgroup/cpu.max': quota,
});

describe('the quota', () => {
  it('v2 in a container, whose group is the top that it sees: half a core', () => {
    expect(cpuQuota(machine(own('50000 100000\n')))).toBe(0.5);
  });

  it('v2 without a bound', () => {
    expect(cpuQuota(machine(own('max 100000\n')))).toBeNull();
  });

  it('v2 under systemd: the least of the service and of what it is in', () => {
    const files = {
      'proc/self/cgroup': '0::/machines.slice/acclaim.service\n',
      'proc/self/mountinfo': v2,
      'sys/fs/cgroup/machines.slice/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/machines.slice/acclaim.service/cpu.max': '400000 100000\n',
      'sys/fs/cgroup/other.slice/cpu.max': '1000 100000\n',
    };
    expect(cpuQuota(machine(files))).toBe(1.5);
  });

  it('v1 in a container: its group is mounted as the top, and named by its whole path', () => {
    const files = {
      'proc/self/cgroup': '8:memory:/docker/3f2a\n4:cpu,cpuacct:/docker/3f2a\n0::/\n',
      'proc/self/mountinfo':
        '33 31 0:30 /docker/3f2a /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:12 - cgroup cgroup rw,cpu,cpuacct\n' +
        '36 31 0:32 /docker/3f2a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '25000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '50000\n',
    };
    expect(cpuQuota(machine(files))).toBe(0.5);
  });

  it('v1 without a bound, and no such files at all', () => {
    const files = {
      'proc/self/cgroup': '1:cpu:/\n',
      'proc/self/mountinfo': '32 31 0:29 / /sys/fs/cgroup/my\\040cpu rw - cgroup cgroup rw,cpu\n',
      'sys/fs/cgroup/my cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/my cpu/cpu.cfs_period_us': '100000\n',
    };
    expect(cpuQuota(join(root, 'nothing'))).toBeNull();
    expect(cpuQuota(machine(files))).toBeNull();
    writeFileSync(join(root, 'sys/fs/cgroup/my cpu/cpu.cfs_quota_us'), '300000\n');
    expect(cpuQuota(root)).toBe(3);
  });
});

describe('threads', () => {
  it('are those of the quota, at least one, never more than the cores', () => {
    expect(coresHere(machine(own('50000 100000')))).toBe(1);
    expect(coresHere(machine(own('9900000 100000')))).toBe(availableParallelism());
    expect(threadsHere(0, machine(own('100000 100000')))).toBe(cpus().length > 1 ? 1 : 0);
    expect(threadsHere(3, root), 'what is configured stands').toBe(3);
  });

  it('the doctor says it, and warns of more than there is time for', () => {
    const { engine } = loadConfig({ env: {} });
    const half = machine(own('50000 100000'));
    expect(checkCores({ engine }, half)).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/container may use 0\.5; the engine computes with 1 thread$/),
    });
    expect(checkCores({ engine: { ...engine, threads: 2 } }, half)).toMatchObject({
      state: 'warn',
      hint: expect.stringContaining('engine.threads'),
    });
    expect(checkCores({ engine }, join(root, 'nothing')).found).not.toContain('container');
  });
});

const hierarchy = '/sys/fs/cgroup/cpu';
const mayMake = () => {
  try {
    accessSync(join(hierarchy, 'cpu.cfs_quota_us'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

test.skipIf(!mayMake())(
  'an engine in a real group of half a core computes with one thread (v1, as root)',
  () => {
    const group = join(hierarchy, `acclaim-test-${process.pid}`);
    mkdirSync(group);
    try {
      writeFileSync(join(group, 'cpu.cfs_quota_us'), '50000');
      const module = (path: string) => pathToFileURL(projectPath('dist', path)).href;
      const script = `const { cpuQuota } = await import('${module('src/machine/cores.js')}');
      const { openEngine } = await import('${module('engine/cli/open-engine.js')}');
      const { engine } = await openEngine({ set: ['dataDir=${root}'] });
      console.log(cpuQuota(), engine.threads, engine.cache.options.threads);`;
      const line = `echo $$ > ${group}/cgroup.procs; exec "$0" --input-type=module -e "$1"`;
      expect(execFileSync('sh', ['-c', line, process.execPath, script], { encoding: 'utf8' })).toBe(
        '0.5 1 1\n',
      );
    } finally {
      rmdirSync(group);
    }
  },
);
