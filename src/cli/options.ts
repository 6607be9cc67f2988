/**
 * Options of the command line as values with types: a command's `options` is a record of these, and its `run`
 * gets the record of what they read. A reader throws `Refused` with what it wanted; the parser names the
 * option.
 */
export interface Option<T> {
  /** As people type it: `--count <n>`. The record's key is its camel case. */
  flags: string;
  help: string;
  /** A method, so that options of any type go into one record. */
  read(text: string, before: T | undefined): T;
  /** Shown in the help; undefined = none. */
  fallback?: T;
  mandatory?: true;
}

export type Options = Record<string, Option<unknown>>;
export type Values<O extends Options> = { [K in keyof O]: O[K] extends Option<infer T> ? T : never };

/** A value that does not fit, in words that follow the option's name. */
export class Refused extends Error {}

export interface Bounds {
  min?: number;
  max?: number;
}

function bounded(value: number, { min = -Infinity, max = Infinity }: Bounds, what: string): number {
  if (value >= min && value <= max) return value;
  if (max === Infinity) throw new Refused(`wants ${what} of at least ${min}`);
  throw new Refused(`wants ${what} from ${min} to ${max}`);
}

function readNumber(text: string, bounds: Bounds): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new Refused('wants a number');
  return bounded(value, bounds, 'a number');
}

function readInteger(text: string, bounds: Bounds): number {
  if (!/^[+-]?\d{1,15}$/.test(text.trim())) throw new Refused('wants a whole number');
  return bounded(Number(text), bounds, 'a whole number');
}

type Optional<T> = Option<T | undefined>;

/** An option that takes any text. */
export const text = (flags: string, help: string): Optional<string> => ({ flags, help, read: (s) => s });

/** An option that takes a whole number. */
export const integer = (flags: string, help: string, bounds: Bounds = {}): Optional<number> => ({
  flags,
  help,
  read: (s) => readInteger(s, bounds),
});

/** An option that takes a number. */
export const number = (flags: string, help: string, bounds: Bounds = {}): Optional<number> => ({
  flags,
  help,
  read: (s) => readNumber(s, bounds),
});

/** An option that takes one of these words. */
export function choice<const C extends string>(
  flags: string,
  help: string,
  choices: readonly C[],
): Optional<C> {
  return {
    flags,
    help: `${help} (${choices.join(' | ')})`,
    read: (s) => {
      const found = choices.find((c) => c === s);
      if (found === undefined) throw new Refused(`wants one of ${choices.join(', ')}`);
      return found;
    },
  };
}

/** Present or not. */
export const flag = (flags: string, help: string): Option<boolean> => ({
  flags,
  help,
  read: () => true,
  fallback: false,
});

/** May be given several times. */
export const several = (flags: string, help: string): Option<string[]> => ({
  flags,
  help: `${help}; may be repeated`,
  read: (s, before) => [...(before ?? []), s],
  fallback: [],
});

/** The same option, without which the command does not run. */
export function mandatory<T>(option: Optional<T>): Option<T> {
  return { ...option, mandatory: true } as Option<T>;
}

/** The same option, with a value where it is left out. */
export function fallback<T>(option: Optional<T>, value: T): Option<T> {
  return { ...option, fallback: value } as Option<T>;
}
