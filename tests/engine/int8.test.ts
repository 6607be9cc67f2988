/** A UNet's linear layers in int8: the op, one call of the miniature, and the file that the weights lie in. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Graph } from '../../engine/graph/graph.js';
import { cast, int8Linear } from '../../engine/graph/ops.js';
import { int8Unet } from '../../engine/models/int8.js';
import { loadPipeline } from '../../engine/models/pipeline.js';
import { Executor } from '../../engine/runtime/executor.js';
import { f32 } from '../../engine/runtime/tensor.js';
import { wave } from '../../engine/runtime/trials.js';
import { golden, MINI, rmsError } from '../support/golden.js';
import { evaluate } from '../support/reference.js';
import { callUnet } from '../support/unet.js';

const folder = mkdtempSync(join(tmpdir(), 'acclaim-int8-'));
afterAll(() => rmSync(folder, { recursive: true }));
const mini = await loadPipeline(MINI);
/** All of the miniature's layers, small as they are. */
const open = () => int8Unet(mini, 'hash', folder, 1);

describe('in int8', () => {
  it('a product of integers is what it is by its definition, of the largest steps too', async () => {
    const g = new Graph();
    const [x, w] = [g.input('x', [5, 40]), g.input('w', [40, 7])];
    const [scale, bias] = [g.input('scale', [7]), g.input('bias', [7])];
    g.output('y', int8Linear(x, { steps: cast(w, 'int8'), scale }, bias));
    const feeds = {
      x: f32(
        [5, 40],
        wave([5, 40], 0.37).map((v) => 3 * v + 1),
      ),
      w: f32(
        [40, 7],
        wave([40, 7], 0.48).map((v) => (v > 0.7 ? 127 : Math.round(127 * v))),
      ),
      scale: f32([7], wave([7], 0.1)),
      bias: f32([7], wave([7], 0.59)),
    };
    const executor = await Executor.create(g, { threads: 1 });
    const { y } = await executor.run(feeds);
    await executor.release();
    const wanted = evaluate(
      g,
      Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, Float64Array.from(data)])),
    );
    expect(rmsError(y!.data as Float32Array, wanted.y!.data)).toBeLessThan(1e-6);
  });

  it('the miniature predicts within three hundredths of what it predicts in float32', async () => {
    const of = golden('unet');
    const unet = await open();
    expect(unet.choice).toMatchObject({ inexact: 0, small: 0 });
    const found = await callUnet({ ...mini, unet: unet as unknown as typeof mini.unet }, of);
    const error = rmsError(found.data, of.out!.data as Float32Array);
    expect(error).toBeLessThan(0.03);
    expect(error).toBeGreaterThan(1e-4);
  });

  it('weights are made again where their file is not what was written, to the same bytes', async () => {
    const { sha256 } = await open();
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    writeFileSync(join(folder, file!), 'torn');
    expect((await open()).sha256).toBe(sha256);
  });

  it('layers too small to gain stay as they are', async () => {
    expect((await int8Unet(mini, 'hash', folder)).choice).toMatchObject({ taken: 0, inexact: 0 });
  });
});
