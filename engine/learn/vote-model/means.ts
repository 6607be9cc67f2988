import type { ReplayItem } from '../../io/remembered.js';
import type { PictureFeatures } from './model.js';

/**
 * Of each map over the voted pictures: what stands for a map that a picture lacks, and says nothing of it.
 */
export function meansOf(replay: readonly ReplayItem[]): PictureFeatures {
  const sums = new Map<string, { n: number; sum: Float64Array }>();
  for (const { features = {} } of replay)
    for (const [map, row] of Object.entries(features)) {
      const own = sums.get(map) ?? { n: 0, sum: new Float64Array(row.length) };
      sums.set(map, own);
      own.n++;
      for (let j = 0; j < row.length; j++) own.sum[j]! += row[j]!;
    }
  return Object.fromEntries([...sums].map(([map, { n, sum }]) => [map, sum.map((value) => value / n)]));
}
