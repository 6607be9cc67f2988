/** Rounding as NumPy and Python do it. */

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}
