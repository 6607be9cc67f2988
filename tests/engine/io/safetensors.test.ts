/**
 * The reader against hostile bytes and the golden files; the writer against the reader, and for its
 * same-bytes rule.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  externalWeight,
  openSafetensors,
  readSafetensors,
  readTensor,
  writeSafetensors,
} from '../../../engine/io/safetensors.js';
import { f32, i64 } from '../../../engine/runtime/tensor.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-safetensors-'));
afterAll(() => rmSync(dir, { recursive: true }));
const path = (name: string) => join(dir, name);

/** A file with this header text and `body` bytes after it. */
function forge(header: string, body = 8, length: bigint = BigInt(Buffer.byteLength(header))): string {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length);
  const file = path('forged.safetensors');
  writeFileSync(file, Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(body)]));
  return file;
}

function emptyFile(): string {
  writeFileSync(path('empty'), '');
  return path('empty');
}

const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });

describe('reading hostile files', () => {
  const good = entry('F32', [2], [0, 8]);
  const cases: [string, () => string, RegExp][] = [
    [
      'a hundred thousand tensors',
      () =>
        forge(
          `{${Array.from({ length: 1e5 }, (_, i) => `"${i}":${JSON.stringify(entry('F32', [0], [0, 0]))}`)}}`,
        ),
      /more than \d+ names and values/,
    ],
    ['lists in lists', () => forge(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`), /nested more than/],
    ['an empty file', () => emptyFile(), /too few/],
    ['a header longer than the file', () => forge('{}', 0, 1000n), /claims 1000/],
    ['a header of 2^63 bytes', () => forge('{}', 0, 1n << 63n), /claims/],
    ['a header that is not JSON', () => forge('{"a":'), /not JSON/],
    ['a header that is not UTF-8', () => forge('\u0000'), /not JSON/],
    ['a header that is a list', () => forge('[]'), /not an object/],
    ['an entry that is a number', () => forge('{"a":1}'), /"a" is not an object/],
    ['metadata that is not text', () => forge('{"__metadata__":{"a":1}}', 0), /metadata/],
    [
      'an unknown dtype',
      () => forge(JSON.stringify({ a: entry('F12', [2], [0, 8]) })),
      /unknown dtype "F12"/,
    ],
    [
      'an inherited name as dtype',
      () => forge(JSON.stringify({ a: entry('toString', [2], [0, 8]) })),
      /unknown dtype/,
    ],
    ['a negative dimension', () => forge(JSON.stringify({ a: entry('F32', [-2], [0, 8]) })), /shape/],
    ['a fractional dimension', () => forge(JSON.stringify({ a: entry('F32', [0.5], [0, 8]) })), /shape/],
    [
      'an overflowing shape',
      () => forge(JSON.stringify({ a: entry('F32', [2 ** 40, 2 ** 40], [0, 8]) })),
      /needs/,
    ],
    [
      'offsets beyond the file',
      () => forge(JSON.stringify({ a: entry('F32', [4], [0, 16]) })),
      /truncated or forged/,
    ],
    [
      'offsets that run backwards',
      () => forge(JSON.stringify({ a: entry('F32', [2], [8, 0]) })),
      /truncated or forged/,
    ],
    ['three offsets', () => forge(JSON.stringify({ a: entry('F32', [2], [0, 4, 8]) })), /offsets/],
    [
      'a size that is not the shape',
      () => forge(JSON.stringify({ a: entry('F32', [1], [0, 8]) })),
      /needs 4/,
    ],
    [
      'overlapping tensors',
      () => forge(JSON.stringify({ a: good, b: entry('F32', [1], [4, 8]) })),
      /overlaps/,
    ],
    ['a hole', () => forge(JSON.stringify({ a: entry('F32', [1], [4, 8]) })), /hole/],
    ['bytes after the last tensor', () => forge(JSON.stringify({ a: good }), 12), /end at byte/],
  ];
  it.each(cases)('refuses %s', (_, make, why) => {
    const file = make();
    expect(() => openSafetensors(file)).toThrow(
      expect.objectContaining({ code: 'file-corrupt', message: expect.stringMatching(why) }),
    );
    expect(() => openSafetensors(file, 'model-corrupt')).toThrow(
      expect.objectContaining({ code: 'model-corrupt' }),
    );
  });

  it('refuses every truncation of a real file', () => {
    const whole = readFileSync('tests/fixtures/mini/seeds.safetensors');
    const file = path('short.safetensors');
    for (const cut of [1, 7, 9, 100, whole.length - 1]) {
      writeFileSync(file, whole);
      truncateSync(file, cut);
      expect(() => openSafetensors(file), `${cut} bytes`).toThrow(
        expect.objectContaining({ code: 'file-corrupt' }),
      );
    }
  });

  it('names a missing file', () => {
    expect(() => openSafetensors(path('none'))).toThrow(expect.objectContaining({ code: 'file-not-found' }));
  });

  it('takes names that are special in JavaScript as names', () => {
    const file = forge(`{"__proto__":${JSON.stringify(entry('F32', [2], [0, 8]))}}`);
    expect(Object.keys(readSafetensors(file))).toEqual(['__proto__']);
  });
});

describe('reading', () => {
  it('reads the golden seeds, whose rule is known', () => {
    const { source, noise, out } = readSafetensors('tests/fixtures/mini/seeds.safetensors');
    const expected = Array.from(
      source.data as Float32Array,
      (x, i) => Math.sqrt(0.99) * x + 0.1 * Number(noise.data[i]),
    );
    expect(out.shape).toEqual([3, 4, 16, 16]);
    expect(Math.max(...expected.map((x, i) => Math.abs(x - Number(out.data[i]))))).toBeLessThan(1e-6);
  });

  it('reads int64, and describes an fp16 weight by its place in the file', () => {
    const text = openSafetensors('tests/fixtures/mini/text.safetensors');
    expect(readTensor(text, 'input_ids')).toMatchObject({ dtype: 'int64', shape: [8, 32] });
    const model = openSafetensors('models/mini/unet/diffusion_pytorch_model.safetensors');
    const weight = externalWeight(model, 'conv_in.bias')!;
    expect(weight).toMatchObject({ dtype: 'float16', shape: [32], length: 64 });
    const raw = readFileSync(weight.file)
      .subarray(weight.offset, weight.offset + 2)
      .readUInt16LE();
    const [first] = readTensor(model, 'conv_in.bias').data;
    expect((raw & 0x8000) !== 0).toBe(Number(first) < 0);
  });
});

describe('writing', () => {
  const tensors = { b: f32([2, 2], [1, 2, 3, 4]), a: i64([3], [5, -6, 7]), s: f32([], [0.5]) };

  it('gives back what was written, metadata too', () => {
    const file = path('written.safetensors');
    writeSafetensors(
      file,
      { ...tensors, h: { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) } },
      { format: 'pt' },
    );
    expect(openSafetensors(file).metadata).toEqual({ format: 'pt' });
    expect(readSafetensors(file)).toEqual({ ...tensors, h: f32([2], [1, -2]) });
  });

  it('gives the same bytes for any order of keys, and leaves nothing else behind', () => {
    writeSafetensors(path('one'), tensors, { x: '1', y: '2' });
    writeSafetensors(path('two'), { s: tensors.s, a: tensors.a, b: tensors.b }, { y: '2', x: '1' });
    expect(readFileSync(path('one')).equals(readFileSync(path('two')))).toBe(true);
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps the old file when the tensors are wrong', () => {
    writeSafetensors(path('kept'), tensors);
    expect(() =>
      writeSafetensors(path('kept'), { bad: { dtype: 'float32', shape: [3], data: new Float32Array(2) } }),
    ).toThrow(/bad/);
    expect(readSafetensors(path('kept'))).toEqual(tensors);
  });
});
