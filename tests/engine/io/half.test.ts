/**
 * Half precisions against tables of known values (IEEE 754) and exact round trips over all 65,536 patterns.
 */
import { describe, expect, it } from 'vitest';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../../engine/io/half.js';

const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);

describe('fp16', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
    [0x7c00, Number.POSITIVE_INFINITY],
  ])('%i is %d both ways', (bits, value) => {
    expect(halfToFloat(Uint16Array.of(bits))[0]).toBe(value);
    expect(floatToHalf(Float32Array.of(value))[0]).toBe(bits);
  });

  it('narrows to nearest, ties to even, and overflows to infinity', () => {
    const values = [2049, 2051, 65519, 65520, 2 ** -25, 3 * 2 ** -26, -1e-9];
    expect([...floatToHalf(Float32Array.from(values))]).toEqual([
      0x6800, 0x6802, 0x7bff, 0x7c00, 0, 1, 0x8000,
    ]);
  });

  it('comes back from float32 unchanged', () => {
    const back = floatToHalf(halfToFloat(all));
    const nan = (h: number) => (h & 0x7c00) === 0x7c00 && (h & 0x3ff) !== 0;
    expect(all.every((h, i) => (nan(h) ? nan(back[i]) : back[i] === h))).toBe(true);
  });
});

describe('bf16', () => {
  it('is the upper half of a float32, rounded to even', () => {
    expect([...bfloatToFloat(Uint16Array.of(0x3f80, 0xc040))]).toEqual([1, -3]);
    expect([...floatToBfloat(Float32Array.of(1, -3, 1 + 2 ** -8, 1 + 3 * 2 ** -8, Number.NaN))]).toEqual([
      0x3f80, 0xc040, 0x3f80, 0x3f82, 0x7fc0,
    ]);
    const finite = all.filter((h) => (h & 0x7f80) !== 0x7f80);
    expect(floatToBfloat(bfloatToFloat(finite))).toEqual(finite);
  });
});
