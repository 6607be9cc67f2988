/**
 * Weights that are not finite: no black picture, but an error that names the first layer that can be the
 * cause.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { allFinite, firstNotFinite } from '../../../engine/io/finite.js';
import { floatToBfloat, floatToHalf } from '../../../engine/io/half.js';
import { openSafetensors } from '../../../engine/io/safetensors.js';
import { acclaim } from '../../support/command-line.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-finite-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const UNET = 'unet/diffusion_pytorch_model.safetensors';
const VAE = 'vae/diffusion_pytorch_model.safetensors';
const TEXT = 'text_encoder/model.safetensors';

/** A copy of the tiny model in which the last number of a tensor is another. */
function spoilt(changes: readonly (readonly [string, RegExp, number])[]): { model: string; names: string[] } {
  const model = mkdtempSync(join(root, 'model-'));
  cpSync('tests/fixtures/tiny/sd15/model', model, { recursive: true });
  const names = changes.map(([part, pattern, value]) => {
    const file = join(model, part);
    const [name, entry] = [...openSafetensors(file).tensors].find(([key]) => pattern.test(key))!;
    const bytes = readFileSync(file);
    const at = entry.offset + entry.length;
    if (entry.dtype === 'F32') bytes.writeFloatLE(value, at - 4);
    else bytes.writeUInt16LE(floatToHalf(new Float32Array([value]))[0]!, at - 2);
    writeFileSync(file, bytes);
    return name;
  });
  return { model, names };
}

describe('a picture fails by name', () => {
  test.each<[string, (readonly [string, RegExp, number])[]]>([
    ['the UNet', [[UNET, /mid_block.*conv1\.weight/, Number.NaN]]],
    ['the VAE', [[VAE, /decoder\.mid_block.*conv1\.weight/, Number.POSITIVE_INFINITY]]],
    ['the text encoder', [[TEXT, /layers\.1.*fc1\.bias/, Number.NaN]]],
    [
      'the one that is computed first of two',
      [
        [UNET, /down_blocks\.0.*conv1\.weight/, Number.NaN],
        [UNET, /up_blocks.*conv1\.weight/, Number.NaN],
      ],
    ],
  ])('%s', async (_, changes) => {
    const { model, names } = spoilt(changes);
    const out = join(model, 'out');
    const ran = await acclaim('generate', '--model', model, '--prompt', 'x', '--steps', '2', '--out', out);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain('not-finite');
    expect(ran.err).toContain(`${names[0]} holds numbers that are not finite`);
    for (const later of names.slice(1)) expect(ran.err).not.toContain(later);
    expect(existsSync(out)).toBe(false);
  });

  test('where every weight is finite, and numbers grow too large on the way', async () => {
    const { model } = spoilt([[VAE, /decoder\.conv_out\.bias/, 3e38]]);
    const weights = openSafetensors(join(model, VAE));
    const entry = weights.tensors.get('decoder.conv_norm_out.weight')!;
    const bytes = readFileSync(weights.file);
    for (let at = entry.offset; at < entry.offset + entry.length; at += 4) bytes.writeFloatLE(3e38, at);
    writeFileSync(weights.file, bytes);
    const out = join(model, 'out');
    const ran = await acclaim('generate', '--model', model, '--prompt', 'x', '--steps', '1', '--out', out);
    expect(ran).toMatchObject({
      status: 1,
      err: expect.stringMatching(/not-finite.*all weights of the model are/s),
    });
  });
});

test('numbers in every precision, at every place of a chunk', () => {
  const file = join(root, 'numbers');
  const kinds = {
    float32: (x: Float32Array) => x,
    float16: floatToHalf,
    bfloat16: floatToBfloat,
  };
  for (const [dtype, narrow] of Object.entries(kinds)) {
    for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, 65504, -1, 0])
      for (const at of [0, 1, 6]) {
        const data = new Float32Array(7);
        data[at] = value;
        const bytes = Buffer.from(narrow(data).buffer);
        writeFileSync(
          file,
          Buffer.concat([Buffer.from([1, 2, 3]), bytes, Buffer.from([0xff, 0xff, 0xff, 0xff])]),
        );
        const tensors = [['a', { file, offset: 3, length: bytes.length, dtype }]] as const;
        expect(firstNotFinite(tensors, 'fp32') === undefined, `${dtype} ${value}`).toBe(
          Number.isFinite(value),
        );
        expect(allFinite(data)).toBe(Number.isFinite(value));
      }
  }
  const data = new Float32Array([1, 70_000]);
  writeFileSync(file, Buffer.from(data.buffer));
  const tensors = [['a', { file, offset: 0, length: 8, dtype: 'float32' }]] as const;
  expect(firstNotFinite(tensors, 'fp16')?.name, 'beyond fp16').toBe('a');
});
