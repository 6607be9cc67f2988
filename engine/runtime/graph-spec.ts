/**
 * What a compiled graph is made of, as a value: which function builds it, of which models, over which shapes,
 * with which options. The function is handed this value, and caches ask for the value's canonical form:
 * whatever the graph depends on is in its key because the graph is built from it.
 */
import type { Shape } from '../graph/value.js';

/** Data that has one canonical form. A field that is undefined counts as missing. */
export type Plain = Scalar | readonly Plain[] | { readonly [field: string]: Plain };
type Scalar = string | number | boolean | null | undefined;

/** A model's weights as a graph maps them. What lies at the path never changes in place. */
export type ModelIdentity = {
  /** Absolute path of its folder or file. */
  readonly path: string;
  /** What is computed in: fp32 or fp16. */
  readonly precision: string;
};

export type GraphSpec = {
  /** Names the function that builds the graph; a name belongs to one function. */
  readonly graph: string;
  /** In the order in which the function takes them. */
  readonly models: readonly ModelIdentity[];
  /** Of what the graph is fed, by name. */
  readonly shapes: { readonly [feed: string]: Shape | undefined };
  /** All else that the graph depends on. */
  readonly options: { readonly [option: string]: Plain };
};

/** One text for all equal values, however their fields are ordered; different values have different texts. */
export function canonical(value: Plain): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // JSON knows neither NaN nor infinities, and takes -0 for 0.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (isList(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.keys(value)
    .filter((field) => value[field] !== undefined)
    .sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`)}}`;
}

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
