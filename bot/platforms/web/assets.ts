/**
 * The page's own files as a browser is sent them: all modules and the libraries they import as one script,
 * all styles as one sheet, each under an address that changes with its bytes, so that they are asked for
 * once. The sources stay as they are; the script is made when the server starts, and kept in dist/ under a
 * digest of what it was made of. Every servable file is named when the server starts, so no path of a request
 * ever reaches the disk. The content security policy allows our script and the one inline script by its hash,
 * nothing else.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { projectPath } from '../../../src/files/paths.js';

export interface Asset {
  body: Buffer;
  type: string;
  etag: string;
  /** Its address names its bytes: it never changes. */
  forever: boolean;
}

const scriptShape = z.object({ code: z.string(), map: z.string() });
type Script = z.infer<typeof scriptShape>;

const scriptType = 'text/javascript; charset=utf-8';
const logo = '/page/logo.svg';

export class Assets {
  readonly contentSecurityPolicy: string;
  private readonly files = new Map<string, Asset>();
  /** By the tag of what they are made of. */
  private readonly smaller = new Map<string, Asset>();
  private readonly template: string;

  /** Bundles where no bundle of these sources is kept, which takes about a second. */
  static async open(page = projectPath('bot', 'platforms', 'web', 'page')): Promise<Assets> {
    return new Assets(page, await scriptOf(page), await catalogues(page));
  }

  private constructor(
    page: string,
    { code, map }: Script,
    private readonly words: ReadonlyMap<string, Words>,
  ) {
    const read = (name: string) => readFileSync(join(page, name), 'utf8');
    const html = read('index.html');
    const styles = [...html.matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map(([, name]) => name!);
    const style = this.add('app', '.css', styles.map(read).join('\n'), 'text/css; charset=utf-8');
    const name = `app-${tag(code)}.js`;
    this.files.set(`/page/${name}.map`, asset(map, 'application/json', true));
    const script = `/page/${name}`;
    this.files.set(script, asset(`${code}\n//# sourceMappingURL=${name}.map\n`, scriptType, true));
    this.files.set(logo, asset(read('logo.svg'), 'image/svg+xml', false));
    const first = read('theme.js');
    this.template = html
      .replace(/(?:\s*<link rel="stylesheet"[^>]+>)+/, () => `\n    <link rel="stylesheet" href="${style}">`)
      .replace('<script src="theme.js"></script>', () => `<script>${first}</script>`)
      .replace('src="main.js"', () => `src="${script}"`);
    const hash = createHash('sha256').update(first).digest('base64');
    this.contentSecurityPolicy = [
      "default-src 'none'",
      `script-src 'self' 'sha256-${hash}'`,
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }

  /** Tags of the languages that the page has words in. */
  get languages(): string[] {
    return [...this.words.keys()];
  }

  /** The document in a language, with what it begins with as JSON. */
  index(lang: string, state: string): string {
    // Nothing in the state ends its element, or begins another.
    const parts: Record<string, string> = { ...this.words.get(lang) };
    return this.template
      .replace('<html lang="en">', `<html lang="${lang}">`)
      .replace(/%([a-z.]+)%/g, (whole, name) => parts[name] ?? whole)
      .replace('"%state%"', () => state.replaceAll('<', '\\u003c'));
  }

  get(path: string): Asset | undefined {
    return this.files.get(path);
  }

  /** The same in fewer bytes, for whoever can read that; each is made once. */
  zipped(asset: Asset): Asset {
    const known = this.smaller.get(asset.etag);
    if (known) return known;
    const made = { ...asset, body: gzipSync(asset.body), etag: asset.etag.replace(/"$/, '-gz"') };
    this.smaller.set(asset.etag, made);
    return made;
  }

  /** Paths that are served; tests fetch them all. */
  paths(): string[] {
    return [...this.files.keys()];
  }

  private add(name: string, extension: string, text: string, type: string): string {
    const path = `/page/${name}-${tag(text)}${extension}`;
    this.files.set(path, asset(text, type, true));
    return path;
  }
}

/** What the document itself says until its script runs. */
const wordsShape = z.object({ opening: z.string(), 'opening.noscript': z.string() });
type Words = z.infer<typeof wordsShape>;

/** By language: a file each. */
async function catalogues(page: string): Promise<Map<string, Words>> {
  const words = new Map<string, Words>();
  for (const file of readdirSync(join(page, 'words')).sort()) {
    const lang = basename(file, '.js');
    const module: Record<string, unknown> = await import(pathToFileURL(join(page, 'words', file)).href);
    words.set(lang, wordsShape.parse(module[lang]));
  }
  return words;
}

/** The bundle that is kept of just these sources, or a new one. */
async function scriptOf(page: string): Promise<Script> {
  const kept = projectPath('dist', 'page');
  const file = join(kept, `${digestOf(page)}.json`);
  try {
    return scriptShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // not made yet
  }
  const made = await bundle(join(page, 'main.js'));
  try {
    mkdirSync(kept, { recursive: true });
    for (const old of readdirSync(kept)) rmSync(join(kept, old), { force: true });
    // Others that start beside this one see all of it or nothing.
    writeFileSync(`${file}.${process.pid}`, made);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // The folder may be read-only: then each start makes its own.
  }
  return scriptShape.parse(JSON.parse(made));
}

/** Of every source of the page, and of the libraries' versions. */
function digestOf(page: string): string {
  const hash = createHash('sha256');
  const names = readdirSync(page, { recursive: true, encoding: 'utf8' }).filter((n) => extname(n) === '.js');
  for (const name of names.sort()) hash.update(`${name}\0${readFileSync(join(page, name), 'utf8')}\0`);
  const require = createRequire(import.meta.url);
  for (const name of ['preact', 'htm', 'rolldown'])
    hash.update(readFileSync(manifestOf(require.resolve(name), name)));
  hash.update(readFileSync(bundler));
  return hash.digest('hex').slice(0, 32);
}

const bundler = projectPath('bot', 'platforms', 'web', 'bundle.mjs');

/** @returns the path of the package.json of the package `name` that holds `file`. */
function manifestOf(file: string, name: string): string {
  const at = file.lastIndexOf(join('node_modules', name));
  return join(file.slice(0, at), 'node_modules', name, 'package.json');
}

async function bundle(entry: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [bundler, entry], { maxBuffer: 64 << 20 });
  return stdout;
}

function asset(text: string, type: string, forever: boolean): Asset {
  return { body: Buffer.from(text), type, etag: `"${tag(text)}"`, forever };
}

const tag = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 20);
