/**
 * Random numbers that can be replayed: Philox 4x32-10, a counter-based generator (Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011). A stream is named, never shared: the key is the session's
 * seed and the counter starts at (0, 0, round, hash of the purpose), so no stream depends on how much another
 * has drawn. Normals by Box-Muller. V8 carries its own log, sin and cos, so the same stream gives the same
 * bits on every platform.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

export type Words4 = readonly [number, number, number, number];

/** High and low 32 bits of a * b, both unsigned 32-bit. */
function multiplyHighLow(a: number, b: number): [high: number, low: number] {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  const high = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/** One block of Philox 4x32 with ten rounds: 128 random bits, a pure function of counter and key. */
export function philox4x32(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiplyHighLow(M0, c0);
    const [high1, low1] = multiplyHighLow(M1, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a, 32 bits, over UTF-16 code units: turns a purpose into a counter word. */
export function hashPurpose(purpose: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < purpose.length; i++) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Random numbers of one purpose (Philox 4x32-10): equal seeds give equal numbers on every machine. */
export class Rng {
  readonly #key: readonly [number, number];
  readonly #round: number;
  readonly #purpose: number;
  #block = 0;
  #words: Words4 = [0, 0, 0, 0];
  #left = 0;
  /** Box-Muller makes normals in pairs; the second waits here. */
  #spare: number | undefined;

  /** `seed` is a whole number below 2^53; `round` below 2^32. */
  constructor(seed: number, round: number, purpose: string) {
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    this.#round = round >>> 0;
    this.#purpose = hashPurpose(purpose);
  }

  /** Blocks of four words drawn so far. */
  get blocks(): number {
    return this.#block;
  }

  /** 32 random bits as an unsigned number. */
  word(): number {
    if (this.#left === 0) {
      const low = this.#block >>> 0;
      const high = Math.floor(this.#block / 2 ** 32) >>> 0;
      this.#words = philox4x32([low, high, this.#round, this.#purpose], this.#key);
      this.#block++;
      this.#left = 4;
    }
    return this.#words[4 - this.#left--] as number;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.word() >>> 5;
    return (high * 2 ** 26 + (this.word() >>> 6)) / 2 ** 53;
  }

  /** Uniform whole number in [0, n), without modulo bias. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32)
      throw new RangeError(`integer(${n}): n must be 1..2^32`);
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.word();
      if (word < limit) return word % n;
    }
  }

  /** N(0, 1). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    // 1 - u is in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  normals(count: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = this.normal();
    return out;
  }

  /** One of `items`, uniformly. */
  choice<T>(items: readonly T[]): T {
    return items[this.integer(items.length)] as T;
  }

  /** An index drawn in proportion to `weights` (>= 0, at least one > 0). */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    if (!(total > 0)) throw new RangeError('weighted: no weight above zero');
    let rest = this.uniform() * total;
    let last = 0;
    for (const [i, weight] of weights.entries()) {
      if (weight > 0) {
        if (rest < weight) return i;
        last = i;
      }
      rest -= weight;
    }
    return last;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }
}
