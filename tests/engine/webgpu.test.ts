/**
 * The engine on WebGPU in float32, on SwiftShader, a software Vulkan driver that has much wrong and compiles
 * at once (Mesa's takes twice as long where nothing is kept of a run before): one process that checks it,
 * samples and trains, and one that computes every op. Bounds are those of the CPU's own tests: 1e-5 an op,
 * 1e-4 a call, 1e-3 a trajectory and a gradient.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { grad } from '../../engine/graph/grad.js';
import { Graph } from '../../engine/graph/graph.js';
import { toOnnx } from '../../engine/graph/onnx.js';
import type { FusedOp } from '../../engine/graph/op-decompositions.js';
import { gelu, linear, reduceSum, silu, square } from '../../engine/graph/ops.js';
import type { SelfCheck } from '../../engine/runtime/self-check.js';
import { wave } from '../../engine/runtime/trials.js';
import { projectPath } from '../../src/files/paths.js';
import { opCases } from '../support/op-cases.js';
import { buildCase, rounded, worst } from '../support/op-graph.js';
import { evaluate } from '../support/reference.js';
import { softwareVulkan } from '../support/vulkan.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

interface Told {
  errors: Record<'unet' | 'vae' | 'trajectory' | 'loss' | 'gradients', number>;
  plain: FusedOp[];
  precision: string;
  /** What the driver is found to be. */
  check: SelfCheck;
}
const env = softwareVulkan();
let told: Told;
let ended: Ended;

interface Ended {
  code: unknown;
  signal: unknown;
  out: string;
}

/** A built script, to its end. */
function run(script: string, args: readonly string[]): Promise<Ended> {
  const options = { env, maxBuffer: 2 ** 28 };
  return new Promise((done, failed) => {
    execFile(process.execPath, [projectPath('dist', script), ...args], options, (error, out, err) => {
      if (!out) failed(new Error(err));
      done({ code: error?.code ?? 0, signal: error?.signal ?? null, out });
    });
  });
}

/** Recompute joins values with empty tensors, which a device must put up with. */
function recomputed() {
  const g = new Graph();
  const [x, w] = [g.input('x', [5, 6]), g.input('w', [6, 6])];
  const y = g.segment(() => gelu(linear(silu(linear(x, w)), w)));
  const [dx, dw] = grad(reduceSum(square(y)), [x, w], { recompute: true });
  g.output('dx', dx!);
  g.output('dw', dw!);
  const feeds = { x: Float64Array.from(wave([5, 6], 0.7)), w: Float64Array.from(wave([6, 6], 1.3)) };
  return { name: 'recompute', g, feeds };
}

/** onnxruntime-node has no WebGPU there. */
const none = process.platform === 'linux' && process.arch !== 'x64';

describe.skipIf(none)('on WebGPU the engine', () => {
  beforeAll(async () => {
    ended = await run('tests/support/on-device.mjs', ['webgpu', 'fp32']);
    told = JSON.parse(ended.out);
  });

  it('ends cleanly, and has computed in float32', () => {
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(told.precision).toBe('fp32');
  });

  it.each([
    ['unet', 1e-4],
    ['vae', 1e-4],
    ['trajectory', 1e-3],
    ['loss', 1e-4],
    ['gradients', 1e-3],
  ] as const)('%s within %s', (name, bound) => {
    expect(told.errors[name]).toBeLessThan(bound);
  });

  it.runIf(process.platform === 'linux')('finds what this driver has wrong, and says so', () => {
    // onnxruntime-node 1.30 with SwiftShader, which has no float16. Where this fails the fault has been
    // mended: good news.
    expect(told.check).toMatchObject({ ok: true, half: false, late: [] });
    expect(told.check.plain).toContain('MultiHeadAttention');
    expect(told.check.notes).toContainEqual(
      expect.stringMatching(/^MultiHeadAttention is .* plain .*: wrong by \d/),
    );
  });

  it('has the values of the float64 kernels in every op and every gradient rule', async () => {
    const plain = new Set(told.plain);
    const cases = [...opCases.map((c) => ({ name: c.name, ...buildCase(c) })), recomputed()];
    const models = cases.map(({ g, feeds }) => ({
      model: Buffer.from(toOnnx(g, { plain })).toString('base64'),
      feeds: Object.fromEntries(
        Object.entries(rounded(g, feeds)).map(([name, { shape, data }]) => [
          name,
          { shape, data: [...data] },
        ]),
      ),
    }));
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-models-'));
    writeFileSync(join(dir, 'models.json'), JSON.stringify(models));
    const { out, ...end } = await run('tests/support/run-models.mjs', [join(dir, 'models.json'), 'webgpu']);
    rmSync(dir, { recursive: true });
    expect(end).toEqual({ code: 0, signal: null });
    const results = JSON.parse(out) as (Record<string, number[]> | string)[];
    const wrong = cases.flatMap(({ name, g, feeds }, i) => {
      const result = results[i]!;
      if (typeof result === 'string') return [`${name}: ${result}`];
      return Object.entries(evaluate(g, feeds)).flatMap(([output, { data }]) => {
        const off = worst(result[output]!, data);
        return off < 1e-5 ? [] : [`${name}: ${output} is off by ${off}`];
      });
    });
    expect(wrong).toEqual([]);
  });
});
