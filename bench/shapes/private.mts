// Runs a node script and watches what it has for itself (anonymous memory, MB), which blocked threads cannot
// do themselves.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export const anonymousMb = (pid: number): number => {
  try {
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/** A line that the script prints. */
export interface Fact {
  ready?: true;
  settled?: true;
  loaded?: number;
  compiled?: number;
  predictedMb?: number;
  seconds?: number;
  cpuSeconds?: number;
  privateMb?: number;
}

export interface Watched {
  steps: { seconds: number; cpuSeconds: number }[];
  baseMb: number;
  peakMb: number;
  predictedMb: number;
}

/**
 * Facts that the script prints as JSON lines, merged; `steps`, those that have seconds; `baseMb` when it says
 * that it is ready; `peakMb`.
 */
export async function watched(file: string, args: readonly string[]): Promise<Watched> {
  const child = spawn(process.execPath, ['--expose-gc', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const result: Watched = { steps: [], baseMb: 0, peakMb: 0, predictedMb: Number.NaN };
  const look = setInterval(() => {
    result.peakMb = Math.max(result.peakMb, anonymousMb(child.pid!));
  }, 5);
  for await (const line of createInterface({ input: child.stdout })) {
    const fact: Fact = JSON.parse(line);
    if (fact.ready) result.baseMb = anonymousMb(child.pid!);
    // Garbage of compiling is the process's, not the graph's.
    if (fact.settled) result.peakMb = 0;
    // A quick run ends between two looks, but what it took stays with the run time.
    result.peakMb = Math.max(result.peakMb, fact.privateMb ?? 0);
    const { seconds, cpuSeconds = 0 } = fact;
    if (seconds === undefined) Object.assign(result, fact);
    else result.steps.push({ seconds, cpuSeconds });
  }
  clearInterval(look);
  return result;
}
