// From the runs of a row of the plan to the cells of its line, and to what is below its bounds. A figure that
// a run does not have (runs recorded before it was measured, plain noise alone, too few good pictures) is
// left out of the mean and counted.
import type { SimulateResult } from '../../bot/simulate/options.js';
import { type Cell, mean, standardError } from '../lib/table.mjs';
import type { bounds, PlanRow } from './plan.mjs';

/** Recorded by an older program it may lack what was measured later. */
type Final = Partial<SimulateResult['final']>;

/** What `acclaim simulate --json` writes. */
export interface Run extends Pick<SimulateResult, 'task' | 'learner' | 'votes' | 'seed'> {
  final: Final & Pick<SimulateResult['final'], 'tuned_plain' | 'base_diversity' | 'diversity' | 'n'>;
}

type Traits = readonly { final: Pick<Final, 'tv'> }[];
type Value = number | null | undefined;

const isKnown = (x: Value): x is number => x !== null && x !== undefined;
const two = (x: number) => x.toFixed(2).replace(/^(-?)0\./, '$1.');

/**
 * Mean and standard error; one value has none. `of` tells how many of `all` there are where some are missing.
 */
function cell(values: readonly Value[], all = values.length): string {
  const known = values.filter(isKnown);
  if (known.length === 0) return '';
  const error = known.length < 2 ? '' : ` ± ${two(standardError(known))}`;
  return `${two(mean(known))}${error}${known.length < all ? ` (of ${known.length})` : ''}`;
}

/** Null: a seed that has too few good pictures is worse than any that has enough. */
function least(values: readonly Value[]): string {
  if (values.includes(null)) return 'none';
  const known = values.filter(isKnown);
  return known.length === 0 ? '' : two(Math.min(...known));
}

/** Of one trait over runs: mean ± error, the worst seed, and what chance alone makes. */
function trait(runs: Traits, name: string) {
  const own = runs.flatMap((r) => r.final.tv?.[name] ?? []);
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

function traitsOf(runs: Traits) {
  const names = [...new Set(runs.flatMap((r) => Object.keys(r.final.tv ?? {})))];
  return names.flatMap((name) => trait(runs, name) ?? []);
}

const traitCell = (t: ReturnType<typeof trait>) => (t ? `${t.mean}; ${two(t.worst)}; ${two(t.floor)}` : '');

/** The judge's other heads as one: the mean over them in each run. */
function headsOf(runs: Traits) {
  const merged = runs.map((r) => {
    const heads = Object.entries(r.final.tv ?? {}).filter(([name]) => !PLACES.includes(name));
    const of = (key: 'tv' | 'floor') => mean(heads.map(([, shift]) => shift[key]));
    return { final: heads.length === 0 ? {} : { tv: { heads: { tv: of('tv'), floor: of('floor') } } } };
  });
  return trait(merged, 'heads');
}

export const head: readonly string[] = [
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

type Figure = 'base_plain' | 'tuned_plain' | 'base_hero' | 'tuned_hero' | 'dgood';

export function line(row: PlanRow, runs: readonly Run[]): Cell[] {
  const of = (key: Figure): Value[] => runs.map((r) => r.final[key]);
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

export const traitLines = (row: PlanRow, runs: readonly Run[]): Cell[][] =>
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
export function shortOf(row: PlanRow, runs: readonly Run[], least: typeof bounds): string[] {
  const short: string[] = [];
  const below = (what: string, value: number, bound: number) => {
    if (value < bound) short.push(`${what} ${two(value)} < ${two(bound)}`);
  };
  const plain = runs.map((r) => r.final.tuned_plain);
  if (row.floor !== undefined) below('success', mean(plain), row.floor);
  if (row.learner !== 'acclaim') return short;
  if (row.floor !== undefined) below('success of the worst seed', Math.min(...plain), row.floor - 0.12);
  below('diversity', mean(runs.map((r) => r.final.diversity / r.final.base_diversity)), least.diversity);
  const dgood = runs.map((r) => r.final.dgood).filter((x) => x !== undefined);
  if (dgood.includes(null)) short.push('a seed has too few good images to compare');
  const known = dgood.filter(isKnown);
  if (known.length > 0) {
    below('dgood', mean(known), least.dgood);
    below('dgood of the worst seed', Math.min(...known), least.worstDgood);
  }
  for (const { name, above } of traitsOf(runs))
    if (above > least.aboveFloor)
      short.push(`${name} ${two(above)} above its floor > ${two(least.aboveFloor)}`);
  return short;
}

/** Without the columns in which no line has anything. */
export function filled(names: readonly Cell[], lines: readonly (readonly Cell[])[]): [Cell[], Cell[][]] {
  const at = names.flatMap((_, i) => (lines.some((cells) => cells[i] !== '') ? [i] : []));
  return [at.map((i) => names[i]!), lines.map((cells) => at.map((i) => cells[i]!))];
}
