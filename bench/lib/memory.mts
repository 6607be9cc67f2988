// What a Linux process holds (MB; peak = VmHWM since the last reset) and has used (CPU seconds), from /proc.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

type Pid = number | 'self';

const kilobytes = (text: string, field: string) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);

export const residentMb = (pid: Pid = 'self') =>
  kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / 1024;
export const peakMb = (pid: Pid = 'self') =>
  kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM') / 1024;
export const resetPeak = () => writeFileSync('/proc/self/clear_refs', '5');

/** The process and all its descendants. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // "pid (name) state ppid": the name may hold spaces and brackets.
      const parent = Number(
        readFileSync(`/proc/${entry}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[1],
      );
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {} // ended meanwhile
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

/**
 * Proportional set size: shared pages are counted once over all who share them. 0 when the process is gone.
 */
export function proportionalMb(pid: Pid): number {
  try {
    return kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') / 1024;
  } catch {
    return 0;
  }
}

/** CPU seconds that a process has used, user and system; ticks are a hundredth of a second. */
export function cpuSeconds(pid: Pid): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
