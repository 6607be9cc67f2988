/**
 * Which device computes: the first of the configured ones that works and passes its self-check, each tried in
 * a process of its own, because a bad driver ends the process that it runs in. What was found right is kept
 * (device-verdicts.ts).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AcclaimError } from '../src/errors.js';
import { projectPath } from '../src/files/paths.js';
import type { DeviceVerdicts } from './device-verdicts.js';
import { type DeviceEmission, fusedEmission } from './graph/onnx.js';
import type { DrawingPrecision, Precision } from './nn/precision.js';
import { int8Right } from './runtime/int8-right.js';
import { refused, type SelfCheck } from './runtime/self-check.js';

export interface Device {
  readonly name: string;
  readonly emission: DeviceEmission;
  readonly precision: Precision;
  /** Rounds are drawn with linear layers in int8. */
  readonly int8: boolean;
  /** What people should know of it, and why those before it were not taken; a sentence each. */
  readonly notes: readonly string[];
}

/** Software drivers take half a minute to compile the self-check's kernels on a busy machine. */
const LONGEST_TRY_MS = 180_000;
const SECOND = 1000;

const tried = new Map<string, Promise<SelfCheck>>();

/** The first call tries, later ones are told the same. */
export function tryApart(device: string, verdicts?: DeviceVerdicts): Promise<SelfCheck> {
  const outcome = tried.get(device) ?? run(device);
  tried.set(device, outcome);
  // The CPU is never asked for its verdict.
  if (device !== 'cpu') outcome.then((check) => verdicts?.put(device, check));
  return outcome;
}

async function run(device: string): Promise<SelfCheck> {
  const script = projectPath('dist/engine/cli/try-device.js');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, device], {
      timeout: LONGEST_TRY_MS,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as SelfCheck;
  } catch (error) {
    const { killed, signal, stderr } = error as { killed?: boolean; signal?: string; stderr?: string };
    const how = killed
      ? `it did not answer within ${LONGEST_TRY_MS / SECOND} s`
      : `its driver ended the process (${signal})`;
    const reason = signal ? how : (stderr?.trim().split('\n').at(-1) ?? String(error));
    return refused(reason);
  }
}

export type WantedPrecision = DrawingPrecision | 'auto';

/**
 * fp16 only where it came out `right`; unless it is named not on the CPU, which would only emulate it. int8
 * is for the CPU: elsewhere it is as `auto`.
 */
export const precisionOf = (device: string, right: boolean, wanted: WantedPrecision): Precision =>
  right && (wanted === 'fp16' || (wanted !== 'fp32' && device !== 'cpu')) ? 'fp16' : 'fp32';

/** Why rounds are not drawn in int8 where that was wanted; null where they are, or where it was not. */
export async function whyNotInt8(device: string, wanted: WantedPrecision): Promise<string | null> {
  if (wanted !== 'int8') return null;
  if (device !== 'cpu') return 'int8 is for the CPU';
  return (await int8Right()) ? null : 'this processor gives wrong sums of int8';
}

/** `cpu` is taken at its word: the tests hold it against float64 kernels. Everything else is tried. */
export async function chooseDevice(
  devices: readonly string[],
  wanted: WantedPrecision = 'auto',
  verdicts?: DeviceVerdicts,
): Promise<Device> {
  const refusals: { name: string; reason: string }[] = [];
  const before = () => refusals.map(({ name, reason }) => `${name} is not used: ${reason}`);
  for (const name of devices) {
    if (name === 'cpu') {
      const why = await whyNotInt8(name, wanted);
      const notes = [...before(), ...(why ? [`int8 is not used: ${why}`] : [])];
      const int8 = wanted === 'int8' && why === null;
      return { name, emission: fusedEmission, precision: precisionOf(name, true, wanted), int8, notes };
    }
    const { ok, reason, plain, late, half, notes } = verdicts?.get(name) ?? (await tryApart(name, verdicts));
    if (ok) {
      const emission = { plain: new Set(plain), late: new Set(late) };
      const precision = precisionOf(name, half, wanted);
      const own = notes.map((note) => `${name}: ${note}`);
      return { name, emission, precision, int8: false, notes: [...before(), ...own] };
    }
    refusals.push({ name, reason });
  }
  throw new AcclaimError(
    'device-unavailable',
    refusals.map(({ name, reason }) => `${name}: ${reason}`).join('; '),
    'Add cpu to engine.devices, or see `acclaim doctor`.',
  );
}
