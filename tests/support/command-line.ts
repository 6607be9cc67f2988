/** The command line in this process, from the sources: what it prints, and its exit status. */
import { pathToFileURL } from 'node:url';
import { main } from '../../src/acclaim.js';
import { projectPath } from '../../src/files/paths.js';

export interface Ran {
  status: number;
  out: string;
  err: string;
}

export async function acclaim(...argv: string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const status = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    interactive: false,
    signal: new AbortController().signal,
    load: loadSource,
  });
  return { status, out, err };
}

/** A module of the build, from its TypeScript. */
export function loadSource(module: string): Promise<unknown> {
  return import(/* @vite-ignore */ pathToFileURL(projectPath(module.replace(/\.js$/, '.ts'))).href);
}

/** Splits like a shell does, as far as our examples go: words and "quoted words". */
export function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);
}
