/**
 * Networks in float16 on WebGPU, on a software Vulkan driver that has it (lavapipe): there every operation
 * rounds, and sums are added up in float16 too, so that one of n terms is off by about 2^-11 sqrt(n / 6) of
 * itself: 4e-3 at the miniature's longest.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Graph } from '../../engine/graph/graph.js';
import { toOnnx } from '../../engine/graph/onnx.js';
import type { FusedOp } from '../../engine/graph/op-decompositions.js';
import { projectPath } from '../../src/files/paths.js';
import { halved, opCases, ranked } from '../support/op-cases.js';
import { buildCase, rounded, worst } from '../support/op-graph.js';
import { evaluate } from '../support/reference.js';
import { halfVulkan } from '../support/vulkan.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const env = halfVulkan();
const support = (script: string) => projectPath('dist/tests/support', script);
async function run(script: string, ...args: string[]): Promise<string> {
  const options = { env: env ?? {}, maxBuffer: 2 ** 28 };
  const { stdout } = await promisify(execFile)(process.execPath, [support(script), ...args], options);
  return stdout;
}

interface Told {
  errors: Record<'unet' | 'vae' | 'trajectory' | 'loss' | 'logProb' | 'gradients', number>;
  plain: FusedOp[];
  late: string[];
  precision: string;
  notes: string[];
}
let told: Told;

describe.skipIf(env === null)('on WebGPU with float16 the engine', () => {
  beforeAll(async () => {
    told = JSON.parse(await run('on-device.mjs', 'webgpu'));
  });

  it('takes float16 by itself, and uses float16 weights as they are', () => {
    expect(told).toMatchObject({ precision: 'fp16', late: ['float16'] });
    expect(told.notes.join()).not.toContain('fp32');
  });

  it.each([
    ['unet', 2e-2],
    ['vae', 3e-2],
    ['trajectory', 2e-2],
    // What learn/trajectory-batches.ts lets sampling and training differ by.
    ['logProb', 1e-2],
    ['gradients', 5e-2],
  ] as const)('%s within %s', (name, bound) => {
    expect(told.errors[name]).toBeLessThan(bound);
    // It was float16 indeed.
    expect(told.errors[name]).toBeGreaterThan(1e-5);
  });

  it('has the values of the float64 kernels in every op and gradient rule', async () => {
    const g = new Graph();
    const cases = opCases
      .filter((c) => !ranked(c))
      .map((c, i) => ({ name: c.name, prefix: `${i}.`, feeds: buildCase(halved(c), g, `${i}.`).feeds }));
    const feeds = Object.assign({}, ...cases.map((c) => c.feeds)) as Record<string, Float64Array>;
    const model = {
      model: Buffer.from(toOnnx(g, { plain: new Set(told.plain) })).toString('base64'),
      feeds: Object.fromEntries(
        Object.entries(rounded(g, feeds)).map(([name, { shape, data }]) => [
          name,
          { shape, data: [...data] },
        ]),
      ),
    };
    const dir = mkdtempSync(join(tmpdir(), 'acclaim-half-'));
    writeFileSync(join(dir, 'models.json'), JSON.stringify([model]));
    const [found] = JSON.parse(await run('run-models.mjs', join(dir, 'models.json'), 'webgpu'));
    rmSync(dir, { recursive: true });
    expect(found).toBeTypeOf('object');
    const off = Object.entries(evaluate(g, feeds)).flatMap(([output, { data }]) => {
      const error = worst(found[output], data);
      const { name } = cases.find(({ prefix }) => output.startsWith(prefix))!;
      return error < 2e-2 ? [] : [`${name}: ${output} is off by ${error}`];
    });
    expect(off).toEqual([]);
  });
});
