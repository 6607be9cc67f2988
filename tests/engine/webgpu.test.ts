/**
 * The engine on WebGPU, on a software Vulkan driver: one process that checks the device, samples and trains. Bounds are those
 * of the CPU's own tests: 1e-4 a call, 1e-3 a trajectory and a gradient.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, vi } from 'vitest';
import { softwareVulkan } from '../support/vulkan.js';

vi.setConfig({ hookTimeout: 600_000 });

interface Told {
  errors: Record<'unet' | 'vae' | 'trajectory' | 'loss' | 'gradients', number>;
  plain: string[];
  late: string[];
  notes: string[];
}
let told: Told;
let ended: { code: unknown; signal: unknown };

beforeAll(async () => {
  const script = fileURLToPath(new URL('../support/on-device.mjs', import.meta.url));
  await new Promise<void>((done) => {
    execFile(process.execPath, [script, 'webgpu'], { env: softwareVulkan() }, (error, out, err) => {
      ended = { code: error?.code ?? 0, signal: error?.signal ?? null };
      if (!out) throw new Error(err);
      told = JSON.parse(out) as Told;
      done();
    });
  });
});

it('ends cleanly', () => {
  expect(ended).toEqual({ code: 0, signal: null });
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
  // onnxruntime-node 1.30 with SwiftShader, which has no float16. Where this fails the fault has been mended: good news.
  expect(told.plain).toContain('MultiHeadAttention');
  expect(told.late).toEqual([]);
  expect(told.notes).toContainEqual(
    expect.stringMatching(/^webgpu: MultiHeadAttention is .* plain .*: wrong by \d/),
  );
});
