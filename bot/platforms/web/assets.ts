/**
 * The page's own files and the three libraries it imports, served as they are: no build step, nothing from elsewhere.
 * Every servable file is named when the server starts, so no path of a request ever reaches the disk. The content
 * security policy allows our scripts and the one import map by its hash, nothing else.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { projectPath } from '../../../src/files/paths.js';

export interface Asset {
  body: Buffer;
  type: string;
  etag: string;
}

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const importMap = JSON.stringify({
  imports: {
    preact: '/vendor/preact.mjs',
    'preact/hooks': '/vendor/preact-hooks.mjs',
    htm: '/vendor/htm.mjs',
  },
});

export class Assets {
  readonly index: Asset;
  readonly contentSecurityPolicy: string;
  private readonly files = new Map<string, string>();
  /** By the tag of what they are made of. */
  private readonly smaller = new Map<string, Asset>();

  constructor(page = projectPath('bot', 'platforms', 'web', 'page')) {
    for (const name of readdirSync(page, { recursive: true, encoding: 'utf8' })) {
      if (types[extname(name)]) this.files.set(`/page/${name.split(sep).join('/')}`, join(page, name));
    }
    const require = createRequire(import.meta.url);
    this.files.set('/vendor/preact.mjs', require.resolve('preact'));
    this.files.set('/vendor/preact-hooks.mjs', require.resolve('preact/hooks'));
    this.files.set('/vendor/htm.mjs', join(dirname(require.resolve('htm')), 'htm.mjs'));
    const html = readFileSync(join(page, 'index.html'), 'utf8').replace('<!-- import map -->', () => {
      return `<script type="importmap">${importMap}</script>`;
    });
    this.index = asset(Buffer.from(html), 'text/html; charset=utf-8');
    const hash = createHash('sha256').update(importMap).digest('base64');
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

  get(path: string): Asset | undefined {
    const file = this.files.get(path);
    return file === undefined ? undefined : asset(readFileSync(file), types[extname(file)]!);
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
    return [...this.files.keys()].map((path) => relative('/', path)).map((path) => `/${path}`);
  }
}

function asset(body: Buffer, type: string): Asset {
  return { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"` };
}
