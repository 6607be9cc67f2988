/**
 * What of the machine this process may use beside its memory: a container's quota of processors, and
 * descriptors.
 */
import { availableParallelism } from 'node:os';
import type { Config } from '../../config/schema.js';
import { coresHere, cpuQuota } from '../../machine/cores.js';
import { descriptorLimit, roomFor } from '../../machine/descriptors.js';
import type { Check } from '../check.js';

const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** `root`: where the machine's files are. */
export function checkCores({ engine }: Pick<Config, 'engine'>, root?: string): Check {
  const name = 'cpu';
  const quota = cpuQuota(root);
  const worth = coresHere(root);
  const threads = engine.threads || worth;
  const cores = availableParallelism();
  const of =
    quota === null || quota >= cores ? '' : `, of which this container may use ${Number(quota.toFixed(2))}`;
  const found = `${counted(cores, 'core')}${of}; the engine computes with ${counted(threads, 'thread')}`;
  if (threads <= worth) return { name, state: 'ok', found, hint: '' };
  return {
    name,
    state: 'warn',
    found,
    hint: 'Set engine.threads to 0: more threads than cores wait for each other.',
  };
}

/** How many pages may be open: of the files that this process may have open, rounds and votes need some. */
export function checkDescriptors({ limits }: Pick<Config, 'limits'>, limit = descriptorLimit()): Check {
  const name = 'descriptors';
  if (limit === null) return { name, state: 'off', found: 'their limit cannot be read here', hint: '' };
  const { streams } = roomFor(limit);
  const open = Math.min(streams, limits.streams.all);
  const found = `${limit} files and connections may be open, ${open} pages among them`;
  if (streams >= limits.streams.all) return { name, state: 'ok', found, hint: '' };
  const hint = 'For limits.streams.all of them raise it: `ulimit -n 4096`, LimitNOFILE in the unit.';
  return { name, state: 'warn', found, hint };
}
