// Base goods against tuned goods: diversity, and total variation of clusters fitted on the base goods and of
// judge's heads that nobody voted about; the floor is what a resample of as many base goods has.
const K = 8;

/** A linear congruence: the same clusters every time. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Deterministic k-means: farthest points first, 25 rounds. */
function clusters(points, seed = 1) {
  const random = randomFrom(seed);
  const d2 = (a, b) => {
    let s = 0;
    for (let i = 0; i < a.length; i++) s += (a[i] - b[i]) ** 2;
    return s;
  };
  const centres = [points[Math.floor(random() * points.length)]];
  while (centres.length < K) {
    const near = points.map((p) => Math.min(...centres.map((c) => d2(p, c))));
    let at = random() * near.reduce((a, b) => a + b, 0);
    let i = 0;
    while (at > near[i] && i < points.length - 1) at -= near[i++];
    centres.push(points[i]);
  }
  const nearest = (p) => centres.reduce((best, c, k) => (d2(p, c) < d2(p, centres[best]) ? k : best), 0);
  for (let turn = 0; turn < 25; turn++) {
    const of = points.map(nearest);
    for (let k = 0; k < K; k++) {
      const own = points.filter((_, i) => of[i] === k);
      if (own.length) centres[k] = own[0].map((_, j) => own.reduce((s, p) => s + p[j], 0) / own.length);
    }
  }
  return nearest;
}

const share = (list, n) => {
  const out = new Array(n).fill(0);
  for (const k of list) out[k] += 1 / list.length;
  return out;
};
const variation = (a, b, n = K) => {
  const [p, q] = [share(a, n), share(b, n)];
  return 0.5 * p.reduce((s, v, i) => s + Math.abs(v - q[i]), 0);
};

/** Latents in 4x4 means of positions: what a picture is like on the whole. */
const coarse = (z) => {
  const out = new Array(4 * 16).fill(0);
  for (let c = 0; c < 4; c++)
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) out[c * 16 + (y >> 2) * 4 + (x >> 2)] += z[c * 256 + y * 16 + x] / 16;
  return out;
};

export function compare(reference, test, heads, voted, diversity) {
  const base = reference.filter((p) => p.good);
  const tuned = test.filter((p) => p.good);
  const views = {
    border: (p) => p.colours.border,
    centre: (p) => p.colours.centre,
    latent: (p) => coarse(p.z),
  };
  const out = { base: base.length / reference.length, success: tuned.length / test.length };
  out.dgood = diversity(tuned.map((p) => p.z)) / diversity(base.map((p) => p.z));
  let floor = 0;
  const random = randomFrom(7);
  for (const [name, view] of Object.entries(views)) {
    const nearest = clusters(base.map(view));
    const of = base.map((p) => nearest(view(p)));
    out[name] = variation(
      of,
      tuned.map((p) => nearest(view(p))),
    );
    for (let k = 0; k < 40; k++)
      floor +=
        variation(
          of,
          tuned.map(() => of[Math.floor(random() * of.length)]),
        ) / 120;
  }
  out.floor = floor;
  out.heads = Math.max(
    ...heads
      .filter((h) => !voted.includes(h))
      .map((h) => {
        const top = (p) => p.heads[h].indexOf(Math.max(...p.heads[h]));
        return variation(base.map(top), tuned.map(top), 16);
      }),
  );
  return out;
}
