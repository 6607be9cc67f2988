/**
 * How many threads are worth having here: the cores that this process may run on, or fewer where its
 * container may use only part of their time. Node (up to 22) counts cores and knows no such quota; threads
 * beyond it take turns and wait for each other. Linux: cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us), of the
 * process's own group and of all above it.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

/** Where the machine's files are; handed in by tests. */
type Root = string;

/** Cores' worth of time that this process may use; null = no bound is set, or none can be read. */
export function cpuQuota(root: Root = '/'): number | null {
  const read = (...path: string[]): string | undefined => {
    try {
      return readFileSync(join(root, ...path), 'utf8');
    } catch {
      return undefined; // another system, or a container that hides it
    }
  };
  const groups = parseGroups(read('proc/self/cgroup') ?? '');
  const bounds = parseMounts(read('proc/self/mountinfo') ?? '').flatMap(({ version, top, at }) => {
    const group = groups[version];
    return group === undefined
      ? []
      : chain(top, group).map((below) => readers[version](read, join(at, below)));
  });
  const least = Math.min(...bounds.filter((bound) => bound !== null));
  return Number.isFinite(least) ? least : null;
}

/**
 * Cores that are worth a thread each. With one and a half, 36 pictures took two threads 4.8 s and one 5.4 s.
 */
export function coresHere(root?: Root): number {
  const quota = cpuQuota(root);
  const cores = availableParallelism();
  return quota === null ? cores : Math.max(1, Math.min(cores, Math.round(quota)));
}

/**
 * Threads of one run as ONNX Runtime is told: as configured; 0 (its own choice, one a core) only where all
 * cores are ours.
 */
export function threadsHere(configured: number, root?: Root): number {
  const cores = coresHere(root);
  return configured || (cores < cpus().length ? cores : 0);
}

type Version = 'v1' | 'v2';
type Mount = { version: Version; top: string; at: string };
type Read = (...path: string[]) => string | undefined;

const readers: Record<Version, (read: Read, folder: string) => number | null> = {
  v1: (read, folder) => share(read(folder, 'cpu.cfs_quota_us'), read(folder, 'cpu.cfs_period_us')),
  v2: (read, folder) => {
    const [quota, period] = (read(folder, 'cpu.max') ?? '').trim().split(' ');
    return share(quota, period);
  },
};

/** `max` and -1 are no bound. */
function share(quota: string | undefined, period: string | undefined): number | null {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

/**
 * /proc/self/cgroup, `4:cpu,cpuacct:/docker/3f2a` and `0::/system.slice/acclaim.service`: the path in each
 * hierarchy.
 */
function parseGroups(text: string): Partial<Record<Version, string>> {
  const groups: Partial<Record<Version, string>> = {};
  for (const line of text.split('\n')) {
    const [, id, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (id === '0' && controllers === '') groups.v2 = path!;
    else if (controllers?.split(',').includes('cpu')) groups.v1 = path!;
  }
  return groups;
}

/** The hierarchies that have a processor's time: which group is the mount's top, and where it is mounted. */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [before, after = ''] = line.split(' - ');
    const [, , , top = '', at = ''] = before!.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ version: 'v2', top, at }];
    return type === 'cgroup' && options.split(',').includes('cpu') ? [{ version: 'v1', top, at }] : [];
  });
}

/** mountinfo writes a space as \040. */
const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

/**
 * The group and all above it, as paths below the mount; a group outside the mount is one that a container
 * sees as its top.
 */
function chain(top: string, group: string): string[] {
  const whole = top === '/' ? '' : top;
  const below = group === whole || !group.startsWith(`${whole}/`) ? '' : group.slice(whole.length);
  const parts = below.split('/').filter((part) => part !== '' && part !== '..');
  return ['', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))];
}
