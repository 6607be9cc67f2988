/**
 * The run time's arena, as far as sizes go: regions of doubling size; the smallest free chunk that fits is
 * taken whole, unless what is left over is as large again or very large; neighbours that are free become one.
 * Of several as small, the one at the lowest address: Linux maps regions downwards, so that is in the newest
 * region. Which bytes of a region were ever written is what it costs: pages that nobody touched are not
 * there. Source: onnxruntime, core/framework/bfc_arena.cc, its defaults.
 */
const ALIGNMENT = 256;
const FIRST_REGION = 2 ** 20;
/** Size up to which each region is twice the one before. */
const LARGEST_DOUBLED = 2 ** 30;
/** Left-over bytes up to which a chunk is not split. */
const SLACK = 128 * 2 ** 20;

interface Chunk {
  readonly region: number;
  readonly at: number;
  size: number;
  free: boolean;
  before?: Chunk | undefined;
  after?: Chunk | undefined;
}

const comesBefore = (a: Chunk, b: Chunk): boolean =>
  (a.size - b.size || b.region - a.region || a.at - b.at) < 0;

/** Counts the bytes that an arena would hold; nothing is allocated. */
export class Arena {
  private readonly free = new Set<Chunk>();
  /** Bytes of each region up to the last one that was ever in use. */
  private readonly touched: number[] = [];
  private next = FIRST_REGION;

  /** Bytes that were ever in use. */
  get peak(): number {
    return this.touched.reduce((sum, bytes) => sum + bytes, 0);
  }

  take(bytes: number): Chunk {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const chunk = this.smallest(size) ?? this.extend(size);
    this.free.delete(chunk);
    chunk.free = false;
    if (chunk.size >= 2 * size || chunk.size - size >= SLACK) {
      const { region, at, after } = chunk;
      const rest: Chunk = {
        region,
        at: at + size,
        size: chunk.size - size,
        free: true,
        before: chunk,
        after,
      };
      if (after) after.before = rest;
      chunk.after = rest;
      chunk.size = size;
      this.free.add(rest);
    }
    const { region } = chunk;
    this.touched[region] = Math.max(this.touched[region]!, chunk.at + bytes);
    return chunk;
  }

  give(chunk: Chunk): void {
    chunk.free = true;
    this.free.add(chunk);
    if (chunk.after?.free) this.join(chunk, chunk.after);
    if (chunk.before?.free) this.join(chunk.before, chunk);
  }

  private join(left: Chunk, right: Chunk): void {
    left.size += right.size;
    left.after = right.after;
    if (right.after) right.after.before = left;
    this.free.delete(right);
  }

  private smallest(size: number): Chunk | undefined {
    let best: Chunk | undefined;
    for (const chunk of this.free)
      if (chunk.size >= size && (!best || comesBefore(chunk, best))) best = chunk;
    return best;
  }

  private extend(size: number): Chunk {
    const doubled = size > this.next;
    while (size > this.next) this.next *= 2;
    const chunk = { region: this.touched.push(0) - 1, at: 0, size: this.next, free: true };
    if (!doubled) this.next = Math.max(this.next, Math.min(2 * this.next, LARGEST_DOUBLED));
    return chunk;
  }
}
