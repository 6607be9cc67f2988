/**
 * Voters' tastes (COURIER 2306.05001: the next choice is rebuilt from the choices before by attention). A picture asks the pictures that a
 * voter liked; those like it answer most: a = softmax(q K / tau), profile = a K, taste = cos(q, profile). Rows are unit vectors around
 * the mean of all pictures, so a voter who likes two kinds is not taken for one who likes what lies between; what stands in a row is the
 * caller's choice: who else liked a picture says more of the next like than what the base model sees in it (bench/README.md, brain).
 */

/** tau: the lower, the more the nearest liked picture decides. */
const TEMPERATURE = 0.1;

/** Rows less their mean, by column brought to deviation 1, then to length 1: what sets each picture apart. */
export function unitRows(rows: readonly ArrayLike<number>[]): Float64Array[] {
  const width = rows[0]?.length ?? 0;
  const out = rows.map((row) => Float64Array.from(row));
  for (let j = 0; j < width; j++) {
    const mean = out.reduce((sum, row) => sum + row[j]!, 0) / out.length;
    const deviation = Math.sqrt(out.reduce((sum, row) => sum + (row[j]! - mean) ** 2, 0) / out.length);
    for (const row of out) row[j] = deviation > 0 ? (row[j]! - mean) / deviation : 0;
  }
  for (const row of out) {
    const length = Math.sqrt(dot(row, row));
    if (length > 0) for (let j = 0; j < width; j++) row[j]! /= length;
  }
  return out;
}

/** The voter as a picture sees them: the mean of what they liked, by attention. `liked` holds at least one row. */
export function profileOf(picture: Float64Array, liked: readonly Float64Array[]): Float64Array {
  const logits = liked.map((row) => dot(picture, row) / TEMPERATURE);
  const most = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - most));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const profile = new Float64Array(picture.length);
  for (const [i, row] of liked.entries())
    for (let j = 0; j < row.length; j++) profile[j]! += (shares[i]! / total) * row[j]!;
  return profile;
}

/** -1..1; 0 of a voter who liked nothing yet. */
export function tasteFor(picture: Float64Array, liked: readonly Float64Array[]): number {
  if (liked.length === 0) return 0;
  const profile = profileOf(picture, liked);
  const length = Math.sqrt(dot(profile, profile) * dot(picture, picture));
  return length > 0 ? dot(picture, profile) / length : 0;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
