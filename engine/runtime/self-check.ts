/**
 * A device is believed only what it has shown: each fused op is held against its plain form on the CPU; where
 * it is wrong or missing the plain form is emitted on that device; then a block with its gradients must come
 * out right, or the device is not used. What the outcome decides is the emission (graph/onnx.ts), so it is
 * part of what a device is chosen with.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeviceEmission, fusedEmission } from '../graph/onnx.js';
import { type FusedOp, fusedOps } from '../graph/op-decompositions.js';
import type { FloatType } from '../graph/value.js';
import type { HalfType } from '../graph/weight-only-cast.js';
import { Executor } from './executor.js';
import type { FloatTensor } from './tensor.js';
import { blockTrial, fusedTrials, halfTrial, sumTrial, type Trial } from './trials.js';

/**
 * Largest difference over the largest value that still counts as right. Matrix products in TF32, which some
 * cards use for float32, are off by 5e-4; kernels that were wrong, by 5e-2 and more.
 */
const TOLERANCE = 2e-3;
/**
 * The same in float16, whose rounding is 5e-4. Some devices add up in float16 too: a sum of n terms is then
 * off by about 5e-4 sqrt(n / 6) of itself, 1.3e-2 at the 4096 terms of the trial.
 */
const HALF_TOLERANCE = 2e-2;
/** Timesteps' embeddings are float32 in every network. */
const neverHalf: ReadonlySet<FusedOp> = new Set(['Sin', 'Cos']);
/** No products in these; and what a timestep's embedding is off by, every prediction is. */
const TOLERANCES: Partial<Record<FusedOp, number>> = { Sin: 1e-5, Cos: 1e-5 };

export interface SelfCheck {
  ok: boolean;
  /** Why the device is not to be used; empty when it works. */
  reason: string;
  /** Fused ops that are replaced by their plain form. */
  plain: FusedOp[];
  /** Half-precision types that the device widens itself. */
  late: HalfType[];
  /** Whether networks may be computed in float16. */
  half: boolean;
  /** What was found wrong and goes another way now, a sentence each. */
  notes: string[];
}

/** The verdict on a device that is not used. */
export const refused = (reason: string): SelfCheck => ({
  ok: false,
  reason,
  plain: [],
  late: [],
  half: false,
  notes: [],
});

type Outputs = Record<string, FloatTensor>;

async function compute({ graph, feeds }: Trial, device: string, emission: DeviceEmission): Promise<Outputs> {
  const executor = await Executor.create(graph, { threads: 1, device, emission, profile: 'memory' });
  try {
    return (await executor.run(feeds)) as Outputs;
  } finally {
    await executor.release();
  }
}

/**
 * Largest difference over the largest value, the worst of all outputs; not a number counts as infinitely far.
 */
export function distance(found: Outputs, wanted: Outputs): number {
  const of = (a: Float32Array, b: Float32Array) => {
    const scale = b.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const off = b.reduce((m, v, i) => Math.max(m, Math.abs(v - a[i]!)), 0);
    if (off === 0) return 0;
    return Number.isNaN(off) ? Number.POSITIVE_INFINITY : off / scale;
  };
  return Math.max(...Object.entries(wanted).map(([name, { data }]) => of(found[name]!.data, data)));
}

const allPlain: DeviceEmission = { ...fusedEmission, plain: new Set(fusedOps) };
const percent = (x: number) => (Number.isFinite(x) ? `${(100 * x).toPrecision(2)} %` : 'no number at all');
/** The run time puts the node, its own source line and its condition before its words. */
export const inShort = (error: unknown): string =>
  (error as Error).message
    .split('\n')[0]!
    .replace(/^.* was false\. |^.*Status Message: (\S+\.cc:\d+ \w+ )?|\.$/g, '');

/**
 * How a device does a trial: `''` when right, else what is wrong. `reference` is the same trial in float32.
 */
async function fault(
  trial: Trial,
  device: string,
  emission: DeviceEmission,
  tolerance = TOLERANCE,
  reference = trial,
): Promise<string> {
  // What the CPU computes from plain forms is what the tests hold against float64 kernels.
  const wanted = await compute(reference, 'cpu', allPlain);
  try {
    const off = distance(await compute(trial, device, emission), wanted);
    return off <= tolerance ? '' : `wrong by ${percent(off)}`;
  } catch (error) {
    return inShort(error);
  }
}

/** Tries the device against the CPU; what fails is said in the verdict. */
export async function selfCheck(device: string): Promise<SelfCheck> {
  const plain: FusedOp[] = [];
  const notes: string[] = [];
  for (const op of fusedOps) {
    const wrong = await fault(fusedTrials[op](), device, fusedEmission, TOLERANCES[op]);
    if (!wrong) continue;
    plain.push(op);
    notes.push(`${op} is computed from plain operations, because its kernel failed: ${wrong}`);
  }
  const late: HalfType[] = [];
  const wrong = await halfFault(device);
  if (!wrong) late.push('float16');
  else notes.push(`float16 weights are widened before they reach the device: ${wrong}`);

  const reason = await fault(blockTrial(), device, { plain: new Set(plain), late: new Set(late) });
  if (reason) return refused(`a block of the network: ${reason}`);
  // What a device cannot even widen it does not compute with.
  const half = late.length > 0 && (await halfWorks(device, plain, notes));
  return { ok: true, reason: '', plain, late, half, notes };
}

/** What a network in float16 is made of, beside what was tried in float32; adds to `plain` and `notes`. */
async function halfWorks(device: string, plain: FusedOp[], notes: string[]): Promise<boolean> {
  const emission = () => ({ ...fusedEmission, plain: new Set(plain) });
  const wrong = (make: (type: FloatType) => Trial) =>
    fault(make('float16'), device, emission(), HALF_TOLERANCE, make('float32'));
  for (const op of fusedOps) {
    if (plain.includes(op) || neverHalf.has(op)) continue;
    const how = await wrong(fusedTrials[op]);
    if (!how) continue;
    plain.push(op);
    notes.push(`${op} is computed from plain operations, because its float16 kernel failed: ${how}`);
  }
  for (const [what, make] of [
    ['long sums', sumTrial],
    ['a block of the network', blockTrial],
  ] as const) {
    const how = await wrong(make);
    if (!how) continue;
    notes.push(`networks are computed in fp32, because in fp16 ${what} failed: ${how}`);
    return false;
  }
  return true;
}

async function halfFault(device: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-device-'));
  try {
    // 1, -1, 1/2 and 0 as float16
    const values = [0x3c00, 0xbc00, 0x3800, 0];
    const file = join(dir, 'half');
    writeFileSync(
      file,
      Uint16Array.from({ length: 128 * 128 }, (_, i) => values[(i * 7 + (i >> 7)) % 4]!),
    );
    return await fault(halfTrial(file), device, fusedEmission);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
