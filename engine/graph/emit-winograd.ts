/**
 * A convolution's ONNX nodes by Winograd's algorithm (winograd.ts): its filters are transformed, bands of its
 * rows go through, and their results are joined.
 */
import { type EmitContext, type OnnxNode, onnxType } from './emit-rules.js';
import { type DType, type ExternalWeight, type Node, type Shape, type Value, weightRows } from './value.js';
import { halfWeight, waiting } from './weight-only-cast.js';
import {
  filterMap,
  inputMap,
  type Layer,
  layerOf,
  type Part,
  PRODUCTS,
  partition,
  RESULTS,
  resultMap,
  TAPS,
  TILE,
  turnedMap,
  winogradAdds,
} from './winograd.js';

/** ONNX nodes in place of a convolution that `winogradAdds` is defined for; nothing for others. */
export function winogradNodes(
  node: Node,
  c: EmitContext,
  late: ReadonlySet<DType>,
): readonly OnnxNode[] | undefined {
  return winogradAdds(node) ? new WinogradEmission(node, layerOf(node)!, c, late).all() : undefined;
}

/** Appends nodes whose names begin with that of the layer's result. */
class NodeList {
  readonly nodes: OnnxNode[];
  private readonly told = new Map<string, string>();
  private readonly waits: string;

  constructor(
    private readonly y: string,
    /** The layer's input: what waits, waits for it. */
    x: string,
    private readonly c: EmitContext,
  ) {
    const waits = waiting(x, `${y}.winograd`, c);
    this.waits = waits.name;
    this.nodes = [...waits.nodes];
  }

  emit(op: string, part: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const name = `${this.y}.${part}`;
    this.nodes.push({ op, inputs, outputs: [name], attributes });
    return name;
  }

  reshape(part: string, x: string, shape: Shape): string {
    return this.emit('Reshape', part, [x, this.c.ints(shape)]);
  }

  slice(part: string, x: string, axis: number, { start, end }: Part): string {
    const { c } = this;
    return this.emit('Slice', part, [x, c.ints([start]), c.ints([end]), c.ints([axis])]);
  }

  /** x in a shape that the run time does not know. */
  hidden(part: string, x: string, shape: Shape): string {
    let how = this.told.get(`${shape}`);
    if (how === undefined) {
      how = this.emit('Concat', `${part}.shape`, [this.waits, this.c.ints(shape)], { axis: 0 });
      this.told.set(`${shape}`, how);
    }
    return this.emit('Reshape', part, [x, how]);
  }

  join(part: string, parts: readonly string[], axis: number): string {
    return parts.length > 1 ? this.emit('Concat', part, parts, { axis }) : parts[0]!;
  }
}

/** One layer's nodes: filters are transformed, bands of rows go through, and their results are joined. */
class WinogradEmission {
  private readonly list: NodeList;
  private readonly maps: Record<'filters' | 'inputs' | 'results', string>;
  private readonly bands: readonly Part[];
  private readonly chunks: readonly Part[];
  private readonly half: boolean;
  /** Of which chunks are read where they lie. */
  private readonly mapped: ExternalWeight | undefined;
  /** [to, from, taps]; of a layer to be turned [from, to, taps], as it lies in the file. */
  private readonly taps: string;
  /** The transformed filters, where all bands share them. */
  private readonly shared: string | undefined;

  constructor(
    private readonly node: Node,
    private readonly layer: Layer,
    private readonly c: EmitContext,
    late: ReadonlySet<DType>,
  ) {
    const [x, weight] = node.inputs as [Value, Value];
    const { turned } = layer;
    this.list = new NodeList(node.outputs[0]!.name, x.name, c);
    this.maps = {
      filters: turned
        ? c.matrix('winograd.turned', [PRODUCTS, TAPS ** 2], turnedMap)
        : c.matrix('winograd.filters', [PRODUCTS, TAPS ** 2], filterMap),
      inputs: c.matrix('winograd.inputs', [PRODUCTS, 1, TILE, TILE], inputMap),
      results: c.matrix('winograd.results', [RESULTS ** 2, PRODUCTS], resultMap),
    };
    const { bands, chunks } = partition(layer);
    this.bands = bands;
    this.chunks = chunks;
    const half = halfWeight(weight, late);
    const lying = half ?? weight;
    const [rowsOfTaps, columnsOfTaps] = lying.shape as [number, number];
    const read = this.cut && lying.source.kind === 'weight' && !turned;
    this.half = half !== undefined;
    this.mapped = read && lying.source.kind === 'weight' ? lying.source.weight : undefined;
    this.taps = read ? '' : this.list.hidden('taps', lying.name, [rowsOfTaps, columnsOfTaps, TAPS ** 2]);
    this.shared = this.cut ? undefined : this.filtersOf(chunks[0]!, 'filters');
  }

  all(): OnnxNode[] {
    const { list, bands, layer, node } = this;
    const images = bands.map((rows, i) => this.band(rows, `band.${i}`));
    const image = list.join('whole', images, 2);
    const bias = node.inputs[2];
    if (bias) list.emit('Add', 'sum', [image, list.reshape('shift', bias.name, [layer.to, 1, 1])]);
    const { nodes } = list;
    return [...nodes.slice(0, -1), { ...nodes.at(-1)!, outputs: [node.outputs[0]!.name] }];
  }

  /** Filters are transformed in several chunks. */
  private get cut(): boolean {
    return this.chunks.length > 1;
  }

  /** [chunk, from, taps] as it lies in the file. */
  private tapsOf(chunk: Part, part: string): string {
    const { list, mapped, layer } = this;
    const shape = [chunk.end - chunk.start, layer.from, TAPS ** 2];
    if (mapped) return list.hidden(part, this.c.mapped(weightRows(mapped, chunk.start, chunk.end)), shape);
    const own = this.cut ? list.slice(`${part}.own`, this.taps, layer.turned ? 1 : 0, chunk) : this.taps;
    return layer.turned ? list.emit('Transpose', part, [own], { perm: [1, 0, 2] }) : own;
  }

  /** G g G' [PRODUCTS, chunk, from]. */
  private filtersOf(chunk: Part, part: string): string {
    const { list } = this;
    const taps = this.tapsOf(chunk, `${part}.taps`);
    const wide = this.half ? list.emit('Cast', `${part}.wide`, [taps], { to: onnxType.float32 }) : taps;
    const flat = list.reshape(`${part}.flat`, wide, [-1, TAPS ** 2]);
    const made = list.emit('Gemm', `${part}.made`, [this.maps.filters, flat], { transB: 1 });
    return list.reshape(part, made, [PRODUCTS, chunk.end - chunk.start, this.layer.from]);
  }

  /** Rows of results [N, O, rows, width]. */
  private band(rows: Part, part: string): string {
    const operand = this.operandOf(rows, part);
    const products = this.list.join(
      `${part}.products`,
      this.chunks.map((chunk, i) =>
        this.list.emit('MatMul', `${part}.products.${i}`, [
          this.shared ?? this.filtersOf(chunk, `${part}.filters.${i}`),
          operand,
        ]),
      ),
      1,
    );
    return this.resultsOf(rows, products, part);
  }

  /**
   * B' d B of the operand's rows that the band reads [PRODUCTS, from, tiles]; beyond the operand's ends are
   * zeros.
   */
  private operandOf({ start, end }: Part, part: string): string {
    const { list, layer, node } = this;
    const { n, from, rows, pads } = layer;
    const [first, last] = [start - pads[0], end + TAPS - 1 - pads[0]];
    const [top, bottom] = [Math.max(0, -first), Math.max(0, last - rows)];
    const read = { start: first + top, end: last - bottom };
    const x = node.inputs[0]!.name;
    const own = read.end - read.start < rows ? list.slice(`${part}.rows`, x, 2, read) : x;
    const images = list.hidden(`${part}.images`, own, [n * from, 1, read.end - read.start, -1]);
    const tiles = list.emit('Conv', `${part}.tiles`, [images, this.maps.inputs], {
      strides: [RESULTS, RESULTS],
      pads: [top, pads[1], bottom, pads[3]],
    });
    const byTile = list.reshape(`${part}.by-tile`, tiles, [n, from, PRODUCTS, -1]);
    const byProduct = list.emit('Transpose', `${part}.by-product`, [byTile], { perm: [2, 1, 0, 3] });
    return list.reshape(`${part}.operand`, byProduct, [PRODUCTS, from, -1]);
  }

  /**
   * A' products A, put back as an image: [4 i, 4 j, all tiles] -> [4 i, O, N, rows of tiles, width] -> [N, O,
   * rows, width]: columns move in, then rows.
   */
  private resultsOf({ start, end }: Part, products: string, part: string): string {
    const { list, layer } = this;
    const { n, to, width } = layer;
    const flat = list.reshape(`${part}.flat`, products, [PRODUCTS, -1]);
    const result = list.emit('MatMul', `${part}.result`, [this.maps.results, flat]);
    const squares = list.reshape(`${part}.squares`, result, [RESULTS, RESULTS, -1]);
    const columns = list.emit('Transpose', `${part}.columns`, [squares], { perm: [0, 2, 1] });
    const lines = list.reshape(`${part}.lines`, columns, [RESULTS, to, n, (end - start) / RESULTS, -1]);
    const image = list.emit('Transpose', `${part}.image`, [lines], { perm: [2, 1, 3, 0, 4] });
    return list.reshape(`${part}.results`, image, [n, to, end - start, width]);
  }
}
