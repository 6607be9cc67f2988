/**
 * Where a bad picture is bad (EXPAND 2006.14804): people mark cells of a 3 x 3 grid, what lies outside is blurred, and the picture keeps its
 * label: what nobody pointed at is not what the label is about. Here a feature map's cells outside the mark become what they are on
 * average; in a good picture, where nothing is wrong to point at, those outside what is marked most. A map of one cell knows no
 * places and stays. Off: bench/README.md says what it brings.
 */
import type { VoteExample } from './fit.js';
import type { PictureFeatures } from './model.js';

const SIDE = 3;

/** Marked cells, row by row from the top left: 0..8. */
export type Mark = readonly number[];

export interface MarkedVote extends VoteExample {
  readonly mark?: Mark | undefined;
}

/** Part of a vote's weight that its blurred copy takes. */
const SHARE = 0.8;
/** Cells are common that are marked at least so often, as a share of how often the most marked one is. */
const COMMON = 0.5;

/** Of each of g x g cells: the part that is marked. */
export function keptShares(mark: Mark, g: number): Float64Array {
  const overlap = (cell: number, third: number) =>
    Math.max(0, Math.min((cell + 1) / g, (third + 1) / SIDE) - Math.max(cell / g, third / SIDE)) * g;
  const shares = new Float64Array(g * g);
  for (const cell of new Set(mark))
    for (let at = 0; at < g * g; at++)
      shares[at]! += overlap(Math.floor(at / g), Math.floor(cell / SIDE)) * overlap(at % g, cell % SIDE);
  return shares;
}

/** `grids`: cells a side of the maps that have places; rows are channels of cells. `average`: of all pictures. */
export function blurredOutside(
  picture: PictureFeatures,
  average: PictureFeatures,
  mark: Mark,
  grids: Readonly<Record<string, number>>,
): PictureFeatures {
  return Object.fromEntries(
    Object.entries(picture).map(([map, row]) => {
      const g = grids[map] ?? 1;
      if (g === 1 || !average[map]) return [map, row];
      const kept = keptShares(mark, g);
      const mean = average[map];
      return [
        map,
        Float64Array.from(row, (x, j) => {
          const share = kept[j % (g * g)]!;
          return share * x + (1 - share) * mean[j]!;
        }),
      ];
    }),
  );
}

/** What bad pictures have marked most. Nothing where nothing is marked. */
export function commonMark(votes: readonly MarkedVote[]): Mark {
  const counts = new Float64Array(SIDE * SIDE);
  for (const { mark, label, weight } of votes)
    if (label <= 0.5) for (const cell of new Set(mark)) counts[cell]! += weight;
  const most = Math.max(...counts);
  return [...counts.keys()].filter((cell) => counts[cell]! > 0 && counts[cell]! >= COMMON * most);
}

/** Votes, each that has a mark shared between the picture and its blurred copy. Bad ones without, and marks of everything, stay as they are. */
export function withMarks(
  votes: readonly MarkedVote[],
  grids: Readonly<Record<string, number>>,
): VoteExample[] {
  const average = averageOf(votes);
  const common = commonMark(votes);
  return votes.flatMap(({ mark: own, ...vote }) => {
    const mark = vote.label > 0.5 ? common : (own ?? []);
    const cells = new Set(mark).size;
    if (cells === 0 || cells === SIDE * SIDE) return [vote];
    const features = blurredOutside(vote.features, average, mark, grids);
    return [
      { ...vote, weight: (1 - SHARE) * vote.weight },
      { ...vote, weight: SHARE * vote.weight, features, copyOf: vote.features },
    ];
  });
}

/** By weight, of the maps that all pictures have. */
function averageOf(votes: readonly VoteExample[]): PictureFeatures {
  const total = votes.reduce((sum, { weight }) => sum + weight, 0);
  const maps = Object.keys(votes[0]?.features ?? {}).filter((map) =>
    votes.every(({ features }) => features[map]),
  );
  return Object.fromEntries(
    maps.map((map) => {
      const mean = new Float64Array(votes[0]!.features[map]!.length);
      for (const { features, weight } of votes)
        for (let j = 0; j < mean.length; j++) mean[j]! += (weight / total) * features[map]![j]!;
      return [map, mean];
    }),
  );
}
