/**
 * Kinds of adapter that are known and not built, told by how their tensors end, so that they are refused by
 * name.
 */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/\.hada_(w[12]_[ab]|t[12])$/, 'LoHa'],
  [/\.lokr_(w[12](_[ab])?|t[12])$/, 'LoKr'],
  [/\.(dora_scale|lora_magnitude_vector(\..*)?)$/, 'DoRA'],
  [/\.lora_mid\.weight$/, "LoCon in Tucker's form (lora_mid)"],
  [/\.(oft_|boft_)[\w.]+$/, 'OFT'],
  [/\.on_input$/, 'IA3'],
  [/\.[ab][12]\.weight$/, 'GLoRA'],
  [/\.(diff|diff_b|w_norm|b_norm)$/, 'a file with whole differences of weights'],
  [/\.(lora_B|lora_up|lora\.up)\.bias$/, 'a LoRA with biases'],
  [/\.lora_embedding_[AB]$/, 'a LoRA on embeddings'],
  [/^bundle_emb\./, 'a LoRA with embeddings of its own'],
  [/^(transformer|double_blocks|single_blocks|lora_transformer)[._]/, 'a LoRA for a transformer model'],
];

/** The kind's name, if the key is of one that is not built. */
export const otherKind = (key: string): string | undefined => kinds.find(([ending]) => ending.test(key))?.[1];

/** Names that tensors of a LoRA have in any format that is read, and in those that are refused by name. */
const ADAPTER = /(^|[._])lora([._]|$)|\.alpha$/;

/** Whether a file with these keys is an adapter, and no model. */
export const isAdapter = (keys: readonly string[]): boolean =>
  keys.length > 0 && keys.every((key) => ADAPTER.test(key) || otherKind(key) !== undefined);
