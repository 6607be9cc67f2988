/**
 * Every op of the graph language with its attributes, named as in ONNX (opset 21; `MultiHeadAttention` and `QuickGelu`
 * are onnxruntime's). This interface is the key of all rule tables: shape-rules, gradient-rules and emit-rules are
 * total over it, so an op without a rule does not compile.
 */
export interface ConvAttrs {
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

type None = Record<string, never>;

export interface OpAttrs {
  Add: None;
  Sub: None;
  Mul: None;
  Div: None;
  Max: None;
  Min: None;
  Neg: None;
  Exp: None;
  Log: None;
  Sqrt: None;
  Reciprocal: None;
  Abs: None;
  Sin: None;
  Cos: None;
  /** Largest integer not above x. */
  Floor: None;
  Erf: None;
  Sigmoid: None;
  Softplus: None;
  Relu: None;
  Gelu: None;
  /** x * sigmoid(alpha x); alpha = 1 is SiLU, 1.702 CLIP's quick GELU. */
  QuickGelu: { readonly alpha: number };
  Sign: None;
  Greater: None;
  Equal: None;
  Where: None;
  MatMul: None;
  /** Y = A' B' + C, A' = A or its transpose. */
  Gemm: { readonly transA: boolean; readonly transB: boolean };
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
  Softmax: None;
  /** Outputs: y, mean, 1 / standard deviation, the latter two in float32; over the last axis. */
  LayerNormalization: { readonly epsilon: number };
  /** q [N,T,C], k [N,S,C], v [N,S,C] -> [N,T,C]. */
  MultiHeadAttention: { readonly heads: number };
  /** Windows of 2x2, as in AveragePool. */
  MaxPool: None;
  AveragePool: None;
  /** Nearest neighbour, factor two. */
  Resize: None;
  Gather: None;
  Cast: { readonly to: 'float32' | 'float16' | 'int64' | 'bool' };
  /** Same value; gradients stop here. */
  Identity: None;
}

export type OpName = keyof OpAttrs;
