// From the runs of a row of the plan to the cells of its line, and to what is below its bounds. A figure that
// a run does not have (runs recorded before it was measured, plain noise alone, too few good pictures) is
// left out of the mean and counted.
import { mean, standardError } from '../lib/table.mjs';

const two = (x) => x.toFixed(2).replace(/^(-?)0\./, '$1.');

/**
 * Mean and standard error; one value has none. `of` tells how many of `all` there are where some are missing.
 */
function cell(values, all = values.length) {
  const known = values.filter((x) => x !== null && x !== undefined);
  if (known.length === 0) return '';
  const error = known.length < 2 ? '' : ` ± ${two(standardError(known))}`;
  return `${two(mean(known))}${error}${known.length < all ? ` (of ${known.length})` : ''}`;
}

/** Null: a seed that has too few good pictures is worse than any that has enough. */
function least(values) {
  if (values.includes(null)) return 'none';
  const known = values.filter((x) => x !== undefined);
  return known.length === 0 ? '' : two(Math.min(...known));
}

/** Of one trait over runs: mean ± error, the worst seed, and what chance alone makes. */
function trait(runs, name) {
  const own = runs.map((r) => r.final.tv?.[name]).filter(Boolean);
  if (own.length === 0) return null;
  const tvs = own.map(({ tv }) => tv);
  const above = mean(own.map(({ tv, floor }) => tv - floor));
  return {
    name,
    mean: cell(tvs, runs.length),
    worst: Math.max(...tvs),
    floor: mean(own.map((o) => o.floor)),
    above,
  };
}

/** Colours and the latent stand in every table; the judge's heads are many. */
const PLACES = ['border', 'centre', 'latent'];

export function traitsOf(runs) {
  const names = [...new Set(runs.flatMap((r) => Object.keys(r.final.tv ?? {})))];
  return names.map((name) => trait(runs, name)).filter(Boolean);
}

const traitCell = (t) => (t ? `${t.mean}; ${two(t.worst)}; ${two(t.floor)}` : '');

/** The judge's other heads as one: the mean over them in each run. */
function headsOf(runs) {
  const merged = runs.map((r) => {
    const heads = Object.entries(r.final.tv ?? {}).filter(([name]) => !PLACES.includes(name));
    const of = (key) => mean(heads.map(([, shift]) => shift[key]));
    return { final: heads.length === 0 ? {} : { tv: { heads: { tv: of('tv'), floor: of('floor') } } } };
  });
  return trait(merged, 'heads');
}

export const head = [
  ...[
    'task',
    'learner',
    'votes',
    'seeds',
    'base, plain',
    'tuned, plain',
    'worst seed',
    'base, hero',
    'tuned, hero',
  ],
  ...['dgood', 'worst seed', 'border', 'centre', 'latent', "judge's other heads", 'diversity kept', 'floor'],
];

export function line(row, runs) {
  const of = (key) => runs.map((r) => r.final[key]);
  const kept = mean(runs.map((r) => r.final.diversity / r.final.base_diversity));
  return [
    ...[row.task, row.learner, row.votes, runs.length],
    cell(of('base_plain')),
    `**${cell(of('tuned_plain'))}**`,
    least(of('tuned_plain')),
    cell(of('base_hero')),
    cell(of('tuned_hero')),
    cell(of('dgood'), runs.length),
    least(of('dgood')),
    ...PLACES.map((name) => traitCell(trait(runs, name))),
    traitCell(headsOf(runs)),
    `${Math.round(100 * kept)} %`,
    row.floor === undefined ? '' : `>= ${two(row.floor)}`,
  ];
}

export const traitHead = [
  'task',
  'learner',
  'votes',
  'trait',
  'total variation',
  'worst seed',
  'floor',
  'above it',
];

export const traitLines = (row, runs) =>
  traitsOf(runs).map((t) => [
    row.task,
    row.learner,
    row.votes,
    t.name,
    t.mean,
    two(t.worst),
    two(t.floor),
    two(t.above),
  ]);

/** What falls short of `bounds` and the row's floor, in words. */
export function shortOf(row, runs, bounds) {
  const short = [];
  const below = (what, value, bound) => value < bound && short.push(`${what} ${two(value)} < ${two(bound)}`);
  const plain = runs.map((r) => r.final.tuned_plain);
  if (row.floor !== undefined) below('success', mean(plain), row.floor);
  if (row.learner !== 'acclaim') return short;
  below('success of the worst seed', Math.min(...plain), row.floor - 0.12);
  below('diversity', mean(runs.map((r) => r.final.diversity / r.final.base_diversity)), bounds.diversity);
  const dgood = runs.map((r) => r.final.dgood).filter((x) => x !== undefined);
  if (dgood.includes(null)) short.push('a seed has too few good images to compare');
  const known = dgood.filter((x) => x !== null);
  if (known.length > 0) {
    below('dgood', mean(known), bounds.dgood);
    below('dgood of the worst seed', Math.min(...known), bounds.worstDgood);
  }
  for (const { name, above } of traitsOf(runs))
    if (above > bounds.aboveFloor)
      short.push(`${name} ${two(above)} above its floor > ${two(bounds.aboveFloor)}`);
  return short;
}

/** Without the columns in which no line has anything. */
export function filled(names, lines) {
  const at = names.flatMap((_, i) => (lines.some((cells) => cells[i] !== '') ? [i] : []));
  return [at.map((i) => names[i]), lines.map((cells) => at.map((i) => cells[i]))];
}
