/**
 * 3x3 convolutions in a quarter of the multiplications: Winograd's F(4x4, 3x3) (arXiv 1509.09308). Of every
 * tile of 6x6 inputs d and every filter g come 4x4 results Y = A' [(G g G') . (B' d B)] A, summed over
 * channels between the brackets: 36 products of matrices [O,C] x [C,tiles] take the place of nine for each of
 * 16 pixels.
 *
 * Emitted (emit-winograd.ts) for layers whose weights stay in their file. Each transform is one linear map
 * over a tile, written as the kernel that does it best: B' d B is a convolution with 36 filters and stride 4,
 * the other two are products with a matrix of 36 rows. What comes between has no shape that is known before
 * it runs, so that it is freed at once (weight-only-cast.ts); a filter's transform waits for the layer's
 * input and is never kept.
 *
 * The points are 0, +-3/4, +-3/2 and infinity: exact in binary, and with half the rounding error of 0, +-1,
 * +-2 (measured: 2.8e-6 of the result's root mean square over 1280 channels, a plain convolution's 2.6e-7).
 */
import type { ConvAttrs } from './op-set.js';
import type { DType, Node } from './value.js';
import { halfWeight } from './weight-only-cast.js';

/** Results and taps on a side, and inputs of a tile. */
export const [RESULTS, TAPS] = [4, 3];
export const TILE = RESULTS + TAPS - 1;
const POINTS = [0, 3 / 4, -3 / 4, 3 / 2, -3 / 2];

type Matrix = readonly (readonly number[])[];

/**
 * Toom and Cook's algorithm: polynomials are multiplied by their values at points, the last of them infinity;
 * the transposed of multiplying is correlating. `inputs` is B' [TILE, TILE], `filters` G [TILE, TAPS],
 * `results` A' [RESULTS, TILE].
 */
function toomCook(points: readonly number[]): Record<'inputs' | 'filters' | 'results', Matrix> {
  const powers = (p: number, n: number) => Array.from({ length: n }, (_, i) => p ** i);
  const infinity = (n: number) => powers(0, n).reverse();
  /** Coefficients of the product of (x - p), the lowest first. */
  const product = (ps: readonly number[]) =>
    ps.reduce((c, p) => c.concat(0).map((_, i) => (c[i - 1] ?? 0) - p * (c[i] ?? 0)), [1]);
  const others = points.map((_, j) => points.filter((_, l) => l !== j));
  const scale = points.map((p, j) => others[j]!.reduce((n, q) => n * (p - q), 1));
  return {
    inputs: [...others.map((ps) => [...product(ps), 0]), product(points)],
    filters: [...points.map((p, j) => powers(p, TAPS).map((v) => v / scale[j]!)), infinity(TAPS)],
    results: powers(0, RESULTS).map((_, i) => [...points.map((p) => p ** i), i === RESULTS - 1 ? 1 : 0]),
  };
}

/** On both sides of a square: M x M' of a row-wise square is this times it. */
const kronecker = (m: Matrix): Matrix =>
  m.flatMap((a) => m.map((b) => a.flatMap((x) => b.map((y) => x * y))));

const { inputs, filters, results } = toomCook(POINTS);
export const inputMap = kronecker(inputs);
export const filterMap = kronecker(filters);
/** Of a filter turned by 180 degrees. */
export const turnedMap = filterMap.map((row) => [...row].reverse());
export const resultMap = kronecker(results);
/** Products a tile. */
export const PRODUCTS = TILE * TILE;

/** A convolution, or the transposed one that is its gradient, as a convolution of stride 1. */
export interface Layer {
  readonly n: number;
  /** Channels that come in and go out. */
  readonly from: number;
  readonly to: number;
  /** Rows of the operand, rows and columns of the result. */
  readonly rows: number;
  readonly height: number;
  readonly width: number;
  readonly pads: ConvAttrs['pads'];
  /** The filter is used turned, its channels swapped. */
  readonly turned: boolean;
}

/** The node as such a layer; undefined of what is none, or has sides that tiles do not divide. */
export function layerOf(node: Node): Layer | undefined {
  if (node.op !== 'Conv' && node.op !== 'ConvTranspose') return undefined;
  const [x, w] = node.inputs;
  const [y] = node.outputs;
  const { strides, dilations, pads } = node.attrs;
  const [kh, kw] = w!.shape.slice(2);
  if (kh !== TAPS || kw !== TAPS || x!.dtype !== 'float32') return undefined;
  if ([...strides, ...dilations].some((step) => step !== 1)) return undefined;
  const [n, from, rows] = x!.shape as [number, number, number];
  const [, to, height, width] = y!.shape as [number, number, number, number];
  const turned = node.op === 'ConvTranspose';
  // With stride 1 nothing is out of the forward pass's reach: there is no output padding.
  const around = (turned ? pads.map((p) => TAPS - 1 - p) : pads) as unknown as ConvAttrs['pads'];
  if (height % RESULTS || width % RESULTS || around.some((p) => p < 0)) return undefined;
  return { n, from, to, rows, height, width, pads: around, turned };
}

const tilesOf = ({ n, height, width }: Layer): number => (n * height * width) / RESULTS ** 2;

/**
 * What the transforms cost, in multiply-adds of a product of matrices that takes as long: for a channel and
 * tile of the operand and of the result, and for a filter of one channel (measured on one Xeon core at 115
 * GFLOP/s: 100, 50 and 25 ns).
 */
const COST = { input: 5750, result: 2900, filter: 1450 };
/** Share of a plain convolution's time from which the change is worth its memory. */
const WORTH = 0.85;

/** Multiply-adds that take as long as the plain convolution; the transposed one scatters what it sums. */
const plainAdds = ({ n, from, to, height, width, turned }: Layer) =>
  (turned ? 1.4 : 1) * n * height * width * to * from * TAPS ** 2;

function adds(layer: Layer): number {
  const { from, to } = layer;
  const tiles = tilesOf(layer);
  return (
    PRODUCTS * to * from * tiles +
    COST.input * from * tiles +
    COST.result * to * tiles +
    COST.filter * from * to
  );
}

/**
 * Multiply-adds that take as long as this layer does by Winograd's algorithm; nothing where a plain
 * convolution is as good.
 */
export function winogradAdds(node: Node): number | undefined {
  const layer = layerOf(node);
  return layer && adds(layer) < WORTH * plainAdds(layer) ? adds(layer) : undefined;
}

/** Rows of results, or filters, [start, end): what is made at once. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** Parts of at most `most`, nearly alike, each but the last a multiple of `unit`. */
function partsOf(total: number, most: number, unit = 1): Part[] {
  const count = Math.ceil(total / Math.max(unit, most - (most % unit)));
  const size = unit * Math.ceil(total / count / unit);
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({
    start: i * size,
    end: Math.min(total, (i + 1) * size),
  }));
}

/**
 * What is transformed at once. Filters are made in one piece up to 64 MB, beyond that in chunks, smaller ones
 * where they are read for few tiles only; inputs in bands of rows, as small as a product of matrices likes
 * where the filters are at hand, larger where every band makes them anew. (Measured: the sizes hardly decide
 * the time, but for chunks at few tiles: a quarter less.)
 */
const SIZES = {
  filters: 64 * 2 ** 20,
  filtersForFewTiles: 16 * 2 ** 20,
  fewTiles: 64,
  band: 16 * 2 ** 20,
  bandOfChunks: 96 * 2 ** 20,
  tilesOfBand: 128,
};

/** Bands of rows of results, and chunks of filters. */
export function partition(layer: Layer): { bands: Part[]; chunks: Part[] } {
  const { n, from, to, width, height } = layer;
  const tiles = tilesOf(layer);
  const chunkBytes = tiles <= SIZES.fewTiles ? SIZES.filtersForFewTiles : SIZES.filters;
  const chunks = partsOf(to, Math.floor(chunkBytes / (4 * PRODUCTS * from)));
  const bandBytes = chunks.length > 1 ? SIZES.bandOfChunks : SIZES.band;
  const tilesOfBand = Math.max(SIZES.tilesOfBand, bandBytes / (4 * PRODUCTS * Math.max(from, to)));
  const rows = Math.floor((RESULTS ** 2 * tilesOfBand) / (n * width));
  return { bands: partsOf(height, rows, RESULTS), chunks };
}

/**
 * Takes and gives back the memory that the layer's nodes need beside its operands, in their order; `result`
 * takes the layer's own.
 */
export function walkMemory<T>(
  node: Node,
  late: ReadonlySet<DType>,
  { take, give, result }: { take: (bytes: number) => T; give: (memory: T) => void; result: () => void },
): void {
  const layer = layerOf(node)!;
  const { n, from, to, width } = layer;
  const { bands, chunks } = partition(layer);
  const half = halfWeight(node.inputs[1], late) !== undefined;
  const lies = half || node.inputs[1]!.source.kind === 'weight';
  const then = (bytes: number, ...done: T[]): T => {
    const taken = take(4 * bytes);
    for (const memory of done) give(memory);
    return taken;
  };
  const filters = ({ start, end }: Part): T => {
    const size = (end - start) * from;
    const copied = layer.turned || (chunks.length > 1 && !lies);
    const own = copied ? [then((size * TAPS ** 2) / (half ? 2 : 1))] : [];
    const wide = half ? [then(size * TAPS ** 2, ...own)] : own;
    return then(PRODUCTS * size, ...wide);
  };
  const made: T[] = [];
  const images = bands.map(({ start, end }) => {
    const tiles = (n * width * (end - start)) / RESULTS ** 2;
    // Of several bands each reads a copy of its rows.
    const rows = bands.length > 1 ? [then(n * from * width * (end - start + TAPS - 1))] : [];
    const operand = then(PRODUCTS * from * tiles, then(PRODUCTS * from * tiles, ...rows));
    if (chunks.length === 1 && made.length === 0) made.push(filters(chunks[0]!));
    let products = chunks.map((chunk) => {
      const own = made[0] ?? filters(chunk);
      return then(PRODUCTS * (chunk.end - chunk.start) * tiles, ...(made.length ? [] : [own]));
    });
    give(operand);
    if (products.length > 1) products = [then(PRODUCTS * to * tiles, ...products)];
    const results = RESULTS ** 2 * to * tiles;
    return then(results, then(results, then(results, ...products)));
  });
  for (const memory of made) give(memory);
  // The last node's result is the layer's: that of the sum with the bias, of joining the bands, or the only
  // band's itself.
  const bias = node.inputs.length > 2;
  const whole = bias && bands.length > 1 ? [then(n * to * layer.height * width, ...images)] : images;
  if (bias || bands.length > 1) result();
  for (const memory of whole) give(memory);
  if (!bias && bands.length === 1) result();
}
