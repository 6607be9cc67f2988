/**
 * Who may import what, over plain text: files are a map path -> source, so that a test can plant a violation.
 * Paths are relative to the checkout, with forward slashes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { projectPath } from '../../src/files/paths.js';

export type Files = ReadonlyMap<string, string>;

export interface Rules {
  /** Folder -> folders and files it may import from; the longest folder that holds a file counts. */
  reach: Readonly<Record<string, readonly string[]>>;
  /** Package -> the folders or files that may import it. `node:` stands for all of Node's own modules. */
  homes: Readonly<Record<string, readonly string[]>>;
  /** Folders that import no package at all. */
  bare: readonly string[];
  /** Text that may stand only in these files. */
  words: readonly { pattern: RegExp; only: readonly string[]; in?: readonly string[] }[];
}

export function readSources(folders: readonly string[]): Files {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(projectPath(folder), { recursive: true }) as string[]) {
      const path = `${folder}/${name.split(sep).join('/')}`;
      if (/\.(ts|js)$/.test(path)) files.set(path, readFileSync(projectPath(path), 'utf8'));
    }
  }
  return files;
}

const within = (path: string, place: string) => path === place || path.startsWith(`${place}/`);

/** Comments away, so that words in them count for nothing; strings stay. */
function code(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}])\/\/[^\n]*/g, '$1');
}

/** Specifiers of `import ... from`, `export ... from`, `import 'x'` and `import('x')`. */
export function specifiers(source: string): string[] {
  const text = code(source);
  const forms = [
    /(?:^|[\s;])(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /(?:^|[\s;])import\s*['"]([^'"]+)['"]/g,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1]!));
}

/** `./x.js` means x.ts beside TypeScript, and itself where the file is JavaScript. */
function resolveImport(from: string, specifier: string): string {
  const path = posix.join(posix.dirname(from), specifier);
  return from.endsWith('.ts') ? path.replace(/\.js$/, '.ts') : path;
}

const packageOf = (specifier: string) =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!;

export function violations(files: Files, rules: Rules): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    const area = Object.keys(rules.reach)
      .filter((place) => within(path, place))
      .sort((a, b) => b.length - a.length)[0];
    if (area === undefined) found.push(`${path} lies in no known folder`);
    for (const specifier of specifiers(source)) {
      if (specifier.startsWith('.')) {
        const target = resolveImport(path, specifier);
        if (!files.has(target)) found.push(`${path} imports ${target}, which is not there`);
        else if (area !== undefined && !rules.reach[area]!.some((place) => within(target, place)))
          found.push(`${path} imports ${target}`);
        continue;
      }
      const name = specifier.startsWith('node:') ? 'node:' : packageOf(specifier);
      const homes = rules.homes[name];
      if (rules.bare.some((place) => within(path, place))) found.push(`${path} imports ${name}`);
      else if (!homes) found.push(`${path} imports ${name}, which has no home`);
      else if (!homes.some((home) => within(path, home)))
        found.push(`${path} imports ${name}, at home in ${homes.join(', ')}`);
    }
    for (const { pattern, only, in: where } of rules.words) {
      const here = where === undefined || where.some((place) => within(path, place));
      if (here && !only.includes(path) && pattern.test(code(source)))
        found.push(`${path} holds ${pattern.source}`);
    }
  }
  return found;
}

/** `import type` and `export type` are erased, so they cannot make modules wait for each other. */
function runtimeOnly(source: string): string {
  return code(source).replace(/(^|[\s;])(?:import|export)\s+type\b[^'";]*?\bfrom\s*['"][^'"]+['"]/g, '$1');
}

/** Every import cycle, at run time or of types as well, as the files along it, each once. */
export function cycles(files: Files, of: 'run time' | 'types too' = 'run time'): string[][] {
  const edges = new Map<string, string[]>();
  for (const [path, source] of files) {
    const targets = specifiers(of === 'run time' ? runtimeOnly(source) : source)
      .filter((s) => s.startsWith('.'))
      .map((s) => resolveImport(path, s));
    edges.set(
      path,
      targets.filter((t) => files.has(t)),
    );
  }
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push(trail.slice(at));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path)!) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return found;
}

/**
 * Files from which imports lead to `library` at run time, however many files lie between. `at once`: without
 * what is imported when it is asked for.
 */
export function reaching(files: Files, library: string, when: 'ever' | 'at once' = 'ever'): Set<string> {
  const importers = new Map<string, string[]>();
  const found = new Set<string>();
  for (const [path, source] of files) {
    const text = runtimeOnly(source);
    for (const specifier of specifiers(when === 'ever' ? text : text.replace(/\bimport\(/g, '('))) {
      if (!specifier.startsWith('.')) {
        if (packageOf(specifier) === library) found.add(path);
        continue;
      }
      const target = resolveImport(path, specifier);
      importers.set(target, [...(importers.get(target) ?? []), path]);
    }
  }
  // A set that grows is walked to its end.
  for (const path of found) for (const importer of importers.get(path) ?? []) found.add(importer);
  return found;
}
