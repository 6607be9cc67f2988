/**
 * Whether a process can do its work, and if not, why: one answer for people, for load balancers and for
 * `/readyz`. A thing that is `needed` makes the process not ready; of the others it is only told that they
 * are away (without an engine votes go on).
 */
import type { Meter } from './meter.js';

export interface Look {
  name: string;
  needed: boolean;
  /** Null = well; else why not, in words without addresses, names of people or secrets. */
  look(): string | null | Promise<string | null>;
}

export interface Readiness {
  ready: boolean;
  checks: { name: string; ok: boolean; needed: boolean; why: string | null }[];
}

/** A thing that says nothing for so long is away, ms. */
const PATIENCE_MS = 1000;

/** Asks every check, each for a few seconds at most. */
export async function readiness(looks: readonly Look[]): Promise<Readiness> {
  const checks = await Promise.all(
    looks.map(async ({ name, needed, look }) => {
      const why = await withPatience(look);
      return { name, ok: why === null, needed, why };
    }),
  );
  return { ready: checks.every(({ ok, needed }) => ok || !needed), checks };
}

/** The same as metrics, so that an alert can name what is wrong; `looks` is asked at each scrape. */
export function meterReadiness(meter: Meter, looks: () => readonly Look[]): void {
  let asked: Promise<Readiness> | null = null;
  const found = () => {
    asked ??= readiness(looks()).finally(() => {
      asked = null;
    });
    return asked;
  };
  meter.gauge(
    'acclaim_ready',
    '1 while this process can do its work, as `/readyz` says.',
    [],
    async (gauge) => gauge.set(Number((await found()).ready)),
  );
  meter.gauge(
    'acclaim_check_ok',
    '1 while what `/readyz` looks at is well, by its name there.',
    ['check'],
    async (gauge) => {
      for (const { name, ok } of (await found()).checks) gauge.set({ check: name }, Number(ok));
    },
  );
}

async function withPatience(look: Look['look']): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('it does not answer'), PATIENCE_MS);
  });
  try {
    return await Promise.race([late, look()]);
  } catch {
    return 'it fails';
  } finally {
    clearTimeout(timer);
  }
}
