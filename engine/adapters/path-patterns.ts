/**
 * PEFT's patterns of layer paths (`alpha_pattern`): regular expressions of Python, of which the first counts
 * that matches `(.*\.)?(KEY)$` from the start of the path. They come from files that others wrote: an
 * expression that takes longer than `MOST_MS` for all the paths is stopped.
 */
import { createContext, Script } from 'node:vm';

const MOST_MS = 1_000;

/** An expression that cannot be used, and why. */
export class PatternError extends Error {}

/**
 * For each layer, given by all the names that it may have: the first pattern's index, or -1. Errors:
 * PatternError.
 */
export function firstMatches(patterns: readonly string[], layers: readonly (readonly string[])[]): number[] {
  const first = layers.map(() => -1);
  for (const [p, pattern] of patterns.entries()) {
    const open = [...layers.keys()].filter((i) => first[i]! < 0);
    const hits = /^[\w.]*$/.test(pattern)
      ? open.filter((i) => layers[i]!.some((name) => plainMatch(pattern, name)))
      : regularMatches(pattern, open, layers);
    for (const i of hits) first[i] = p;
  }
  return first;
}

/**
 * Of word characters and dots alone, where a dot stands for any character. There may be hundreds, one a
 * layer.
 */
function plainMatch(pattern: string, name: string): boolean {
  const from = name.length - pattern.length;
  if (from < 0 || (from > 0 && name[from - 1] !== '.')) return false;
  for (let i = 0; i < pattern.length; i++)
    if (pattern[i] !== '.' && pattern[i] !== name[from + i]) return false;
  return true;
}

/** What Python writes differently: names of groups, and the ends of the text. */
const translated = (pattern: string) =>
  pattern
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/(?<!\\)((?:\\\\)*)\\A/g, '$1^')
    .replace(/(?<!\\)((?:\\\\)*)\\Z/g, '$1$$');

const TEST = new Script(
  'const expression = new RegExp(source); layers.map((names) => names.some((name) => expression.test(name)))',
);

function regularMatches(
  pattern: string,
  open: readonly number[],
  layers: readonly (readonly string[])[],
): number[] {
  const context = createContext({
    source: `^(?:.*\\.)?(?:${translated(pattern)})$`,
    layers: open.map((i) => layers[i]!),
  });
  try {
    const hits = TEST.runInContext(context, { timeout: MOST_MS }) as boolean[];
    return open.filter((_, i) => hits[i]);
  } catch (cause) {
    const late = (cause as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    const why = late ? `takes longer than ${MOST_MS} ms` : 'is not understood';
    throw new PatternError(`${JSON.stringify(pattern.slice(0, 80))} ${why}`, { cause });
  }
}
