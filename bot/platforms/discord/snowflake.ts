/** Discord's ids: milliseconds since 2015 in the upper bits, so an id tells when its thing was made. */
const epoch = 1_420_070_400_000n;

/** Epoch ms. */
export function madeAt(id: string): number {
  return Number((BigInt(id) >> 22n) + epoch);
}

/** Is `a` younger than `b`? */
export function newer(a: string, b: string): boolean {
  return BigInt(a) > BigInt(b);
}
