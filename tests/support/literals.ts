/**
 * The words of the program as it would say them: every string and template of its sources, comments left out.
 * What is filled in while it runs stands as `◊`.
 */
import { parseAst } from 'vitest/node';
import { readSources } from './imports.js';

export interface Literal {
  /** Path and line. */
  at: string;
  text: string;
}

export const blank = '◊';
/** Of a text of the catalogue: `{round}`. */
const hole = /\{[a-zA-Z]+\}/g;

export function literals(folders: readonly string[]): Literal[] {
  return [...readSources(folders)].flatMap(([path, source]) => literalsOf(path, source));
}

export function literalsOf(path: string, source: string): Literal[] {
  const found: Literal[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    else if (typeof node === 'object' && node !== null) {
      const text = textOf(node as Node);
      const line = source.slice(0, (node as Node).start).split('\n').length;
      if (text !== undefined)
        found.push({ at: `${path}:${line}`, text: path.endsWith('.ts') ? text.replace(hole, blank) : text });
      for (const inner of Object.values(node)) visit(inner);
    }
  };
  visit(parseAst(source, { lang: path.endsWith('.ts') ? 'ts' : 'js' }));
  return found;
}

interface Node {
  type: string;
  start: number;
  value?: unknown;
  quasis?: { value: { cooked: string } }[];
}

function textOf({ type, value, quasis = [] }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value;
  return type === 'TemplateLiteral' ? quasis.map((part) => part.value.cooked).join(blank) : undefined;
}
