/**
 * Names and shapes of HERO's embedding as a checkpoint keeps it: E and its head g
 * (engine/learn/embedding.ts).
 */

export interface EmbeddingSpec {
  /** C, h, w of a latent. */
  latent: readonly [number, number, number];
  /** W / F: 2 in the paper, 1 in the released code. */
  widen: 1 | 2;
}

const CONVS = [8, 16, 32] as const;

/** Of every weight and bias; F = 32 * (h/8) * (w/8), W = widen * F. */
export function embeddingShapes({ latent, widen }: EmbeddingSpec): Record<string, readonly number[]> {
  const [channels, height, width] = latent;
  const flat = 32 * Math.floor(height / 8) * Math.floor(width / 8);
  const w = widen * flat;
  const layers: [string, readonly number[]][] = [
    ['E.0', [CONVS[0], channels, 3, 3]],
    ['E.3', [CONVS[1], CONVS[0], 3, 3]],
    ['E.6', [CONVS[2], CONVS[1], 3, 3]],
    ['E.10', [w, flat]],
    ['g.0', [w / 2, w]],
    ['g.2', [w / 4, w / 2]],
    ['g.4', [w / 8, w / 4]],
  ];
  return Object.fromEntries(
    layers.flatMap(([name, shape]) => [
      [`${name}.weight`, shape],
      [`${name}.bias`, [shape[0]!]],
    ]),
  );
}
