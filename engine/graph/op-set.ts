/**
 * Every op of the graph language with its attributes, named as in ONNX (opset 21; `MultiHeadAttention`,
 * `QuickGelu` and `DynamicQuantizeMatMul` are onnxruntime's). This interface is the key of all rule tables:
 * shape-rules and gradient-rules are total over it, so an op without a rule does not compile; emit-rules and
 * buffer-rules have rows where an op is not like most. All unions of ops are taken from it.
 */
export interface ConvAttrs {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

type None = Record<string, never>;
/** Nothing either: how many operands there are is said to the compiler alone. */
type Unary = { readonly operands?: 1 };
type Binary = { readonly operands?: 2 };

export interface OpAttrs {
  Add: Binary;
  Sub: Binary;
  Mul: Binary;
  Div: Binary;
  Max: Binary;
  Min: Binary;
  Neg: Unary;
  Exp: Unary;
  Log: Unary;
  Sqrt: Unary;
  Reciprocal: Unary;
  Abs: Unary;
  Sin: Unary;
  Cos: Unary;
  /** Largest integer not above x. */
  Floor: Unary;
  Erf: Unary;
  Sigmoid: Unary;
  Softplus: Unary;
  Relu: Unary;
  Gelu: Unary;
  /** x * sigmoid(alpha x); alpha = 1 is SiLU, 1.702 CLIP's quick GELU. */
  QuickGelu: { readonly alpha: number };
  Sign: Unary;
  Greater: Binary;
  Equal: Binary;
  Where: None;
  MatMul: None;
  /** Y = A' B' + C, A' = A or its transpose. */
  Gemm: { readonly transA: boolean; readonly transB: boolean };
  /**
   * Y = X Q' + C in products of integers: x [M,K] is rounded to 256 steps between its extremes when it runs,
   * q [K,N] is int8 and counts in steps of scale [N]; bias [N].
   */
  DynamicQuantizeMatMul: None;
  Conv: ConvAttrs;
  ConvTranspose: ConvAttrs & { readonly outputPadding: readonly [number, number] };
  Reshape: { readonly shape: readonly number[] };
  Transpose: { readonly perm: readonly number[] };
  Concat: { readonly axis: number };
  Split: { readonly axis: number; readonly sizes: readonly number[] };
  Slice: { readonly axis: number; readonly start: number; readonly end: number };
  Expand: { readonly shape: readonly number[] };
  /** before[i] and after[i] zeros on axis i. */
  Pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  ReduceSum: { readonly axes: readonly number[] };
  ReduceMean: { readonly axes: readonly number[] };
  Softmax: Unary;
  /** Outputs: y, mean, 1 / standard deviation, the latter two in float32; over the last axis. */
  LayerNormalization: { readonly epsilon: number };
  /** q [N,T,C], k [N,S,C], v [N,S,C] -> [N,T,C]. */
  MultiHeadAttention: { readonly heads: number };
  /** Windows of 2x2, as in AveragePool. */
  MaxPool: Unary;
  AveragePool: Unary;
  /** Nearest neighbour, factor two. */
  Resize: Unary;
  Gather: None;
  Cast: { readonly to: 'float32' | 'float16' | 'int64' | 'int8' | 'bool' };
  /** Same value; gradients stop here. */
  Identity: Unary;
}

export type OpName = keyof OpAttrs;

/** Ops whose attributes are exactly `A`. */
type OpsOf<A> = {
  [K in OpName]: [OpAttrs[K], A] extends [A, OpAttrs[K]] ? K : never;
}[OpName];
export type UnaryOp = OpsOf<Unary>;
export type BinaryOp = OpsOf<Binary>;
/** Ops without attributes. */
export type PlainOp = UnaryOp | BinaryOp | OpsOf<None>;
