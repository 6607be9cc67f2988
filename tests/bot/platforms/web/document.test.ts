/**
 * What a browser is sent to begin with: one script, one sheet of styles, and a document that already tells
 * all that stands here.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import { Assets } from '../../../../bot/platforms/web/assets.js';
import type { WebOptions } from '../../../../bot/platforms/web/options.js';
import { projectPath } from '../../../../src/files/paths.js';
import { decodePicture, encodePng } from '../../../../src/images/png.js';
import { ballot, card } from '../../../contracts/platform.js';
import { Visitor } from '../../../support/visitor.js';
import { freshDir, startWeb } from './support.js';

let open: WebPlatform[] = [];
afterEach(async () => {
  for (const platform of open) await platform.stop();
  open = [];
});

async function start(options: Partial<WebOptions> = {}, dir = freshDir()) {
  const platform = await startWeb(dir, async () => {}, options);
  open.push(platform);
  return { platform, ann: new Visitor(platform.url), dir };
}

const stateElement = /<script type="application\/json" id="state">(.*?)<\/script>/s;
/** What the document of `/` begins with. */
async function stateOf(who: Visitor) {
  const html = await (await who.request('/')).text();
  return JSON.parse(stateElement.exec(html)![1]!);
}

describe('the files of the page', () => {
  it('are few, small and kept for ever, and no path beside them is there', async () => {
    const { ann } = await start();
    const html = await (await ann.request('/')).text();
    const named = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path!);
    expect(named.map((path) => path.replace(/-[\w-]{20}\./, '.'))).toEqual([
      '/page/logo.svg',
      '/page/app.css',
      '/page/app.js',
    ]);
    let bytes = 0;
    for (const path of ['/', ...named]) {
      const response = await ann.request(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect([path, response.headers.get('content-encoding')]).toEqual([path, 'gzip']);
      expect([path, response.headers.get('cache-control')]).toEqual([
        path,
        path === '/'
          ? 'no-store'
          : path.endsWith('.svg')
            ? 'no-cache'
            : 'public, max-age=31536000, immutable',
      ]);
      bytes += Number(response.headers.get('content-length'));
    }
    // What the page weighs on its way to who has never been there, without pictures.
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(120_000);
    const script = named[2]!;
    const plain = await ann.request(script, undefined, { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toBe(await (await ann.request(script)).text());
    for (const path of ['/page/../adapter.ts', '/page/%2e%2e/server.ts', '/page/index.html', '/page/main.js'])
      expect([path, (await ann.request(path)).status]).toEqual([path, 404]);
  });

  it('hold every module and every style of the sources', async () => {
    const assets = await Assets.open();
    const at = (end: string) =>
      assets.get(assets.paths().find((path) => path.endsWith(end))!)!.body.toString();
    const sources = JSON.parse(at('.js.map')).sources.map((path: string) => basename(path));
    const page = projectPath('bot', 'platforms', 'web', 'page');
    const modules = readdirSync(page).filter((name) => name.endsWith('.js') && name !== 'theme.js');
    expect(modules.length).toBeGreaterThan(30);
    expect(sources).toEqual(expect.arrayContaining(modules));
    expect(at('.js')).not.toMatch(/^import /m);
    const styles = readdirSync(join(page, 'style'));
    expect(styles.length).toBeGreaterThan(8);
    const css = at('.css');
    const missing = styles.filter((name) => !css.includes(readFileSync(join(page, 'style', name), 'utf8')));
    expect(missing).toEqual([]);
  });
});

describe('the document', () => {
  it('says what the routes and the live line say, to each their own marks', async () => {
    const sessions = [{ id: 's', channel: 'cat', prompt: 'a <b>cat</b></script>', state: 'active' }];
    const { ann, platform } = await start({ status: () => ({ sessions }) as never });
    await ann.arrive();
    const ref = await platform.post('cat', ballot('a', 'Round 1'));
    await ann.request('/api/react', { message: ref.message, marks: [{ emoji: '1', present: true }] });
    const said = await stateOf(ann);
    expect(said.me).toEqual(await ann.json('/api/me'));
    expect(said.sessions).toEqual(sessions);
    expect(said.messages).toEqual(await ann.messages());
    expect(said.messages[0].mine).toEqual(['1']);
    const other = new Visitor(platform.url);
    expect((await stateOf(other)).messages[0].mine).toEqual([]);
    // The document has made the other one known.
    expect((await stateOf(other)).me).toEqual(await other.json('/api/me'));
  });

  it('names the number from which a line goes on', async () => {
    const { ann, platform } = await start();
    await platform.post('cat', card('a', 'first'));
    const { id, messages } = await stateOf(ann);
    expect(messages.map((m: { title: string }) => m.title)).toEqual(['first']);
    await platform.post('cat', card('b', 'second'));
    const [history] = await ann.frames((frames) => frames.length > 0, id);
    expect(history!.data).toMatchObject({ reset: false, messages: [{ title: 'second' }] });
  });

  it.each([
    ['', 'en', 'Opening'],
    ['ja', 'ja', 'を開いています'],
    ['fr-CH, ja-JP;q=0.8, en;q=0.5', 'ja', 'を開いています'],
    ['en-GB;q=0.9, ja;q=0.5', 'en', 'Opening'],
    ['fr, de', 'en', 'Opening'],
  ])('asked for in "%s" is in %s', async (wanted, lang, words) => {
    const { ann } = await start();
    const html = await (await ann.request('/', undefined, { 'accept-language': wanted })).text();
    expect(/<html lang="(\w+)">/.exec(html)?.[1]).toBe(lang);
    expect(html).toContain(words);
    expect(html).not.toMatch(/%[a-z.]+%/);
  });

  it('names the first pictures of the one round that is open, none of two, and no veiled ones', async () => {
    const { ann, platform } = await start({ accessToken: 'a-long-enough-token', nsfwChannels: ['closed'] });
    const cells = (n: number) =>
      Array.from({ length: n }, (_, i) => ({ index: i, file: i === 1 ? null : `/${i}.png` }));
    const post = (channel: string, round: number, data: object) =>
      platform.post(
        channel,
        card(`${channel} ${round}`, 'a round', {
          kind: 'ballot',
          data: { session: channel, round, open: true, cells: cells(11), ...data },
        }),
      );
    const named = async () => (await ann.request('/')).headers.get('link');
    expect(await named()).toBeNull();
    await post('cat', 1, { open: false });
    expect(await named()).toBeNull();
    const { message } = await post('cat', 2, {});
    // The second is held back: nine others.
    const of = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `${message}/${i}`).join(',');
    expect(await named()).toBe(
      `</pictures?of=${of}&v=2>; rel=preload; as=fetch; crossorigin; fetchpriority=low`,
    );
    await post('closed', 1, { blurred: true });
    expect(await named()).toContain(message);
    await ann.request('/api/me');
    await ann.request('/api/login', { token: 'a-long-enough-token' });
    expect(await named()).toBeNull();
  });

  it('does not tell of a channel that others may not see', async () => {
    const { ann, platform } = await start({ accessToken: 'a-long-enough-token', nsfwChannels: ['closed'] });
    await platform.post('closed', card('a', 'secret'));
    await platform.post('cat', card('b', 'open'));
    const titles = async () => (await stateOf(ann)).messages.map((m: { title: string }) => m.title);
    expect(await titles()).toEqual(['open']);
    await ann.request('/api/me');
    await ann.request('/api/login', { token: 'a-long-enough-token' });
    expect(await titles()).toEqual(['secret', 'open']);
  });
});

it('sends a large picture in the pixels that a sheet shows, and whole where it is asked for', async () => {
  const { ann, platform, dir } = await start();
  const file = join(dir, 'large.png');
  // Noise cannot be pressed together.
  const data = new Uint8Array(randomBytes(900 * 600 * 3));
  const png = await encodePng({ width: 900, height: 600, data });
  writeFileSync(file, png);
  await platform.post('cat', card('a', 'picture', { pictures: [{ file, alt: 'one', spoiler: false }] }));
  const [{ pictures }] = await ann.messages();
  const bytesOf = async (url: string) => Buffer.from(await (await ann.request(url)).arrayBuffer());
  expect(png.equals(await bytesOf(pictures[0].url))).toBe(true);
  const small = await bytesOf(`${pictures[0].url}&small=1`);
  expect(small.toString('latin1', 8, 12)).toBe('WEBP');
  expect(await decodePicture(small)).toMatchObject({ width: 448, height: 299 });
});
